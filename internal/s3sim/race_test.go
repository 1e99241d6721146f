//go:build race

package s3sim

const raceEnabled = true
