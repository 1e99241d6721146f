// Zip makes the zip files of the build: the program alone for AWS Lambda, and
// releases for Windows. It is a program of its own because a build machine has
// Go, but not always zip, and because two builds of one source are to be one
// file, byte by byte.
package main

import (
	"archive/zip"
	"compress/flate"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: zip OUT.zip FILE...")
		os.Exit(2)
	}
	if err := pack(os.Args[1], os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, "zip:", err)
		os.Exit(1)
	}
}

// noTime is the first time that the format knows. The files' own would make
// another zip file of each build.
var noTime = time.Date(1980, time.January, 1, 0, 0, 0, 0, time.UTC)

// pack writes a zip file with the files in it, each by the last part of its
// name.
func pack(to string, files []string) (err error) {
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	z := zip.NewWriter(out)
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) {
		return flate.NewWriter(w, flate.BestCompression)
	})
	for _, name := range files {
		if err := add(z, name); err != nil {
			return err
		}
	}
	return z.Close()
}

func add(z *zip.Writer, name string) error {
	in, err := os.Open(name)
	if err != nil {
		return err
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return err
	}
	header := &zip.FileHeader{Name: filepath.Base(name), Method: zip.Deflate, Modified: noTime}
	header.SetMode(mode(info))
	w, err := z.CreateHeader(header)
	if err != nil {
		return err
	}
	_, err = io.Copy(w, in)
	return err
}

// mode is one that does not depend on the umask of who builds. Lambda executes
// the program only if everybody may.
func mode(info os.FileInfo) os.FileMode {
	if info.Mode()&0o100 != 0 {
		return 0o755
	}
	return 0o644
}
