package cli

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/engines"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// clientTools are the servers' own programs that the command runs, by engine.
var clientTools = map[dialect.Engine][]string{
	dialect.PostgreSQL: {"pg_dump", "pg_restore"},
	dialect.MySQL:      {"mysqldump", "mysql"},
	dialect.MariaDB:    {"mariadb-dump", "mariadb"},
}

// toolsOf is a PATH with the client programs of a server, of its very version: those of
// its image, run beside this process with the environment and files that they are given,
// or else this machine's.
func toolsOf(t testing.TB, env *enginetest.Env) string {
	t.Helper()
	path := os.Getenv("PATH")
	image, ok := strings.CutPrefix(env.Source, "container image ")
	if !ok {
		for _, tool := range clientTools[env.Engine] {
			if found(tool, path) != "" {
				continue
			}
			if engines.Required() {
				t.Fatalf("%s of the server's is required, and is not installed", tool)
			}
			t.Skipf("%s is not installed: nothing was tested on %s", tool, env.Engine)
		}
		return path
	}
	docker, err := exec.LookPath("docker")
	require.NoError(t, err)
	dir := t.TempDir()
	run := exec.CommandContext(t.Context(), docker, "run", "--rm", "--detach", "--network", "host",
		"--volume", os.TempDir()+":"+os.TempDir(), "--entrypoint", "sleep", image, "infinity")
	answer, err := run.CombinedOutput()
	require.NoError(t, err, "%s", answer)
	container := strings.TrimSpace(string(answer))
	t.Cleanup(func() {
		answer, err := exec.CommandContext(context.Background(), docker, "rm", "--force", container).CombinedOutput()
		assert.NoError(t, err, "%s", answer)
	})
	for _, tool := range clientTools[env.Engine] {
		script := "#!/bin/sh\nexec " + docker + " exec -i"
		for _, name := range []string{"HOST", "PORT", "USER", "PASSWORD", "DATABASE", "SSLMODE", "CLIENTENCODING"} {
			script += " -e PG" + name
		}
		script += fmt.Sprintf(" %s %s \"$@\"\n", container, tool)
		require.NoError(t, os.WriteFile(filepath.Join(dir, tool), []byte(script), 0o700))
	}
	return dir + string(filepath.ListSeparator) + path
}

// TestNativeOnEveryEngine backs up and restores with the engines' own tools: all of it,
// into an empty database, and over one that holds rows only when told.
func TestNativeOnEveryEngine(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		s := newShell(t)
		s.url = env.URL
		s.variables["DATABASE_URL"], s.variables["PATH"] = env.URL, toolsOf(t, env)
		s.history()
		path, heads := s.file("a.native", ""), s.ok("heads")
		require.NotEmpty(t, heads)
		assert.NotEmpty(t, fields(t, s.ok("backup", path, "--native", "--json"))["tool"])
		whole := s.read(path)

		target := enginetest.NewEmpty(t, env.Engine)
		restore := []string{"restore", path, "--native", "--url", target.URL}
		s.ok(restore...)
		same := func() {
			t.Helper()
			assert.Equal(t, heads, s.ok("heads", "--url", target.URL))
			assert.Contains(t, s.ok("verify", "--url", target.URL), "no breaches")
			assert.Equal(t, "the schema is up to date\n", s.ok("push", "--url", target.URL))
			var names []string
			require.NoError(t, target.DB.NewRaw("SELECT nickname FROM users ORDER BY id").Scan(t.Context(), &names))
			assert.Equal(t, []string{oddName}, names)
		}
		same()

		s.ok("expire", "--url", target.URL)
		assert.Contains(t, s.refused(exitFailure, restore...), "holds rows")
		s.exec("DELETE FROM users")
		_, err := credits.Grant(t.Context(), target.DB, credits.GrantParams{UserUUID: "later", Type: "gift", Amount: 1})
		require.NoError(t, err)
		s.ok(append(restore, "--replace", "--yes")...)
		same()

		// What is cut off is refused by the file's own end, or by the tool that reads it.
		cut := s.file("cut.native", whole[:len(whole)-len(whole)/4])
		s.refused(exitFailure, "restore", cut, "--native", "--replace", "--yes", "--url", target.URL)
		same()

		// A pipe, encrypted, and a password that is wrong.
		recipient, identity := s.ageKey("key")
		code, sealed, said := s.run("backup", "-", "--native", "-r", recipient)
		require.Zero(t, code, said)
		assert.NotContains(t, sealed, "credits_trans")
		s.in = sealed
		s.ok("restore", "-", "--native", "-i", identity, "--replace", "--yes", "--url", target.URL)
		if env.Engine != dialect.SQLite {
			d, err := dumperOf(env.Engine, strings.Replace(env.URL, "@", "S3CRET@", 1))
			require.NoError(t, err)
			err = d.run(t.Context(), func(name string) string { return s.variables[name] }, nil, &strings.Builder{})
			require.ErrorContains(t, err, d.tool)
			assert.NotContains(t, err.Error(), "S3CRET")
		}
	})
}

// oddName is a text that a dump has to keep.
const oddName = "Zoë \\ 'q' \"d\" 🦎\n\ttab, \u0001 and %s"

// history is a pushed database with a user and an account.
func (s *shell) history() {
	s.t.Helper()
	db, err := chameleon.Open(s.t.Context(), s.url)
	require.NoError(s.t, err)
	defer func() { require.NoError(s.t, db.Close()) }()
	_, err = db.NewRaw("INSERT INTO users (uuid, email, nickname, invite_code) VALUES (?, ?, ?, ?)",
		"u1", "zoe@example.com", oddName, "a7Bx9Q").Exec(s.t.Context())
	require.NoError(s.t, err)
	for i := range 20 {
		user := fmt.Sprintf("u%d", i%3)
		_, err := credits.Grant(s.t.Context(), db, credits.GrantParams{
			UserUUID: user, Key: fmt.Sprint("g", i), Type: "gift", Amount: 7, Metadata: map[string]any{"why": oddName},
		})
		require.NoError(s.t, err)
		_, err = credits.Charge(s.t.Context(), db, credits.ChargeParams{UserUUID: user, Key: fmt.Sprint("c", i), Amount: 3})
		require.NoError(s.t, err)
	}
}
