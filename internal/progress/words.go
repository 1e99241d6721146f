package progress

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"reconcile/internal/display"
)

// Size is a number of bytes: "5.6 GiB" for people, the number in JSON.
type Size int64

func (s Size) String() string { return display.Size(int64(s)) }

// MarshalText is for logs that people read.
func (s Size) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// MarshalJSON is for programs.
func (s Size) MarshalJSON() ([]byte, error) { return strconv.AppendInt(nil, int64(s), 10), nil }

// Length is a time of whole seconds: "3m20s" for people, seconds in JSON.
type Length time.Duration

func (l Length) String() string {
	d := time.Duration(l).Round(time.Second)
	switch {
	case d >= 48*time.Hour:
		return fmt.Sprintf("%dd%dh", d/(24*time.Hour), d%(24*time.Hour)/time.Hour)
	case d >= time.Hour:
		return fmt.Sprintf("%dh%02dm", d/time.Hour, d%time.Hour/time.Minute)
	}
	return d.String()
}

// MarshalText is for logs that people read.
func (l Length) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// MarshalJSON is for programs.
func (l Length) MarshalJSON() ([]byte, error) {
	return strconv.AppendInt(nil, int64(math.Round(time.Duration(l).Seconds())), 10), nil
}

// Rate is so many in a second, with one decimal.
type Rate float64

// MarshalText is for logs that people read.
func (r Rate) MarshalText() ([]byte, error) { return []byte(rate(float64(r)) + "/s"), nil }

// MarshalJSON is for programs.
func (r Rate) MarshalJSON() ([]byte, error) {
	return strconv.AppendFloat(nil, float64(r), 'f', 1, 64), nil
}

// rate has a decimal where it would otherwise say little.
func rate(r float64) string {
	if r > 0 && r < 10 {
		return strconv.FormatFloat(r, 'f', 1, 64)
	}
	return display.Number(int64(math.Round(r)))
}

func things(n int64) string { return plural(n, "object") }

func plural(n int64, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return display.Number(n) + " " + one + "s"
}
