package power

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/internal/torture/judge"
)

// Strace is the program that the trace needs.
const Strace = "strace"

// Command wraps a client's command so that its writes are traced.
func Command(ctx context.Context, trace, program string) *exec.Cmd {
	return exec.CommandContext(ctx, Strace, "-f", "-qq", "-y", "-xx", "-s", "16777216",
		"-e", "trace=pwrite64,write,ftruncate,fsync,fdatasync", "-o", trace, program)
}

// Case is a client's work under a trace.
type Case struct {
	// Trace is the file that strace wrote, Log the client's.
	Trace, Log string
	// Database is the path of the database, Before what was there at first.
	Database string
	Before   []byte
	Dir      string
	Out      io.Writer
}

// Check lets the power fail at a number of moments and judges what is left. It
// returns how often it failed, how many acknowledged operations there were at
// the last of them, and what was found.
func (c Case) Check(ctx context.Context, random *rand.Rand, failures int) (int, []judge.Finding, error) {
	calls, err := read(c.Trace)
	if err != nil {
		return 0, nil, err
	}
	if len(calls) == 0 {
		return 0, nil, errors.New("power: the trace is empty")
	}
	moments := map[int]bool{}
	for range failures {
		moments[random.IntN(len(calls))] = true
	}
	d := &disk{durable: map[string][]byte{c.Database: c.Before}, pending: map[string][]int{}, calls: calls}
	var log strings.Builder
	var found []judge.Finding
	done := 0
	for i, call := range calls {
		d.step(i)
		if call.name == "write" && call.path == c.Log {
			log.Write(call.data)
		}
		if !moments[i] {
			continue
		}
		done++
		more, err := c.failAt(ctx, random, d, log.String(), i)
		if err != nil {
			return done, found, err
		}
		if found = append(found, more...); len(found) > 50 {
			break
		}
	}
	return done, found, nil
}

// failAt judges what a failure after the i-th call leaves.
func (c Case) failAt(ctx context.Context, random *rand.Rand, d *disk, log string, i int) (_ []judge.Finding, err error) {
	dir := filepath.Join(c.Dir, fmt.Sprintf("failure-%d", i))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	path, told := filepath.Join(dir, filepath.Base(c.Database)), filepath.Join(dir, "client.log")
	for from, to := range map[string]string{c.Database: path, c.Database + "-wal": path + "-wal", c.Database + "-journal": path + "-journal"} {
		if d.durable[from] == nil && d.pending[from] == nil {
			continue
		}
		if err := os.WriteFile(to, d.fail(random, from), 0o600); err != nil {
			return nil, err
		}
	}
	if err := os.WriteFile(told, []byte(log), 0o600); err != nil {
		return nil, err
	}
	found, err := examine(ctx, path, told)
	if err == nil && len(found) == 0 {
		err = os.RemoveAll(dir)
	}
	return found, err
}

// examine opens what is left, as the next process would, and judges it.
func examine(ctx context.Context, path, log string) (_ []judge.Finding, err error) {
	db, err := chameleon.Open(ctx, "sqlite://"+path)
	if err != nil {
		return []judge.Finding{{Rule: "a database opens after a power failure", Detail: err.Error()}}, nil
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	var whole string
	if err := db.QueryRowContext(ctx, "PRAGMA integrity_check").Scan(&whole); err != nil || whole != "ok" {
		return []judge.Finding{{Rule: "a database is whole after a power failure", Detail: fmt.Sprint(whole, err)}}, nil
	}
	tale, err := judge.Listen([]string{log})
	if err != nil {
		return nil, err
	}
	return judge.Judge(ctx, db, tale)
}
