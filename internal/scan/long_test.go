package scan

import "flag"

var long = flag.Bool("scan.long", false, "long loops: more rounds, and a million keys in each way to name them")

// amount is how much a test is given.
func amount(short, whole int) int {
	if *long {
		return whole
	}
	return short
}

// rounds is how often a test is repeated. Half as often with the race detector,
// which makes it many times as slow.
func rounds(short, whole int) int {
	if raceEnabled {
		short /= 2
	}
	return amount(short, whole)
}
