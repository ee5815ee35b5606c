package cli

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// newFile is a file that gets its name when it is whole. Until then it has another,
// in the same directory, and only its owner can read it.
type newFile struct {
	*os.File
	path string
}

// createNew begins a file that is not there yet.
func createNew(path string) (*newFile, error) {
	if _, err := os.Lstat(path); err == nil {
		return nil, usagef("%s is there already, and is not overwritten", path)
	}
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".partial-*")
	if err != nil {
		return nil, usagef("%v", err)
	}
	return &newFile{file, path}, nil
}

// keep brings the file to the disk and gives it its name, unless another file has
// got that meanwhile.
func (f *newFile) keep() error {
	err := f.Sync()
	if err = errors.Join(err, f.Close()); err == nil {
		err = f.rename()
	}
	if err != nil {
		return errors.Join(err, f.remove())
	}
	return syncDirectory(filepath.Dir(f.path))
}

// rename links, which never replaces a file, where the file system can do that.
func (f *newFile) rename() error {
	err := os.Link(f.Name(), f.path)
	switch {
	case err == nil:
		return os.Remove(f.Name())
	case errors.Is(err, fs.ErrExist):
		return f.taken()
	}
	if _, err := os.Lstat(f.path); err == nil {
		return f.taken()
	}
	return os.Rename(f.Name(), f.path)
}

func (f *newFile) taken() error { return usagef("%s is there by now, and is not overwritten", f.path) }

// discard removes what was written.
func (f *newFile) discard() error { return errors.Join(f.Close(), f.remove()) }

func (f *newFile) remove() error {
	if err := os.Remove(f.Name()); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// syncDirectory makes a new name outlast a power failure.
func syncDirectory(path string) error {
	directory, err := os.Open(path)
	if err != nil {
		return nil //nolint:nilerr // a directory that may be written and not read: the file is there
	}
	_ = directory.Sync() // not every system can do that
	return directory.Close()
}
