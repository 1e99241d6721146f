//go:build !unix

package journal

import (
	"errors"
	"os"
)

// lockFile refuses: without a lock that ends with its process two runs could
// have one journal.
func lockFile(*os.File) error {
	return errors.New("a journal in a folder needs a Unix system: keep it in a bucket; not kept")
}
