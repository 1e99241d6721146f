package config

import (
	"fmt"
	"strings"
	"time"

	"reconcile/internal/reconcile"
)

// The functions here make a parameter's set from the field it fills.

// anyText takes every text, the empty one too.
func anyText(field func(*reading) *string) func(*reading, given) error {
	return func(r *reading, g given) error {
		*field(r) = g.text()
		return nil
	}
}

// filled takes every text but the empty one.
func filled(field func(*reading) *string) func(*reading, given) error {
	return func(r *reading, g given) error {
		if g.text() == "" {
			return g.wrong(errEmpty)
		}
		*field(r) = g.text()
		return nil
	}
}

func bucketName(field func(*reading) *string) func(*reading, given) error {
	return parsed(field, parseBucket)
}

// oneOf relies on choices having been checked for every source of values.
func oneOf[T ~string](field func(*reading) *T) func(*reading, given) error {
	return parsed(field, func(s string) (T, error) { return T(s), nil })
}

func upper(s string) (string, error) { return strings.ToUpper(s), nil }

func flagValue(field func(*reading) *bool) func(*reading, given) error {
	return parsed(field, parseBool)
}

// isWord is true for one of the words of a choice.
func isWord(word string, field func(*reading) *bool) func(*reading, given) error {
	return func(r *reading, g given) error {
		*field(r) = g.text() == word
		return nil
	}
}

// objectAt takes the address of an object in S3.
func objectAt(field func(*reading) *reconcile.Location) func(*reading, given) error {
	return parsed(field, func(s string) (reconcile.Location, error) {
		if s == "" {
			return reconcile.Location{}, errEmpty
		}
		bucket, key, err := parseObjectURL(s)
		return reconcile.Location{Bucket: bucket, Key: key}, err
	})
}

// seconds takes plain numbers too, as only the settings of the first Lambda
// function do.
func seconds(field func(*reading) *time.Duration) func(*reading, given) error {
	return parsed(field, parseSeconds)
}

func span(field func(*reading) *time.Duration) func(*reading, given) error {
	return parsed(field, parseDuration)
}

func between(least, most int, field func(*reading) *int) func(*reading, given) error {
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

func byteSize(field func(*reading) *int64) func(*reading, given) error {
	return parsed(field, parsePartSize)
}

// parsed fills a field with what parse makes of the text.
func parsed[T any](field func(*reading) *T, parse func(string) (T, error)) func(*reading, given) error {
	return func(r *reading, g given) error {
		v, err := parse(g.text())
		if err != nil {
			return g.wrong(err)
		}
		*field(r) = v
		return nil
	}
}

// wrong says where a value that is wrong came from.
func (g given) wrong(err error) error {
	return fmt.Errorf("%s: %w", g.from, err)
}

// setProof takes what is to be proved.
func setProof(r *reading, g given) error {
	r.Policy.RequireChecksum, r.Policy.ListingOnly = g.text() == "checksum", g.text() == "listing"
	return nil
}

// classes takes names of storage classes.
func classes(field func(*reconcile.Classes) *[]string) func(*reading, given) error {
	return func(r *reading, g given) error {
		for _, name := range g.texts {
			if name == "" {
				return g.wrong(errEmpty)
			}
		}
		if r.Policy.Classes == nil {
			r.Policy.Classes = &reconcile.Classes{}
		}
		*field(r.Policy.Classes) = g.texts
		return nil
	}
}
