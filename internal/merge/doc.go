// Package merge joins what many workers have reported into one report: reports
// of this program, the completion reports of S3 Batch Operations, and what a
// Distributed Map of Step Functions has written of its executions.
//
// Everything said of an object is sorted together, on disk where it does not fit
// in memory, and the best truth about it wins: see Compare. That is the largest
// in a total order, so that nothing depends on the order of the files, on how
// often one is read, or on what was merged before.
//
// With a plan every object of the plan has a row. One that was planned and that
// nobody has reported is missing; one that a worker found without a readable
// copy is failed, for it had one when it was planned.
//
// It is a package of its own because it reads what package event writes and what
// package manifest has planned, neither of which the report may know.
package merge
