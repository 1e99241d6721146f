package scan

import "flag"

var long = flag.Bool("scan.long", false, "long loops: more rounds, and a million keys in each way to name them")

// amount is how often a test is repeated, or how much it is given.
func amount(short, whole int) int {
	if *long {
		return whole
	}
	return short
}
