package inventory

import "os"

// tempFile is a temporary file. Its name is removed as soon as it is open,
// where the system allows that: even a killed process leaves nothing behind.
type tempFile struct {
	*os.File
	size int64 // bytes
	name string
}

func newTemp(dir string) (*tempFile, error) {
	f, err := os.CreateTemp(dir, "reconcile-inventory-*")
	if err != nil {
		return nil, err
	}
	t := &tempFile{File: f}
	if os.Remove(f.Name()) != nil { // Windows: not while it is open
		t.name = f.Name()
	}
	return t, nil
}

// Close removes the file.
func (t *tempFile) Close() error {
	err := t.File.Close()
	if t.name != "" {
		err = os.Remove(t.name)
	}
	return err
}
