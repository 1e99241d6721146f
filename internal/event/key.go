package event

import (
	"errors"
	"fmt"
	"net/url"
	"unicode/utf8"

	"reconcile/internal/reconcile"
)

var (
	errNoBucket = errors.New("no bucket in the event")
	errNoKey    = errors.New("no object key in the event")
)

// formKey decodes application/x-www-form-urlencoded: + is a space.
func formKey(s string) (string, error) {
	return decodedKey(s, url.QueryUnescape)
}

// notifiedKey returns the readings of a key in a notification. S3 form-encodes
// it; Ceph sends it as it is, so that what looks encoded may be the key itself,
// and what does not decode is.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
func notifiedKey(s string) (key, other string) {
	key, err := formKey(s)
	switch {
	case err != nil:
		return s, ""
	case key == s:
		return s, ""
	}
	return key, s
}

// percentKey decodes percent encoding alone: + is a plus.
func percentKey(s string) (string, error) {
	return decodedKey(s, url.PathUnescape)
}

func decodedKey(s string, unescape func(string) (string, error)) (string, error) {
	key, err := unescape(s)
	if err != nil {
		return "", fmt.Errorf("object key %q: %w", clipped(s, maxQuoted), err)
	}
	if !utf8.ValidString(key) {
		return "", fmt.Errorf("object key %q: does not decode to UTF-8", clipped(s, maxQuoted))
	}
	return key, nil
}

// alternate returns what s means in form encoding, "" where that is key
// itself or nothing.
func alternate(key, s string) string {
	other, err := formKey(s)
	if err != nil || other == key {
		return ""
	}
	return other
}

// item returns the item of an object, malformed where a name is missing.
// encoded is the key in the spelling that has another reading, "" where there
// is none.
func item(l reconcile.Location, encoded string) Item {
	switch {
	case l.Bucket == "":
		return Item{Location: l, Malformed: errNoBucket}
	case l.Key == "":
		return Item{Location: l, Malformed: errNoKey}
	}
	return Item{Location: l, Alternate: alternate(l.Key, encoded)}
}
