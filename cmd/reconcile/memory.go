package main

import (
	"os"
	"runtime/debug"
)

// leanGC is how much garbage may pile up, in percent of what is in use, before
// it is collected. Most of the memory of a run are pages of listings that live
// for milliseconds: half as much garbage costs a tenth more CPU time, and
// spares a fifth of the memory.
const leanGC = 35

// saveMemory sets it, unless the environment says otherwise.
func saveMemory() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(leanGC)
	}
}
