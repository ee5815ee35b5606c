//go:build unix

package program

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"sync"
	"syscall"
	"time"
)

// Account is the account that a program runs under.
type Account struct {
	uid, gid int
	other    bool // not this process's own
}

// AccountOf returns this process's own account, unless it is root's, under
// which database servers refuse to run: then the first of names that exists.
func AccountOf(names ...string) (Account, error) {
	if os.Getuid() != 0 {
		return Account{}, nil
	}
	for _, name := range names {
		found, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, uidErr := strconv.Atoi(found.Uid)
		gid, gidErr := strconv.Atoi(found.Gid)
		return Account{uid: uid, gid: gid, other: true}, errors.Join(uidErr, gidErr)
	}
	return Account{}, fmt.Errorf("no account to run it under: looked for %q", names)
}

// Name returns the account's name, empty for this process's own.
func (a Account) Name() string {
	if !a.other {
		return ""
	}
	found, err := user.LookupId(strconv.Itoa(a.uid))
	if err != nil {
		return strconv.Itoa(a.uid)
	}
	return found.Username
}

// Mkdir makes a folder that only the account enters.
func (a Account) Mkdir(path string) error {
	return errors.Join(os.Mkdir(path, 0o700), a.own(path))
}

// WriteFile writes a file that only the account reads.
func (a Account) WriteFile(path string, content []byte) error {
	return errors.Join(os.WriteFile(path, content, 0o600), a.own(path))
}

func (a Account) own(path string) error {
	if !a.other {
		return nil
	}
	return os.Chown(path, a.uid, a.gid)
}

// Command prepares a program that runs in dir under the account, in a process
// group of its own, so that an interrupt at the terminal ends the tests first.
func (a Account) Command(ctx context.Context, dir, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if a.other {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(a.uid), Gid: uint32(a.gid)}
	}
	return cmd
}

// FreePort returns a TCP port of the loopback interface that was free a
// moment ago.
func FreePort(ctx context.Context) (string, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("free port: %w", err)
	}
	_, port, err := net.SplitHostPort(listener.Addr().String())
	return port, errors.Join(err, listener.Close())
}

// Server is a program that was started.
type Server struct {
	cmd    *exec.Cmd
	output lockedBuffer
	ended  chan struct{}
}

// Start starts a prepared program and collects its output.
func Start(cmd *exec.Cmd) (*Server, error) {
	s := &Server{cmd: cmd, ended: make(chan struct{})}
	cmd.Stdout, cmd.Stderr = &s.output, &s.output
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", cmd.Path, err)
	}
	go func() {
		_ = cmd.Wait() // how it ended is in its output
		close(s.ended)
	}()
	return s, nil
}

// Ended is closed once the program has ended.
func (s *Server) Ended() <-chan struct{} { return s.ended }

// Output is what the program has printed.
func (s *Server) Output() []byte { return s.output.Bytes() }

// End sends the program a signal, and kills it if it has not ended ten
// seconds later or when ctx ends.
func (s *Server) End(ctx context.Context, signal os.Signal) error {
	if err := s.cmd.Process.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("stop %s: %w", s.cmd.Path, err)
	}
	select {
	case <-s.ended:
		return nil
	case <-ctx.Done():
	case <-time.After(10 * time.Second):
	}
	if err := s.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("kill %s: %w", s.cmd.Path, err)
	}
	<-s.ended
	return nil
}

// lockedBuffer lets the output be read while the program writes it.
type lockedBuffer struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.Write(p)
}

func (b *lockedBuffer) Bytes() []byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	return bytes.Clone(b.buffer.Bytes())
}
