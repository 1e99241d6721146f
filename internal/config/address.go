package config

import (
	"fmt"
	"strings"

	"reconcile/internal/display"
	"reconcile/internal/reconcile"
)

// checkAddress refuses what is neither a local path nor in S3, where the value
// is one of these, and credentials.
func (p *Parameter) checkAddress(text string) error {
	_, _, isURL := strings.Cut(text, "://")
	switch {
	case !isURL || !p.Files && !strings.Contains(p.Placeholder, reconcile.Scheme):
		return nil
	case display.HasUser(text):
		return fmt.Errorf("%q: credentials do not belong into an address", display.URL(text))
	case !reconcile.InS3(text):
		return fmt.Errorf("%q: want %s", display.URL(text), p.Placeholder)
	}
	return nil
}
