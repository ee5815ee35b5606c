package storm

import (
	"errors"
	"fmt"
	"syscall"
)

// diskSize is that of the small disk that SQLite's files stand on.
const diskSize = "96m"

// disk is a small filesystem in memory, so that it can be full. Mounting one
// takes an administrator's rights; without them the disk is never full, and
// the table does not have the fault.
type disk struct {
	at      string
	mounted bool
}

func (d *disk) mount(at string) error {
	d.at = at
	err := syscall.Mount("tmpfs", at, "tmpfs", 0, "size="+diskSize)
	if errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.EACCES) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("small disk: %w", err)
	}
	d.mounted = true
	return nil
}

func (d *disk) unmount() error {
	if !d.mounted {
		return nil
	}
	if err := syscall.Unmount(d.at, syscall.MNT_DETACH); err != nil {
		return fmt.Errorf("small disk: %w", err)
	}
	return nil
}
