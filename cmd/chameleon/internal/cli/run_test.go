package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/credits"
)

// shell is where a test runs the command: a folder with a SQLite database, and what
// the environment holds.
type shell struct {
	t         testing.TB
	dir       string
	url       string
	variables map[string]string
	in        string
	asks      bool
	draws     bool
	shows     bool
}

func newShell(t testing.TB) *shell {
	t.Helper()
	dir := t.TempDir()
	url := "sqlite://" + filepath.Join(dir, "app.db") + "?_pragma=synchronous(OFF)"
	return &shell{t: t, dir: dir, url: url, variables: map[string]string{"DATABASE_URL": url}}
}

// run runs the command.
func (s *shell) run(args ...string) (code int, out, said string) {
	s.t.Helper()
	return s.runIn(s.t.Context(), args...)
}

func (s *shell) runIn(ctx context.Context, args ...string) (code int, out, said string) {
	s.t.Helper()
	var stdout, stderr bytes.Buffer
	code = Run(ctx, args, Env{
		In: strings.NewReader(s.in), Out: &stdout, Err: &stderr, Dir: s.dir,
		Getenv: func(name string) string { return s.variables[name] }, Asks: s.asks, Draws: s.draws,
		Shows: s.shows, scryptWork: 1,
	})
	return code, stdout.String(), stderr.String()
}

// ok runs the command and requires success.
func (s *shell) ok(args ...string) string {
	s.t.Helper()
	code, out, said := s.run(args...)
	require.Zero(s.t, code, "%v: %s%s", args, out, said)
	return out
}

// refused runs the command and requires an exit code; it returns what was said.
func (s *shell) refused(want int, args ...string) string {
	s.t.Helper()
	code, out, said := s.run(args...)
	require.Equal(s.t, want, code, "%v: %s%s", args, out, said)
	return said
}

// granted pushes, and grants the account u1 7 credits.
func (s *shell) granted() {
	s.t.Helper()
	db, err := chameleon.Open(s.t.Context(), s.url)
	require.NoError(s.t, err)
	defer func() { require.NoError(s.t, db.Close()) }()
	_, err = chameleon.Push(s.t.Context(), db)
	require.NoError(s.t, err)
	_, err = credits.Grant(s.t.Context(), db, credits.GrantParams{UserUUID: "u1", Key: "k", Type: "gift", Amount: 7})
	require.NoError(s.t, err)
}

// exec runs a statement on the database.
func (s *shell) exec(statement string) {
	s.t.Helper()
	db, err := chameleon.Open(s.t.Context(), s.url)
	require.NoError(s.t, err)
	defer func() { require.NoError(s.t, db.Close()) }()
	_, err = db.ExecContext(s.t.Context(), statement)
	require.NoError(s.t, err)
}

// tries are the tests of all commands.
func tries() map[string]func(*testing.T) {
	return map[string]func(*testing.T){
		"status":              tryStatus,
		"undo":                tryUndo,
		"maintain":            tryMaintain,
		"doctor":              tryDoctor,
		"plan":                tryPlan,
		"push":                tryPush,
		"verify":              tryVerify,
		"heads":               tryHeads,
		"rebuild":             tryRebuild,
		"expire":              tryExpire,
		"stats":               tryStats,
		"copy":                tryCopy,
		"backup":              tryBackup,
		"restore":             tryRestore,
		"inspect":             tryInspect,
		"archive":             tryArchive,
		"archive restore":     tryArchiveRestore,
		"adopt":               tryAdopt,
		"keys list":           tryKeysList,
		"keys rotate":         tryKeysRotate,
		"keys keyset new":     tryKeysKeysetNew,
		"keys keyset show":    tryKeysKeysetShow,
		"keys keyset add":     tryKeysKeysetAdd,
		"keys keyset promote": tryKeysKeysetPromote,
		"keys keyset retire":  tryKeysKeysetRetire,
	}
}

