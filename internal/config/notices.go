package config

import (
	"fmt"
	"slices"

	"reconcile/internal/notify"
)

// setNotify parses whom notices go to. What was given is never repeated: it may
// be a password.
func setNotify(r *reading, g given) error {
	for _, text := range g.texts {
		t, err := notify.Parse(text)
		if err != nil {
			return g.wrong(err)
		}
		r.Notify.Targets = append(r.Notify.Targets, t)
	}
	return nil
}

func setNotifyOn(r *reading, g given) error {
	for _, text := range g.texts {
		e := notify.Event(text)
		if !slices.Contains(notify.Events, e) {
			return g.wrong(fmt.Errorf("%q is none of %v", text, notify.Events))
		}
		r.Notify.On = append(r.Notify.On, e)
	}
	return nil
}
