// Package bench holds the benchmarks of whole stages against the simulated S3
// over real HTTP, and tests of what they cost in requests. It has no home in
// one of the packages it measures, since it needs several of them at once and
// compares the program with others. docs/benchmarks.md says how to run them
// and what they gave.
//
// Benchmarks report times; the tests assert requests only: those repeat
// exactly, times do not.
package bench
