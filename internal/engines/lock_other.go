//go:build !unix

package engines

import (
	"errors"
	"os"
	"os/exec"
)

const (
	shared = iota
	exclusive
)

var errNoLocks = errors.New("sharing servers needs a Unix system: name servers by CHAMELEON_TEST_POSTGRES_URL and the like")

func lock(string, int) (*os.File, error)    { return nil, errNoLocks }
func tryLock(string, int) (*os.File, error) { return nil, errNoLocks }
func detach(*exec.Cmd)                      {}
