package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// keyed is a shell with a keyset in the file .env, made by the command.
func keyed(t *testing.T) *shell {
	t.Helper()
	s := newShell(t)
	s.keyset("new")
	return s
}

// keyset runs a step and puts the keyset that it wrote into .env.
func (s *shell) keyset(step ...string) {
	s.t.Helper()
	path := filepath.Join(s.dir, "keyset.json")
	out := s.ok(append([]string{"keys", "keyset", "--out", path}, step...)...)
	written, err := os.ReadFile(path)
	require.NoError(s.t, err)
	assert.NotContains(s.t, out, strings.TrimSpace(string(written)))
	info, err := os.Stat(path)
	require.NoError(s.t, err)
	assert.Equal(s.t, os.FileMode(0o600), info.Mode().Perm())
	require.NoError(s.t, os.Remove(path))
	line := "CHAMELEON_KEYSET='" + strings.TrimSpace(string(written)) + "'\n"
	require.NoError(s.t, os.WriteFile(filepath.Join(s.dir, ".env"), []byte(line), 0o600))
}

func tryKeysList(t *testing.T) {
	s := newShell(t)
	s.ok("push")
	assert.JSONEq(t, "[]", s.ok("keys", "list", "--json"))
	s.exec("INSERT INTO ai_provider_keys (provider_name, api_key, is_enabled, original) VALUES ('openai', 'sk-SECRET', true, true)")
	out := s.ok("keys", "list")
	assert.Contains(t, out, "openai\tenabled\tplaintext")
	assert.NotContains(t, out, "sk-SECRET")
}

func tryKeysRotate(t *testing.T) {
	s := keyed(t)
	s.ok("push")
	s.exec("INSERT INTO ai_provider_keys (provider_name, api_key, is_enabled, original) VALUES ('openai', 'sk-SECRET', true, true)")
	assert.Contains(t, s.ok("keys", "rotate"), "1 key left in plaintext")
	assert.Contains(t, s.ok("keys", "rotate", "--originals"), "1 encrypted that were in plaintext")
	s.keyset("add")
	s.keyset("promote")
	assert.Contains(t, s.ok("keys", "rotate"), "1 encrypted anew")
	s.keyset("new")
	code, out, said := s.run("keys", "rotate")
	assert.Equal(t, exitFindings, code, said)
	assert.NotContains(t, out+said, "sk-SECRET")
	require.NoError(t, os.Remove(filepath.Join(s.dir, ".env")))
	assert.Contains(t, s.refused(exitUsage, "keys", "rotate"), "CHAMELEON_KEYSET is not set")
	s.variables["CHAMELEON_KEYSET"] = "SECRET"
	assert.NotContains(t, s.refused(exitUsage, "keys", "rotate"), "SECRET")
}

func tryKeysKeysetNew(t *testing.T) {
	s := newShell(t)
	assert.Contains(t, s.refused(exitUsage, "keys", "keyset", "new"), "--out is required")
	path := filepath.Join(s.dir, "k")
	require.NoError(t, os.WriteFile(path, []byte("mine"), 0o600))
	s.refused(exitUsage, "keys", "keyset", "new", "--out", path)
	kept, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, "mine", string(kept))
}

func tryKeysKeysetShow(t *testing.T) {
	s := keyed(t)
	assert.Equal(t, 1, strings.Count(s.ok("keys", "keyset", "show"), "encrypts and decrypts"))
}

func tryKeysKeysetAdd(t *testing.T) {
	s := keyed(t)
	s.keyset("add")
	assert.Equal(t, 2, strings.Count(s.ok("keys", "keyset", "show"), "\n"))
}

func tryKeysKeysetPromote(t *testing.T) {
	s := keyed(t)
	s.refused(exitFailure, "keys", "keyset", "promote", "--out", filepath.Join(s.dir, "k"))
	s.keyset("add")
	s.keyset("promote")
	assert.Contains(t, strings.Split(s.ok("keys", "keyset", "show"), "\n")[1], "encrypts")
}

func tryKeysKeysetRetire(t *testing.T) {
	s := keyed(t)
	first, _, _ := strings.Cut(s.ok("keys", "keyset", "show"), "\t")
	s.keyset("add")
	s.keyset("promote")
	s.keyset("retire", first)
	assert.NotContains(t, s.ok("keys", "keyset", "show"), first)
	s.refused(exitUsage, "keys", "keyset", "retire", "x", "--out", filepath.Join(s.dir, "k"))
}
