// Package integration runs reconcile, and the conformance suite that its own
// simulator passes, against S3 servers that others wrote: versitygw, which is
// built in, and moto, where its server is installed.
//
// It is a module of its own, because the servers bring some sixty modules that
// the product has no use for. Run it in its directory:
//
//	go test ./...
package integration
