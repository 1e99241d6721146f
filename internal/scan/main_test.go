package scan

import (
	"os"
	"runtime/debug"
	"testing"
)

func TestMain(m *testing.M) {
	debug.SetGCPercent(400) // memory is no matter but to one test, which collects by itself
	os.Exit(m.Run())
}
