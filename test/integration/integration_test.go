package integration

import (
	"testing"

	"reconcile/test/conform"
)

// Every server passes the conformance suite, but for the differences that its
// table names.
func TestConformance(t *testing.T) {
	for _, s := range servers(t) {
		t.Run(s.Name, func(t *testing.T) { conform.Run(t, s.Target) })
	}
}
