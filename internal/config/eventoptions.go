package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"reconcile/internal/reconcile"
)

// starters are the settings that only those may make who start the program:
// where requests go, with whose credentials, who may read the copies, who signs
// the reports, and how the log is kept.
var starters = []string{"endpoint-url", "profile", "acl", "metrics-file", "notify", "notify-on", "sign-key", "log-format", "quiet"}

// WithOptions puts the options of an event above the settings as they were
// written. They are named as the keys of the config file. An event is data from
// elsewhere: it must not name a local file.
func WithOptions(flags []*Flag, options map[string]any) ([]*Flag, error) {
	all := make([]*Flag, len(flags))
	for i, f := range flags {
		with := *f
		all[i] = &with
	}
	set := map[string]string{} // setting to the option that made it
	for _, key := range slices.Sorted(maps.Keys(options)) {
		f, err := optionFlag(all, key)
		if err != nil {
			return nil, err
		}
		if other, twice := set[f.Name]; twice {
			return nil, fmt.Errorf("options %s and %s of the event are one setting", other, key)
		}
		set[f.Name], f.from = key, "option "+key+" of the event"
		if f.texts, err = f.optionTexts(options[key]); err != nil {
			return nil, fmt.Errorf("%s: %w", f.from, err)
		}
	}
	return all, nil
}

// EventOptions lists the options that an event can have, as keys of the config
// file. A manifest is only a plan's.
func EventOptions() (keys []string) {
	for _, p := range ParametersOf("event") {
		if !p.NotInFile && p.Name != "manifest" && !slices.Contains(starters, p.Name) {
			keys = append(keys, strings.ReplaceAll(p.Name, "-", "_"))
		}
	}
	return keys
}

func optionFlag(flags []*Flag, key string) (*Flag, error) {
	var known []string
	for _, f := range flags {
		switch {
		case f.NotInFile:
		case !f.hasKey(key):
			known = append(known, strings.ReplaceAll(f.Name, "-", "_"))
		case slices.Contains(starters, f.Name):
			return nil, fmt.Errorf("option %s of the event: this can only be set where the program is started", key)
		default:
			return f, nil
		}
	}
	if near := Nearest(strings.ReplaceAll(key, "-", "_"), known); near != "" {
		return nil, fmt.Errorf("unknown option %s of the event (did you mean %s?)", key, near)
	}
	return nil, fmt.Errorf("unknown option %s of the event", key)
}

// optionTexts returns an option's value as a flag would have it.
func (p *Parameter) optionTexts(value any) ([]string, error) {
	values := []any{value}
	if l, ok := value.([]any); ok && p.Kind == List {
		values = l
	}
	texts := []string{} // an empty list is a value too
	for _, v := range values {
		text, err := p.optionText(v)
		if err != nil {
			return nil, err
		}
		if p.Files && !reconcile.InS3(text) {
			return nil, fmt.Errorf("%q: an event can only name what is in S3", text)
		}
		texts = append(texts, text)
	}
	return texts, nil
}

func (p *Parameter) optionText(value any) (string, error) {
	switch v := value.(type) {
	case string:
		return v, nil
	case bool:
		return fmt.Sprint(v), nil
	case json.Number:
		return v.String(), nil
	case map[string]any:
		if p.Kind == Mapping {
			text, err := json.Marshal(v)
			return string(text), err
		}
	}
	return "", errors.New("it is neither text nor number nor true or false")
}
