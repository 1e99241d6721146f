// Lambdazip puts a program into the zip file that AWS Lambda takes for a
// function: the program alone, by the name that the runtime starts. It is a
// program of its own because a build machine has Go, but not always zip, and
// because two builds of one source are to be one file, byte by byte.
package main

import (
	"archive/zip"
	"compress/flate"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: lambdazip OUT.zip PROGRAM")
		os.Exit(2)
	}
	if err := pack(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "lambdazip:", err)
		os.Exit(1)
	}
}

// entryName is what the runtime provided.al2023 starts.
// https://docs.aws.amazon.com/lambda/latest/dg/golang-package.html
const entryName = "bootstrap"

// noTime is the first time that the format knows. The file's own would make
// another zip file of each build.
var noTime = time.Date(1980, time.January, 1, 0, 0, 0, 0, time.UTC)

// pack writes a zip file with the program in it.
func pack(to, program string) (err error) {
	in, err := os.Open(program)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	z := zip.NewWriter(out)
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) {
		return flate.NewWriter(w, flate.BestCompression)
	})
	header := &zip.FileHeader{Name: entryName, Method: zip.Deflate, Modified: noTime}
	header.SetMode(0o755)
	w, err := z.CreateHeader(header)
	if err != nil {
		return err
	}
	if _, err := io.Copy(w, in); err != nil {
		return err
	}
	return z.Close()
}
