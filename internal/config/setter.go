package config

import (
	"fmt"
	"time"
)

// The functions here make a parameter's set from the field it fills.

// anyText takes every text, the empty one too.
func anyText(field func(*draft) *string) func(*draft, given) error {
	return func(d *draft, g given) error {
		*field(d) = g.text()
		return nil
	}
}

// filled takes every text but the empty one.
func filled(field func(*draft) *string) func(*draft, given) error {
	return func(d *draft, g given) error {
		if g.text() == "" {
			return g.wrong(errEmpty)
		}
		*field(d) = g.text()
		return nil
	}
}

func bucketName(field func(*draft) *string) func(*draft, given) error {
	return parsed(field, ParseBucket)
}

// oneOf relies on choices having been checked for every source of values.
func oneOf(field func(*draft) *string) func(*draft, given) error { return anyText(field) }

func flagValue(field func(*draft) *bool) func(*draft, given) error {
	return parsed(field, parseBool)
}

func span(field func(*draft) *time.Duration) func(*draft, given) error {
	return parsed(field, parseDuration)
}

func between(least, most int, field func(*draft) *int) func(*draft, given) error {
	return parsed(field, func(s string) (int, error) {
		n, err := ParseNumber(s)
		if err == nil && n < least {
			err = fmt.Errorf("%q is too small: at least %d", s, least)
		}
		if err == nil && n > most {
			err = fmt.Errorf("%q is too large: at most %d", s, most)
		}
		return n, err
	})
}

func byteSize(field func(*draft) *int64) func(*draft, given) error {
	return parsed(field, parsePartSize)
}

// parsed fills a field with what parse makes of the text.
func parsed[T any](field func(*draft) *T, parse func(string) (T, error)) func(*draft, given) error {
	return func(d *draft, g given) error {
		v, err := parse(g.text())
		if err != nil {
			return g.wrong(err)
		}
		*field(d) = v
		return nil
	}
}

// wrong says where a value that is wrong came from.
func (g given) wrong(err error) error {
	return fmt.Errorf("%s: %w", g.from, err)
}
