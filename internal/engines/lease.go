package engines

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"
)

// The files of the shared folder. All but the state are only locked: the
// kernel gives a lock back when its process dies, however it dies.
const (
	gateFile  = "gate"  // held while servers are being started or stopped
	leaseFile = "lease" // shared by every process that uses the servers
	aliveFile = "alive" // held by the process that keeps the servers
	stateFile = "state.json"
	logFile   = "log"
)

// sharedDir is where the processes of one user's test runs meet.
func sharedDir() (string, error) {
	dir := filepath.Join(os.TempDir(), "chameleon-test-"+strconv.Itoa(os.Getuid()))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("shared folder: %w", err)
	}
	return dir, nil
}

// Lease returns servers for the life of this process, which it shares with
// every other test binary that runs meanwhile: the first one starts a keeper
// in the background ([Keep]), and the keeper stops the servers soon after the
// last one has ended. Call it once a process.
func Lease(ctx context.Context) (*Fleet, error) {
	dir, err := sharedDir()
	if err != nil {
		return nil, err
	}
	gate, err := lock(filepath.Join(dir, gateFile), exclusive)
	if err != nil {
		return nil, err
	}
	defer func() { _ = gate.Close() }() // closing a lock file gives the lock back
	// This lease is never given back: it ends with the process.
	if _, err := lock(filepath.Join(dir, leaseFile), shared); err != nil {
		return nil, err
	}
	alive, err := tryLock(filepath.Join(dir, aliveFile), shared)
	if err != nil {
		return nil, err
	}
	if alive != nil { // nobody keeps servers
		if err := errors.Join(alive.Close(), startKeeper(ctx, dir)); err != nil {
			return nil, err
		}
	}
	return readState(dir)
}

// startKeeper builds the keeper, starts it in a session of its own, and waits
// until it has written what it could reach.
func startKeeper(ctx context.Context, dir string) error {
	if err := os.RemoveAll(filepath.Join(dir, stateFile)); err != nil {
		return fmt.Errorf("old state: %w", err)
	}
	binary := filepath.Join(dir, "testengines")
	build := exec.CommandContext(ctx, "go", "build", "-o", binary, "github.com/chameleon-go/chameleon/internal/cmd/testengines")
	if output, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build the engines' keeper: %w\n%s", err, output)
	}
	log, err := os.Create(filepath.Join(dir, logFile))
	if err != nil {
		return fmt.Errorf("keeper's log: %w", err)
	}
	defer func() { _ = log.Close() }() // the keeper has its own handle

	keeper := exec.Command(binary, "keep") //nolint:noctx // it outlives this process, and ctx
	keeper.Stdout, keeper.Stderr = log, log
	detach(keeper)
	if err := keeper.Start(); err != nil {
		return fmt.Errorf("start the engines' keeper: %w", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- keeper.Wait() }()
	for {
		if _, err := os.Stat(filepath.Join(dir, stateFile)); err == nil {
			return nil
		}
		select {
		case err := <-ended:
			return errors.Join(fmt.Errorf("the engines' keeper ended: %w", err), logged(dir))
		case <-ctx.Done():
			return fmt.Errorf("wait for the engines' keeper: %w", ctx.Err())
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func logged(dir string) error {
	content, err := os.ReadFile(filepath.Join(dir, logFile))
	if err != nil {
		return err
	}
	return errors.New(string(bytes.TrimSpace(content)))
}

func readState(dir string) (*Fleet, error) {
	content, err := os.ReadFile(filepath.Join(dir, stateFile))
	if err != nil {
		return nil, fmt.Errorf("engines' state: %w", err)
	}
	fleet := new(Fleet)
	if err := json.Unmarshal(content, fleet); err != nil {
		return nil, fmt.Errorf("engines' state: %w", err)
	}
	return fleet, nil
}

// Keep is the keeper: it calls start, publishes the fleet that start reached,
// waits until no process has held a lease for the time that start returned,
// and undoes start by stop. A process that comes while it stops waits and
// starts a keeper of its own.
func Keep(ctx context.Context, start func(context.Context) (*Fleet, time.Duration, error), stop func() error) (err error) {
	dir, err := sharedDir()
	if err != nil {
		return err
	}
	alive, err := lock(filepath.Join(dir, aliveFile), exclusive)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, alive.Close()) }()
	fleet, idle, err := start(ctx)
	if err == nil {
		err = writeState(dir, fleet)
	}
	if err != nil {
		return errors.Join(err, stop())
	}
	gate := waitIdle(ctx, dir, idle)
	defer func() { err = errors.Join(err, gate.Close()) }()
	return errors.Join(os.Remove(filepath.Join(dir, stateFile)), stop())
}

func writeState(dir string, fleet *Fleet) error {
	content, err := json.Marshal(fleet)
	if err != nil {
		return fmt.Errorf("engines' state: %w", err)
	}
	// Written whole or not at all: readers wait for the name to appear.
	partial := filepath.Join(dir, stateFile+".partial")
	if err := os.WriteFile(partial, content, 0o600); err != nil {
		return fmt.Errorf("engines' state: %w", err)
	}
	if err := os.Rename(partial, filepath.Join(dir, stateFile)); err != nil {
		return fmt.Errorf("engines' state: %w", err)
	}
	return nil
}

// waitIdle waits until nobody has held a lease for the time idle, or ctx
// ends. It returns with the gate held, if it could be had, so that nobody
// takes a lease on servers that are going.
func waitIdle(ctx context.Context, dir string, idle time.Duration) io.Closer {
	used := time.Now()
	for {
		select {
		case <-ctx.Done():
			return io.NopCloser(nil)
		case <-time.After(idle / 10):
		}
		gate, err := tryLock(filepath.Join(dir, gateFile), exclusive)
		if err != nil || gate == nil {
			used = time.Now()
			continue
		}
		lease, err := tryLock(filepath.Join(dir, leaseFile), exclusive)
		if err == nil && lease != nil {
			_ = lease.Close() // it was only tried
			if time.Since(used) > idle {
				return gate
			}
		} else {
			used = time.Now()
		}
		_ = gate.Close() // gives the gate back
	}
}
