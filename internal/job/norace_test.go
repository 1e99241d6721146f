//go:build !race

package job_test

// raceEnabled: the race detector slows everything down tenfold.
const raceEnabled = false
