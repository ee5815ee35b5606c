package cli

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/credits"
)

// asCommand has the test's program be the command itself.
const asCommand = "CHAMELEON_TEST_AS_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(asCommand) != "" {
		os.Exit(Main())
	}
	os.Exit(m.Run())
}

// process is the command as a process of its own, in the shell's folder.
func (s *shell) process(args ...string) *exec.Cmd {
	s.t.Helper()
	self, err := os.Executable()
	require.NoError(s.t, err)
	cmd := exec.CommandContext(s.t.Context(), self, args...)
	cmd.Dir = s.dir
	cmd.Env = append(os.Environ(), asCommand+"=1", "DATABASE_URL="+s.url)
	return cmd
}

// many is a database of some accounts with a history: more than a pipe holds.
func (s *shell) many() {
	s.t.Helper()
	db, err := chameleon.Open(s.t.Context(), s.url)
	require.NoError(s.t, err)
	defer func() { require.NoError(s.t, db.Close()) }()
	_, err = chameleon.Push(s.t.Context(), db)
	require.NoError(s.t, err)
	var ops []credits.Op
	for i := range credits.MaxBatch {
		ops = append(ops, credits.GrantParams{UserUUID: strings.Repeat("u", 30) + string(rune('a'+i%26)) + string(rune('a'+i/26%26)), Type: "gift", Amount: 7})
	}
	for range 3 {
		_, err := credits.Post(s.t.Context(), db, credits.PostParams{Ops: ops, AllOrNothing: true})
		require.NoError(s.t, err)
	}
}

// TestPipes: what is not a terminal gets plain lines, and a reader that goes away ends
// the command quietly.
func TestPipes(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	s.many()
	for _, args := range [][]string{{"verify"}, {"status"}, {"plan"}, {"stats"}, {"backup", s.file("a.backup", "")}, {"doctor"}, {"--help"}} {
		var out, said bytes.Buffer
		cmd := s.process(args...)
		cmd.Stdout, cmd.Stderr = &out, &said
		require.NoError(t, cmd.Run(), "%v: %s%s", args, &out, &said)
		assert.NotContains(t, out.String()+said.String(), "\x1b", args)
		assert.NotContains(t, out.String()+said.String(), "\r", args)
	}
	for _, args := range [][]string{{"heads"}, {"backup", "-"}} {
		var said bytes.Buffer
		cmd := s.process(args...)
		cmd.Stderr = &said
		out, err := cmd.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, cmd.Start())
		_, err = io.ReadFull(out, make([]byte, 10))
		require.NoError(t, err)
		require.NoError(t, out.Close())
		require.Error(t, cmd.Wait(), args)
		assert.NotContains(t, said.String(), "panic", args)
		assert.Less(t, len(said.String()), 200, said.String())
	}
}

// holds reports whether a process has a file open.
func holds(cmd *exec.Cmd, path string) bool {
	open, _ := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", cmd.Process.Pid))
	return slices.ContainsFunc(open, func(fd string) bool { is, _ := os.Readlink(fd); return is == path })
}

// interrupted starts the command, waits until it has opened a database and is under
// way, and sends it Ctrl-C. It must end with the code for that; what it said is returned.
func (s *shell) interrupted(cmd *exec.Cmd, file string, underWay func()) string {
	s.t.Helper()
	var said bytes.Buffer
	cmd.Stderr = &said
	require.NoError(s.t, cmd.Start())
	require.Eventually(s.t, func() bool { return holds(cmd, file) }, time.Minute, time.Millisecond, file)
	underWay()
	require.NoError(s.t, cmd.Process.Signal(os.Interrupt))
	_ = cmd.Wait()
	require.Equal(s.t, exitInterrupted, cmd.ProcessState.ExitCode(), said.String())
	assert.Contains(s.t, said.String(), "chameleon: stopping; press Ctrl-C again")
	assert.Contains(s.t, said.String(), "chameleon: interrupted: ")
	return said.String()
}

// TestInterruptedProcesses: Ctrl-C ends the command in the middle of its work, also
// while it waits for somebody else, and leaves nothing half done.
func TestInterruptedProcesses(t *testing.T) {
	t.Parallel()
	t.Run("a backup that nobody reads", func(t *testing.T) {
		t.Parallel()
		s := newShell(t)
		s.many()
		cmd := s.process("backup", "-")
		out, err := cmd.StdoutPipe()
		require.NoError(t, err)
		said := s.interrupted(cmd, s.file("app.db", ""), func() {
			_, err := io.ReadFull(out, make([]byte, 10)) // then the pipe fills up
			require.NoError(t, err)
		})
		assert.Contains(t, said, "no backup was written")
		s.ok("verify")
	})
	t.Run("a restore from one that does not end", func(t *testing.T) {
		t.Parallel()
		s := newShell(t)
		s.many()
		code, whole, said := s.run("backup", "-")
		require.Zero(t, code, said)
		path := s.file("target.db", "")
		target := "sqlite://" + path
		cmd := s.process("restore", "-", "--url", target)
		in, err := cmd.StdinPipe()
		require.NoError(t, err)
		go func() { _, _ = io.WriteString(in, whole[:1000]) }()
		s.interrupted(cmd, path, func() {})
		s.refused(exitFailure, "verify", "--url", target) // not so much as a table
	})
	for _, args := range [][]string{{"copy", "--to", "TARGET"}, {"adopt", "--url", "TARGET"}, {"expire", "--url", "TARGET"}} {
		t.Run(args[0]+" of a database that is locked", func(t *testing.T) {
			t.Parallel()
			s := newShell(t)
			s.many()
			path := s.file("target.db", "")
			target := "sqlite://" + path
			s.ok("push", "--url", target)
			db, err := chameleon.Open(t.Context(), target)
			require.NoError(t, err)
			defer func() { require.NoError(t, db.Close()) }()
			for _, statement := range []string{
				"INSERT INTO credits (user_uuid, left_credits, total_credits, next_event_us) VALUES ('theirs', 5, 5, 1)",
				"INSERT INTO credits_trans (user_uuid, trans_type, credits) VALUES ('theirs', 'gift', 5)",
			} {
				if args[0] == "copy" {
					break
				}
				_, err := db.ExecContext(t.Context(), statement)
				require.NoError(t, err)
			}
			lock, err := db.DB.Conn(t.Context())
			require.NoError(t, err)
			_, err = lock.ExecContext(t.Context(), "BEGIN IMMEDIATE")
			require.NoError(t, err)
			for i := range args {
				args[i] = strings.Replace(args[i], "TARGET", target, 1)
			}
			s.interrupted(s.process(args...), path, func() {})
			_, err = lock.ExecContext(t.Context(), "ROLLBACK")
			require.NoError(t, err)
			require.NoError(t, lock.Close())
			s.ok(args...)
			s.ok("verify", "--url", target)
		})
	}
}
