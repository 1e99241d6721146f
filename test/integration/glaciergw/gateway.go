// Package glaciergw runs versitygw, an S3 gateway that others wrote, with the
// Glacier semantics that no such server has: storage classes that are kept,
// restores that take time, RestoreStatus in listings, and a refusal to read
// what is archived. Everything else is the gateway's own work on files: a
// second opinion on what S3 does.
package glaciergw

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/gofiber/fiber/v3"
	"github.com/versity/versitygw/backend/meta"
	"github.com/versity/versitygw/backend/posix"
	"github.com/versity/versitygw/embedgw"
	"github.com/versity/versitygw/s3api"
)

// Gateway is a running server.
type Gateway struct {
	Endpoint  string
	Region    string
	AccessKey string
	SecretKey string

	glacier  *glacier
	accounts string // directory of the accounts beside the root one: none
	stop     context.CancelFunc
	ended    <-chan error
}

// Start serves the objects under dir, which has to exist, and returns when
// requests are answered. A process can have one gateway at a time, and
// starting it changes the process's working directory: versitygw works with
// relative paths. So dir outlives the gateway, and other paths are absolute.
func Start(dir string) (*Gateway, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	files, err := openFiles(dir)
	if err != nil {
		return nil, err
	}
	// Without a store of accounts the gateway has no code for an unknown key.
	accounts := filepath.Join(dir, "accounts")
	if err := os.MkdirAll(accounts, 0o755); err != nil {
		return nil, err
	}
	addr, err := freeAddr()
	if err != nil {
		return nil, err
	}
	g := &Gateway{
		Endpoint:  "http://" + addr,
		Region:    "us-east-1",
		AccessKey: "gateway-access",
		SecretKey: "gateway-secret",
		glacier:   newGlacier(files),
		accounts:  accounts,
	}
	if err := g.serve(addr); err != nil {
		return nil, err
	}
	return g, nil
}

// openFiles opens the store of objects. Metadata is kept in files beside the
// objects and not in extended attributes, which some file systems do not have
// and others limit to 4 KiB: so the gateway behaves alike everywhere.
func openFiles(dir string) (*posix.Posix, error) {
	objects, metadata, versions := filepath.Join(dir, "objects"), filepath.Join(dir, "metadata"), filepath.Join(dir, "versions")
	for _, d := range []string{objects, metadata, versions} {
		if err := os.MkdirAll(d, 0o755); err != nil {
			return nil, err
		}
	}
	store, err := meta.NewSideCar(metadata)
	if err != nil {
		return nil, err
	}
	return posix.New(objects, store, posix.PosixOpts{
		SideCarDir:          metadata,
		VersioningDir:       versions,
		CopyObjectThreshold: 5 << 30,
	})
}

// freeAddr is an address nobody listens on. The gateway wants an address and
// does not tell the port it got, so the port is looked for beforehand.
func freeAddr() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// serve starts the gateway and waits until it listens or has failed.
func (g *Gateway) serve(addr string) error {
	ctx, stop := context.WithCancel(context.Background())
	listening := make(chan struct{})
	ended := make(chan error, 1)
	g.stop, g.ended = stop, ended
	go func() {
		ended <- embedgw.RunVersityGW(ctx, g.glacier, &embedgw.Config{
			RootUserAccess:    g.AccessKey,
			RootUserSecret:    g.SecretKey,
			Region:            g.Region,
			IAMDir:            g.accounts,
			Ports:             []string{addr},
			MaxConnections:    1024,
			MaxRequests:       512,
			MultipartMaxParts: 10_000,
			KeepAlive:         true,
			Quiet:             true,
			S3Options: []s3api.Option{
				s3api.WithMiddleware("/", acceptedRestore),
				s3api.WithOnListen(func() { close(listening) }),
			},
		})
	}()
	select {
	case <-listening:
		return nil
	case err := <-ended:
		stop()
		return fmt.Errorf("start the gateway: %w", errors.Join(err, errNotListening))
	case <-time.After(30 * time.Second):
		return errors.Join(errNotListening, g.Close())
	}
}

var errNotListening = errors.New("the gateway did not begin to listen")

// acceptedRestore turns the 200 that the gateway answers to every restore into
// the 202 of one that was not done before: a backend cannot say so itself.
func acceptedRestore(c fiber.Ctx) error {
	err := c.Next()
	if accepted, _ := c.RequestCtx().UserValue(restoreAccepted).(bool); accepted && err == nil {
		c.Status(fiber.StatusAccepted)
	}
	return err
}

// Close stops the gateway and waits for its end.
func (g *Gateway) Close() error {
	g.stop()
	return <-g.ended
}

// Now is the gateway's clock for restores.
func (g *Gateway) Now() time.Time { return g.glacier.clock.now() }

// Advance moves the gateway's clock forward.
func (g *Gateway) Advance(d time.Duration) { g.glacier.clock.advance(d) }

// CompleteRestores moves the clock until every restore asked for is done.
func (g *Gateway) CompleteRestores() { g.Advance(restoreDelay) }

// ExpireRestores moves the clock until every copy that was restored for at
// most two days has lapsed: its days are rounded up to midnight.
func (g *Gateway) ExpireRestores() { g.Advance(3 * 24 * time.Hour) }
