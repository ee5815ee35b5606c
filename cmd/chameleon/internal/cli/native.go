package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"filippo.io/age"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits/audit"
	"github.com/chameleon-go/chameleon/dialect"
)

// nativeResult says what the engine's own tool wrote, or read.
type nativeResult struct {
	Engine dialect.Engine `json:"engine"`
	Tool   string         `json:"tool"`
	// Bytes are those of the dump, before encryption.
	Bytes int64         `json:"bytes"`
	Took  time.Duration `json:"took"`
	// Audit is the proof of a restored ledger, absent without it.
	Audit *audit.VerifyReport `json:"audit,omitzero"`
}

// OK reports whether the ledger was verified without a breach, or not verified.
func (r *nativeResult) OK() bool { return r.Audit == nil || r.Audit.OK() }

// String says the result in a line.
func (r *nativeResult) String() string {
	said := fmt.Sprintf("%d bytes by %s of %s, in %s", r.Bytes, r.Tool, r.Engine, r.Took.Round(time.Millisecond))
	if r.Audit != nil {
		said += fmt.Sprintf("\nledger: %d accounts, %d entries, %d breaches", r.Audit.Accounts, r.Audit.Entries, r.Audit.BreachCount)
	}
	return said
}

// native has the engine's own tool write the backup.
func (a *app) native(ctx context.Context, db *bun.DB, url, path string, keys []age.Recipient) (*nativeResult, error) {
	began := time.Now()
	engine := dialect.Of(db).Engine
	result := &nativeResult{Engine: engine, Tool: "VACUUM INTO"}
	dump := func(w io.Writer) error { return vacuum(ctx, db, w) }
	if engine != dialect.SQLite {
		d, err := dumperOf(engine, url)
		if err != nil {
			return nil, err
		}
		result.Tool = d.tool
		dump = func(w io.Writer) error { return d.run(ctx, a.env.Getenv, nil, w) }
	}
	err := a.written(ctx, path, keys, func(w io.Writer) error {
		counted := &counter{w: w}
		err := dump(counted)
		result.Bytes = counted.n
		return err
	})
	result.Took = time.Since(began)
	return result, err
}

// counter counts what goes to w.
type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}

// client is a server's own program. No argument holds a password: those are there for
// every process of the machine to see.
type client struct {
	tool string
	args []string
	// variables are what the tool's environment has besides the usual.
	variables []string
	// options is the text of an option file, which the tool is told of as its first
	// argument, --defaults-file.
	options string
	// secrets are hidden in what the tool says.
	secrets []string
}

func dumperOf(engine dialect.Engine, url string) (*client, error) {
	if engine == dialect.PostgreSQL {
		return pgDump(url)
	}
	return mysqlDump(engine, url)
}

// run runs the tool, which reads in and whose output goes to w.
func (d *client) run(ctx context.Context, getenv func(string) string, in io.Reader, w io.Writer) (err error) {
	tool := found(d.tool, getenv("PATH"))
	if tool == "" {
		return fmt.Errorf("the program %s is not installed: install the server's client programs, "+
			"or leave --native out", d.tool)
	}
	args := d.args
	if d.options != "" {
		path, remove, err := private(d.options)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, remove()) }()
		args = append([]string{"--defaults-file=" + path}, args...)
	}
	var said bytes.Buffer
	cmd := exec.CommandContext(ctx, tool, args...)
	cmd.Env, cmd.Stdin, cmd.Stdout, cmd.Stderr = d.environment(getenv), in, w, &said
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 10 * time.Second
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w: %s", d.tool, err, d.hide(said.String()))
	}
	return nil
}

// found is a program in the folders of a PATH, empty where there is none.
func found(tool, path string) string {
	for _, dir := range filepath.SplitList(path) {
		if at, err := exec.LookPath(filepath.Join(dir, tool)); err == nil && filepath.IsAbs(at) {
			return at
		}
	}
	return ""
}

// environment is what the tool needs of this process's, and not what would send it to
// another server (PGSERVICE, MYSQL_HOST).
func (d *client) environment(getenv func(string) string) []string {
	env := d.variables
	for _, name := range []string{"PATH", "HOME", "TMPDIR", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "SystemRoot"} {
		if value := getenv(name); value != "" {
			env = append(env, name+"="+value)
		}
	}
	return env
}

// hide removes secrets from what the tool said.
func (d *client) hide(said string) string {
	for _, secret := range d.secrets {
		if secret != "" {
			said = strings.ReplaceAll(said, secret, "…")
		}
	}
	return strings.TrimSpace(said)
}

// private writes a file that only this user can read.
func private(text string) (path string, remove func() error, err error) {
	dir, err := os.MkdirTemp("", "chameleon-backup-")
	if err != nil {
		return "", nil, err
	}
	remove = func() error { return os.RemoveAll(dir) }
	path = filepath.Join(dir, "options.cnf")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		return "", nil, errors.Join(err, remove())
	}
	return path, remove, nil
}
