package cli

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"filippo.io/age"
	"filippo.io/age/armor"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// file is the path of a file in the shell's folder, with a content if there is one.
func (s *shell) file(name, content string) string {
	s.t.Helper()
	path := filepath.Join(s.dir, name)
	if content != "" {
		require.NoError(s.t, os.WriteFile(path, []byte(content), 0o600))
	}
	return path
}

func (s *shell) read(path string) string {
	s.t.Helper()
	content, err := os.ReadFile(path)
	require.NoError(s.t, err)
	return string(content)
}

// ageKey makes a key of age's, and returns its recipient and the path of its file.
func (s *shell) ageKey(name string) (recipient, identity string) {
	s.t.Helper()
	key, err := age.GenerateX25519Identity()
	require.NoError(s.t, err)
	return key.Recipient().String(), s.file(name, key.String()+"\n")
}

// armored encrypts a text with a passphrase, as age -a does.
func (s *shell) armored(text, passphrase string) string {
	s.t.Helper()
	key, err := age.NewScryptRecipient(passphrase)
	require.NoError(s.t, err)
	key.SetWorkFactor(1)
	var b bytes.Buffer
	outer := armor.NewWriter(&b)
	inner, err := age.Encrypt(outer, key)
	require.NoError(s.t, err)
	_, err = io.WriteString(inner, text)
	require.NoError(s.t, errors.Join(err, inner.Close(), outer.Close()))
	return b.String()
}

// partial are files that are not whole.
func (s *shell) partial() []string {
	s.t.Helper()
	found, err := filepath.Glob(filepath.Join(s.dir, ".*"))
	require.NoError(s.t, err)
	return found
}

func tryBackup(t *testing.T) {
	s := newShell(t)
	path := s.file("a.backup", "")
	s.refused(exitFailure, "backup", path) // nothing is pushed
	s.granted()
	assert.EqualValues(t, 3, fields(t, s.ok("backup", path, "--json"))["rows"]) // account, entry and grant
	info, err := os.Stat(path)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	whole := s.read(path)
	s.refused(exitUsage, "backup", path)
	assert.Contains(t, s.refused(exitUsage, "backup"), "usage: chameleon backup FILE")
	assert.Equal(t, whole, s.read(path))
	code, out, said := s.run("backup", "-")
	assert.Zero(t, code, said)
	assert.Contains(t, said, "credits_trans")
	s.in = out
	s.ok("inspect", "-")
	native := s.file("native.db", "")
	assert.Equal(t, "VACUUM INTO", fields(t, s.ok("backup", native, "--native", "--json"))["tool"])
	s.ok("verify", "--url", "sqlite://"+native)
	s.shows = true
	assert.Contains(t, s.refused(exitUsage, "backup", "-"), "not for a terminal")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	code, _, said = s.runIn(ctx, "backup", s.file("b", ""))
	assert.Equal(t, exitInterrupted, code, said)
	s.refused(exitUsage, "backup", filepath.Join(s.dir, "none", "b"))
	s.exec("DROP TABLE orders")
	s.refused(exitFailure, "backup", s.file("b", ""))
	assert.NoFileExists(t, s.file("b", ""))
	assert.Empty(t, s.partial())
}

func tryRestore(t *testing.T) {
	s := newShell(t)
	s.granted()
	recipient, identity := s.ageKey("key")
	path := s.file("a.age", "")
	s.ok("backup", path, "-r", recipient)
	assert.NotContains(t, s.read(path), "chameleon")
	target := "sqlite://" + s.file("target.db", "") + "?_pragma=synchronous(OFF)"
	assert.Contains(t, s.refused(exitUsage, "restore", path, "--url", target), "encrypted: --identity")
	_, other := s.ageKey("other")
	assert.Contains(t, s.refused(exitUsage, "restore", path, "--url", target, "-i", other), "not encrypted to this key")
	damaged := []byte(s.read(path))
	damaged[len(damaged)/2] ^= 1
	s.refused(exitFailure, "restore", s.file("damaged", string(damaged)), "--url", target, "-i", identity)
	s.refused(exitFailure, "verify", "--url", target) // nothing was written
	report := fields(t, s.ok("restore", path, "--url", target, "-i", identity, "--json"))
	assert.EqualValues(t, 3, report["rows"])
	assert.Contains(t, s.ok("verify", "--url", target), "1 account, 1 entry, 1 grant")
	s.in = s.read(path)
	args := []string{"restore", "-", "--url", target, "-i", identity, "--spool-dir", s.dir}
	s.refused(exitFailure, args...) // it holds rows
	args = append(args, "--replace")
	assert.Contains(t, s.refused(exitUsage, args...), "--yes")
	assert.NotEmpty(t, s.ok(append(args, "--yes")...))
	spooled, err := filepath.Glob(filepath.Join(s.dir, "chameleon-restore-*"))
	require.NoError(t, err)
	assert.Empty(t, spooled)
	tryNativeRestore(t)
}

