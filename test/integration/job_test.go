package integration

import (
	"testing"

	"reconcile/internal/s3conform"
)

// server is a running S3 server that somebody else wrote.
type server struct {
	s3conform.Target
}

// servers starts every server of others that this machine has, for the whole
// of one test: the conformance suite asks them whether they are S3, and the
// product's job runs on each.
func servers(t *testing.T) []server {
	t.Helper()
	all := []server{startGateway(t)}
	if moto, ok := startMoto(t); ok {
		all = append(all, moto)
	}
	return all
}
