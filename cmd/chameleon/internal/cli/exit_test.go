package cli

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestUsage: what cannot be followed ends with code 2, and does nothing.
func TestUsage(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	for _, args := range [][]string{
		{"pusch"},
		{"push", "now"},
		{"push", "--harder"},
		{"keys", "rotat"},
		{"verify", "a", "b"},
		{"verify", "--limit", "many"},
		{"--url", "oracle://h/db", "push"},
	} {
		assert.Contains(t, s.refused(exitUsage, args...), "remedy: ", "%v", args)
	}
	delete(s.variables, "DATABASE_URL")
	assert.Contains(t, s.refused(exitUsage, "push"), "DATABASE_URL is not set")
	s.refused(exitUsage, "push", "--env-file", "none")
	_, err := os.Stat(filepath.Join(s.dir, "app.db"))
	assert.ErrorIs(t, err, os.ErrNotExist)
	for _, args := range [][]string{{}, {"help"}, {"keys"}, {"push", "--help"}, {"completion", "bash"}} {
		assert.NotEmpty(t, s.ok(args...), "%v", args)
	}
}

// TestNoSecret: whatever is wrong with it, a URL's password is not shown.
func TestNoSecret(t *testing.T) {
	t.Parallel()
	const url = "postgres://app:S3CRET@127.0.0.1:1/app?sslmode=disable"
	for _, args := range [][]string{
		{"push", "--url", url},
		{url},
		{"push", url},
		{"--ulr=" + url, "push"},
		{"push", "--json", "--url", url},
		{"push", "--url", "'" + url},
		{"push", "--url", strings.Replace(url, "postgres", "pg", 1)},
		{"verify", "--limit", url},
		{"stats", "--from", url},
		{"stats", "--zone", url},
		{"verify", "--against", url},
		{"push", "--env-file", url},
		{"keys", url},
		{"keys", "keyset", "new", "--out", url},
		{"rebuild", url, url},
		{"push", "--url", "mysql://app:S3CRET@127.0.0.1:1/app"},
		{"push", "--timeout", url},
		{"copy", "--from", url, "--to", url},
		{"copy", "--to", url},
		{"copy", "--to", "'" + url},
		{"copy", url, "--to=" + url},
		{"archive", "--before", url},
		{"backup", url, "--url", url},
		{"backup", "x", "--recipient", url},
		{"backup", "x", "--recipient", "AGE-SECRET-KEY-1S3CRET"},
		{"backup", "x", "--passphrase-file", url},
		{"restore", url},
		{"restore", "x", "--identity", url},
		{"inspect", url},
	} {
		code, out, said := newShell(t).run(args...)
		assert.NotZero(t, code, "%v", args)
		assert.NotEmpty(t, said)
		assert.NotContains(t, out+said, "S3CRET", "%v", args)
	}
}

// TestEnvironmentFile: .env is read, the environment wins over it, a flag over both,
// and what is wrong in it is not shown.
func TestEnvironmentFile(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	delete(s.variables, "DATABASE_URL")
	file := filepath.Join(s.dir, ".env")
	require.NoError(t, os.WriteFile(file, []byte("# local\nexport DATABASE_URL=\""+s.url+"\"\n"), 0o600))
	s.ok("push")
	s.ok("push", "--env-file", file)
	s.variables["DATABASE_URL"] = "oracle://other"
	s.refused(exitUsage, "push")
	s.ok("push", "--url", s.url)
	delete(s.variables, "DATABASE_URL")
	require.NoError(t, os.WriteFile(file, []byte("S3CRET password\n"), 0o600))
	assert.NotContains(t, s.refused(exitUsage, "push"), "S3CRET")
}

// TestInterrupted: a run that is interrupted ends with 130 and says what stays; one
// that has taken too long is a failure.
func TestInterrupted(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	s.ok("push")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	code, _, said := s.runIn(ctx, "verify")
	assert.Equal(t, exitInterrupted, code)
	assert.Contains(t, said, "interrupted")
	s.refused(exitFailure, "verify", "--timeout", "1ns")
}

// TestErrorsInJSON: an error is one line of JSON where results are.
func TestErrorsInJSON(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	said := fields(t, s.refused(exitFailure, "verify", "--json"))["error"].(map[string]any)
	assert.EqualValues(t, exitFailure, said["exit_code"])
	assert.Contains(t, said["message"], "no such table")
	assert.Contains(t, said["remedy"], "Push")
}

// TestProgress: a terminal gets a bar, anything else lines, and --quiet neither.
func TestProgress(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	a := &app{env: Env{Err: &b}}
	m := a.meter("copy", "rows")
	m.began = m.began.Add(-2 * lineEvery)
	m.last = m.began
	m.at(50, 200)
	m.at(51, 200)
	m.last = m.began
	m.at(52, 0)
	assert.Equal(t, 2, strings.Count(b.String(), "\n"), b.String())
	assert.Contains(t, b.String(), "copy: 50 of 200 rows (25%), ")
	assert.Contains(t, b.String(), "copy: 52 rows, ")
	b.Reset()
	a.env.Draws = true
	m = a.meter("copy", "rows")
	m.at(1, 200)
	m.end()
	assert.Contains(t, b.String(), "copy")
	b.Reset()
	a.flags.quiet = true
	m = a.meter("copy", "rows")
	m.at(1, 200)
	m.end()
	assert.Empty(t, b.String())
}