// tryNativeRestore brings back what backup --native wrote.
func tryNativeRestore(t *testing.T) {
	s := newShell(t)
	s.granted()
	recipient, identity := s.ageKey("key")
	path, plain := s.file("a.age", ""), s.file("a.db", "")
	s.ok("backup", path, "--native", "-r", recipient)
	s.ok("backup", plain, "--native")
	target := "sqlite://" + s.file("native-target.db", "") + "?_pragma=synchronous(OFF)"
	args := []string{"restore", path, "--native", "-i", identity, "--url", target, "--spool-dir", s.dir}
	report := fields(t, s.ok(append(args, "--json")...))
	assert.Equal(t, "the backup API", report["tool"])
	assert.Contains(t, s.ok("verify", "--url", target), "1 account, 1 entry, 1 grant")
	assert.Contains(t, s.refused(exitFailure, args...), "holds rows")
	assert.Contains(t, s.refused(exitUsage, append(args, "--replace")...), "--yes")
	cut := s.file("cut.db", s.read(plain)[:3*4096])
	assert.Contains(t, s.refused(exitFailure, "restore", cut, "--native", "--replace", "--yes", "--url", target), "damaged")
	assert.Contains(t, s.refused(exitUsage, "restore", identity, "--native", "--replace", "--yes", "--url", target), "no backup that the tools")
	assert.Contains(t, s.ok("verify", "--url", target), "1 account, 1 entry, 1 grant")
	s.in = s.read(plain)
	s.ok("restore", "-", "--native", "--replace", "--yes", "--url", target, "--spool-dir", s.dir)
	spooled, err := filepath.Glob(filepath.Join(s.dir, "chameleon-restore-*"))
	require.NoError(t, err)
	assert.Empty(t, spooled)
}

func tryInspect(t *testing.T) {
	s := newShell(t)
	s.granted()
	passphrase, plain, path := s.file("passphrase", "correct horse\n"), s.file("plain", ""), s.file("a.age", "")
	s.ok("backup", plain)
	s.ok("backup", path, "--passphrase-file", passphrase)
	assert.EqualValues(t, 3, fields(t, s.ok("inspect", path, "--passphrase-file", passphrase, "--json"))["rows"])
	assert.Contains(t, s.ok("inspect", plain), "credits_trans")
	assert.Contains(t, s.refused(exitUsage, "inspect", plain, "--passphrase-file", passphrase), "is not encrypted")
	said := s.refused(exitUsage, "inspect", path, "--passphrase-file", s.file("wrong", "battery staple"))
	assert.NotContains(t, said, "staple")
	s.refused(exitUsage, "inspect", path, "--passphrase-file", s.file("two", "one\ntwo"))
	s.refused(exitUsage, "backup", s.file("b", ""), "--passphrase-file", passphrase, "-r", "age1")
	whole := s.read(plain)
	assert.Contains(t, s.ok("inspect", s.file("armored", s.armored(whole, "correct horse")), "--passphrase-file", passphrase), "credits_trans")
	s.refused(exitFailure, "inspect", s.file("cut", whole[:len(whole)-1]))
	s.refused(exitFailure, "inspect", s.file("nothing", " "))
	s.refused(exitUsage, "inspect", s.file("none", ""))
}

// TestInterruptedInput: Ctrl-C ends a run that waits for its input.
func TestInterruptedInput(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	in, silent := io.Pipe()
	t.Cleanup(func() { _ = silent.Close() })
	r, done := interruptible(ctx, in)
	defer done()
	cancel()
	_, err := r.Read(make([]byte, 1))
	assert.ErrorIs(t, err, context.Canceled)
}
