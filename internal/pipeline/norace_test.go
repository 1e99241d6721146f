//go:build !race

package pipeline_test

// raceEnabled: the race detector slows everything down tenfold.
const raceEnabled = false