// TestCommands runs the tests of all commands, and finds commands without one.
func TestCommands(t *testing.T) {
	t.Parallel()
	var all []string
	every(newRoot(), func(cmd *cobra.Command) {
		if _, only := cmd.Annotations[group]; !only {
			all = append(all, strings.TrimPrefix(cmd.CommandPath(), "chameleon "))
		}
	})
	tried := tries()
	for _, command := range all {
		test := tried[command]
		if !assert.NotNil(t, test, "%s has no test", command) {
			continue
		}
		t.Run(command, func(t *testing.T) {
			t.Parallel()
			test(t)
		})
	}
	assert.Len(t, tried, len(all), "tests of commands that are not there")
}

// fields decodes a JSON object.
func fields(t *testing.T, text string) map[string]any {
	t.Helper()
	var got map[string]any
	require.NoError(t, json.Unmarshal([]byte(text), &got), text)
	return got
}

func tryPlan(t *testing.T) {
	s := newShell(t)
	assert.Contains(t, s.ok("plan"), "CREATE TABLE")
	s.refused(exitFailure, "verify") // it has pushed nothing
	s.ok("push")
	assert.NotContains(t, s.ok("plan"), "CREATE")
}

func tryPush(t *testing.T) {
	s := newShell(t)
	assert.Contains(t, s.ok("push", "--sql"), "CREATE TABLE")
	assert.Contains(t, s.ok("push", "--inverse"), "DROP TABLE")
	made := fields(t, s.ok("push", "--json"))
	assert.NotEmpty(t, made["changes"])
	assert.Equal(t, "the schema is up to date\n", s.ok("push"))
}

func tryVerify(t *testing.T) {
	s := newShell(t)
	s.granted()
	assert.Contains(t, s.ok("verify"), "1 account, 1 entry, 1 grant, 0 holds")
	assert.Contains(t, s.ok("verify", "u1"), "no breaches")
	heads := s.ok("heads")
	path := filepath.Join(s.dir, "heads.jsonl")
	require.NoError(t, os.WriteFile(path, []byte(heads), 0o600))
	s.ok("verify", "--against", path)
	s.in = strings.Replace(heads, `"hash":"`, `"hash":"0`, 1)
	s.refused(exitFindings, "verify", "--against", "-")
	s.in = "{}"
	assert.Contains(t, s.refused(exitUsage, "verify", "--against", "-"), "line 1 is not a head")
	s.refused(exitUsage, "verify", "--against", path+".not")
	s.exec("UPDATE credits SET left_credits = 8")
	code, out, _ := s.run("verify", "--json")
	assert.Equal(t, exitFindings, code)
	assert.EqualValues(t, 1, fields(t, out)["breach_count"])
}

func tryHeads(t *testing.T) {
	s := newShell(t)
	s.granted()
	head := fields(t, s.ok("heads"))
	assert.Equal(t, "u1", head["user_uuid"])
	assert.Len(t, head["hash"], 64)
}

func tryRebuild(t *testing.T) {
	s := newShell(t)
	s.granted()
	s.exec("UPDATE credits SET left_credits = 8")
	assert.Contains(t, s.ok("rebuild", "u1", "--dry-run"), `left_credits: "8" becomes "7"`)
	s.refused(exitFindings, "verify")
	s.ok("rebuild", "u1")
	s.ok("verify")
	s.exec("UPDATE credits_trans SET trans_type = 'other'")
	s.refused(exitFailure, "rebuild", "u1")
	assert.Contains(t, s.refused(exitUsage, "rebuild", "u1", "--force"), "--yes")
	s.asks, s.in = true, "no\n"
	assert.Contains(t, s.refused(exitUsage, "rebuild", "u1", "--force"), "nothing was done")
	s.in = "yes\n"
	s.ok("rebuild", "u1", "--force")
	s.refused(exitUsage, "rebuild")
	s.refused(exitFailure, "rebuild", "nobody")
}

func tryExpire(t *testing.T) {
	s := newShell(t)
	s.granted()
	assert.Contains(t, s.ok("expire"), "0 accounts brought up to date")
	assert.EqualValues(t, false, fields(t, s.ok("expire", "--json"))["more"])
}

func tryStats(t *testing.T) {
	s := newShell(t)
	s.granted()
	assert.Contains(t, s.ok("stats", "--period", "month"), "gift")
	assert.EqualValues(t, 7, fields(t, s.ok("stats", "--user", "u1", "--json"))["granted"])
	s.ok("stats", "--from", "2026-01-31", "--to", "2026-02-01T10:00:00Z", "--zone", "Europe/Berlin")
	assert.Contains(t, s.refused(exitUsage, "stats", "--from", "yesterday"), "--from")
	assert.Contains(t, s.refused(exitUsage, "stats", "--zone", "Nowhere"), "--zone")
	s.refused(exitUsage, "stats", "--period", "year")
}

