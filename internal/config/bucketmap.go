package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"reconcile/internal/reconcile"
)

// setBucketMap takes the bucket map as JSON, or as a mapping of the config
// file, and refuses what could be meant in two ways.
func setBucketMap(r *reading, g given) error {
	pairs := g.pairs
	if pairs == nil {
		var err error
		if pairs, err = decodeBucketMap(g.text()); err != nil {
			return g.wrong(err)
		}
	}
	m, err := bucketMap(pairs, g.from)
	if err != nil {
		return err
	}
	r.Archives.Map = m
	return nil
}

// bucketMap checks the entries. "hdf", ".hdf" and ".HDF" are one extension.
func bucketMap(pairs []pair, from string) (map[string]string, error) {
	m := make(map[string]string, len(pairs))
	for _, p := range pairs {
		if p.from == "" {
			p.from = from
		}
		ext := extension(p.key)
		switch {
		case ext == "." || strings.ContainsAny(ext[1:], "./*") || strings.TrimSpace(ext) != ext:
			return nil, fmt.Errorf("%s: %q is no extension: keys go by what follows their last dot", p.from, p.key)
		case ext == ".other" && !strings.HasPrefix(p.key, "."):
			return nil, fmt.Errorf("%s: %q: what has no bucket of its own is \"other\", the extension is \".other\"", p.from, p.key)
		}
		if _, twice := m[ext]; twice {
			return nil, fmt.Errorf("%s: the extension %q is there twice", p.from, ext)
		}
		bucket, err := parseBucket(p.value)
		if err != nil {
			return nil, fmt.Errorf("%s: bucket of %q: %w", p.from, p.key, err)
		}
		m[ext] = bucket
	}
	return m, nil
}

func extension(key string) string {
	if key == "other" {
		return key
	}
	return reconcile.NormalizeExtension(key)
}

// decodeBucketMap reads a JSON object of strings. It is read token by token:
// decoding into a map would drop the first of two equal keys without a word.
func decodeBucketMap(s string) ([]pair, error) {
	dec := json.NewDecoder(strings.NewReader(s))
	if tok, err := dec.Token(); err != nil {
		return nil, jsonError(dec, err)
	} else if tok != json.Delim('{') {
		return nil, errors.New("is no JSON object of extension to bucket")
	}
	pairs := []pair{}
	for dec.More() {
		p, err := decodePair(dec)
		if err != nil {
			return nil, err
		}
		pairs = append(pairs, p)
	}
	if _, err := dec.Token(); err != nil {
		return nil, jsonError(dec, err)
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, fmt.Errorf("bad JSON at byte %d: something follows the object", dec.InputOffset())
	}
	return pairs, nil
}

func decodePair(dec *json.Decoder) (pair, error) {
	key, err := dec.Token()
	if err != nil {
		return pair{}, jsonError(dec, err)
	}
	value, err := dec.Token()
	if err != nil {
		return pair{}, jsonError(dec, err)
	}
	bucket, ok := value.(string)
	if !ok {
		return pair{}, fmt.Errorf("byte %d: the bucket of %q is no string", dec.InputOffset(), key)
	}
	return pair{key: key.(string), value: bucket}, nil
}

func jsonError(dec *json.Decoder, err error) error {
	offset := dec.InputOffset()
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		offset = syntax.Offset
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = errors.New("it ends too early")
	}
	return fmt.Errorf("bad JSON at byte %d: %w", offset, err)
}
