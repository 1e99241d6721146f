package config

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

var errEmpty = errors.New("is empty")

func parseBool(s string) (bool, error) {
	switch strings.ToLower(s) {
	case "true", "1":
		return true, nil
	case "false", "0":
		return false, nil
	}
	return false, fmt.Errorf("%q is neither true nor false", s)
}

func ParseNumber(s string) (int, error) {
	n, err := strconv.Atoi(s)
	if err != nil {
		return 0, fmt.Errorf("%q is not a whole number", s)
	}
	return n, nil
}

// parseDuration takes Go's durations ("500ms", "1m30s"). A plain number is
// refused: 50 may mean seconds to one and minutes to another.
func parseDuration(s string) (time.Duration, error) {
	d, err := time.ParseDuration(s)
	switch {
	case err != nil && plainNumber(s):
		return 0, fmt.Errorf("%q has no unit: give %ss, or %sm", s, s, s)
	case err != nil:
		return 0, fmt.Errorf("%q is no duration: give one as in 500ms, 10m", s)
	case d < 0:
		return 0, fmt.Errorf("%q is negative", s)
	}
	return d, nil
}

// parseSeconds is parseDuration for a setting whose plain numbers are seconds.
func parseSeconds(s string) (time.Duration, error) {
	unit := ""
	if plainNumber(s) {
		unit = "s"
	}
	d, err := time.ParseDuration(s + unit)
	if err != nil {
		return 0, fmt.Errorf("%q is no duration: give seconds, as in 0.5, or 500ms, 10m", s)
	}
	if d < 0 {
		return 0, fmt.Errorf("%q is negative", s)
	}
	return d, nil
}

func plainNumber(s string) bool { return strings.Trim(s, "-.0123456789") == "" }

// units are the units of a size, in bytes.
var units = []struct {
	suffix string
	bytes  int64
}{
	{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"TiB", 1 << 40},
	{"kB", 1e3}, {"KB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"TB", 1e12},
	{"", 1},
}

// parseSize takes bytes, with or without a unit: 67108864, 64MiB, 128MB.
func parseSize(s string) (int64, error) {
	for _, u := range units {
		digits, ok := strings.CutSuffix(s, u.suffix)
		if !ok {
			continue
		}
		n, err := strconv.ParseUint(strings.TrimSpace(digits), 10, 63)
		if err != nil || int64(n) > math.MaxInt64/u.bytes {
			break
		}
		return int64(n) * u.bytes, nil
	}
	return 0, fmt.Errorf("%q is no size: give bytes, or a whole number of KiB, MiB, GiB, TiB, kB, MB, GB, TB", s)
}

// The bounds of a part, in bytes. A source must also be larger than the least
// part for a range of it to be copied.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
const (
	leastPart    = 5 << 20
	greatestPart = 5 << 30
)

// parsePartSize returns 0 for "automatic".
func parsePartSize(s string) (int64, error) {
	if s == "automatic" {
		return 0, nil
	}
	n, err := parseSize(s)
	if err == nil && (n < leastPart || n > greatestPart) {
		err = fmt.Errorf("%q is out of S3's bounds: 5MiB to 5GiB", s)
	}
	return n, err
}

// checkChoice lists the words that are allowed.
func checkChoice(s string, allowed []string) error {
	if slices.Contains(allowed, s) {
		return nil
	}
	hint := ""
	if near := Nearest(strings.ToLower(s), allowed); near != "" {
		hint = fmt.Sprintf(" (did you mean %s?)", near)
	}
	return fmt.Errorf("%q is not one of %s%s", s, strings.Join(allowed, ", "), hint)
}