func tryAdopt(t *testing.T) {
	s := newShell(t)
	s.ok("push")
	s.exec("INSERT INTO credits (user_uuid, left_credits, total_credits) VALUES ('old', 5, 5)")
	assert.Contains(t, s.ok("adopt", "--dry-run"), "would be taken over")
	report := fields(t, s.ok("adopt", "--json"))
	assert.EqualValues(t, 1, report["accounts"])
	assert.EqualValues(t, 5, report["available"])
	assert.Contains(t, s.refused(exitUsage, "adopt", "--final"), "--yes")
	s.ok("adopt", "--final", "--yes")
	s.ok("verify")
	s.refused(exitUsage, "adopt", "--batch", "-1")
}

func tryDoctor(t *testing.T) {
	s := newShell(t)
	assert.Contains(t, s.finds("doctor"), "Table doesn't exist: the table users does not exist")
	s.granted()
	report := fields(t, s.ok("doctor", "--json"))
	assert.Equal(t, "sqlite", report["engine"])
	s.exec("UPDATE credits SET next_event_us = 1, total_credits = 9")
	report = fields(t, s.finds("doctor", "--json"))
	assert.Equal(t, "ledger_breach", report["findings"].([]any)[0].(map[string]any)["code"])
	s.ok("doctor", "--sample", "-1")
	s.finds("doctor", "--sample", "-1", "--fail-on", "warning")
	s.refused(exitUsage, "doctor", "--fail-on", "fatal")
	s.refused(exitUsage, "doctor", "--slow", "-1s")
	out := s.finds("doctor", "--url", "postgres://app:S3CRET@127.0.0.1:1/app")
	assert.Contains(t, out, "error   connection_refused: Connection refused: ")
	assert.NotContains(t, out, "S3CRET")
}

// finds runs the command, which has findings, and returns what it printed.
func (s *shell) finds(args ...string) string {
	s.t.Helper()
	code, out, said := s.run(args...)
	require.Equal(s.t, exitFindings, code, "%v: %s%s", args, out, said)
	return out
}

func tryMaintain(t *testing.T) {
	s := newShell(t)
	s.granted()
	out := s.ok("maintain", "--once", "--quiet", "--heads", s.dir, "--pay-out", "-1s")
	assert.Equal(t, "expire: 0 done, 0 credits, 0 set aside\nfail_stuck: 0 done, 0 credits, 0 set aside\n"+
		"purge: 0 done, 0 credits, 0 set aside\ntotals: 0 done, 0 credits, 0 set aside\nheads: 1 done, 0 credits, 0 set aside\n", out)
	files, err := filepath.Glob(filepath.Join(s.dir, "heads-*.jsonl"))
	require.NoError(t, err)
	require.Len(t, files, 1)
	s.ok("verify", "--against", files[0])
	assert.Len(t, fields(t, s.ok("maintain", "--once", "--json"))["tasks"], 5)
	s.refused(exitUsage, "maintain", "--stuck-after", "-1h")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	code, _, _ := s.runIn(ctx, "maintain")
	assert.Equal(t, exitInterrupted, code)
	s.exec("DROP TABLE orders")
	s.refused(exitFailure, "maintain", "--once")
}

func tryStatus(t *testing.T) {
	s := newShell(t)
	assert.Contains(t, s.finds("status"), "credits_trans")
	s.ok("push")
	assert.Equal(t, true, fields(t, s.ok("status", "--json"))["up_to_date"])
}

func tryUndo(t *testing.T) {
	s := newShell(t)
	s.refused(exitFailure, "undo") // nothing was pushed
	s.granted()
	assert.Contains(t, s.ok("undo", "--dry-run"), "DROP TABLE")
	s.refused(exitFailure, "undo")
	s.ok("verify")
	assert.Contains(t, s.refused(exitUsage, "undo", "--force"), "--yes")
	s.ok("undo", "--force", "--yes")
	s.finds("status")
}
