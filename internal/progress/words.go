package progress

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Size is a number of bytes: "5.6 GiB" for people, the number in JSON.
type Size int64

func (s Size) String() string {
	const units = "KMGTPE"
	if s < 1024 {
		return fmt.Sprintf("%d B", int64(s))
	}
	value, unit := float64(s)/1024, 0
	for value >= 1024 && unit < len(units)-1 {
		value, unit = value/1024, unit+1
	}
	return fmt.Sprintf("%.1f %ciB", value, units[unit])
}

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
	return number(int64(math.Round(r)))
}

// number has a comma at every thousand.
func number(n int64) string {
	digits := strconv.FormatInt(n, 10)
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 && digits[i-1] != '-' {
			b.WriteByte(',')
		}
		b.WriteRune(d)
	}
	return b.String()
}

func things(n int64) string { return plural(n, "object") }

func plural(n int64, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return number(n) + " " + one + "s"
}
