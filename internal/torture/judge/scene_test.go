package judge_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/internal/torture/client"
	"github.com/chameleon-go/chameleon/internal/torture/history"
	"github.com/chameleon-go/chameleon/internal/torture/judge"
)

// scene is a client's history: a database and the log of what was told.
type scene struct {
	path  string
	db    *bun.DB
	lines []history.Line
}

// newScene makes the database, with the callers' own table.
func newScene(t *testing.T) *scene {
	t.Helper()
	s := &scene{path: filepath.Join(t.TempDir(), "scene.db")}
	s.open(t)
	_, err := chameleon.Push(t.Context(), s.db)
	require.NoError(t, err)
	s.exec(t, "CREATE TABLE torture_notes (id varchar(100) PRIMARY KEY, user_uuid varchar(255) NOT NULL)")
	return s
}

func (s *scene) open(t *testing.T) {
	t.Helper()
	var err error
	s.db, err = chameleon.Open(t.Context(), "sqlite://"+s.path)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.db.Close()) })
}

// does makes a call, writes it down and returns the answer.
func (s *scene) does(t *testing.T, op history.Op) history.Answer {
	t.Helper()
	if op.ID == "" {
		op.ID = op.Key
	}
	start := time.Now().UnixNano()
	answer := client.Call(t.Context(), s.db, op, 1, time.Time{})
	line := history.Line{ID: op.ID, Try: 1, Start: start, Limit: int64(time.Minute)}
	s.lines = append(s.lines, history.Line{Intent: &op}, line)
	line.End, line.Answer = time.Now().UnixNano(), &answer
	s.lines = append(s.lines, line)
	return answer
}

// copy is the same history, to be disturbed.
func (s *scene) copy(t *testing.T) *scene {
	t.Helper()
	other := &scene{path: filepath.Join(t.TempDir(), "copy.db")}
	s.exec(t, "VACUUM INTO ?", other.path)
	other.open(t)
	for _, line := range s.lines {
		if line.Answer != nil {
			answer := *line.Answer
			line.Answer = &answer
		}
		if line.Intent != nil {
			intent := *line.Intent
			line.Intent = &intent
		}
		other.lines = append(other.lines, line)
	}
	return other
}

// exec runs a statement behind the library's back.
func (s *scene) exec(t *testing.T, query string, args ...any) {
	t.Helper()
	result, err := s.db.NewRaw(query, args...).Exec(t.Context())
	require.NoError(t, err)
	n, err := result.RowsAffected()
	require.NoError(t, err)
	if query[:6] == "UPDATE" || query[:6] == "DELETE" {
		require.Positive(t, n, "nothing was disturbed by %s", query)
	}
}

// answer is the last line of an operation, which has the answer.
func (s *scene) answer(t *testing.T, id string) *history.Line {
	t.Helper()
	for i := len(s.lines) - 1; i >= 0; i-- {
		if s.lines[i].ID == id && s.lines[i].Answer != nil {
			return &s.lines[i]
		}
	}
	require.FailNow(t, "no such operation", id)
	return nil
}

// judged is what the judge finds, one rule a key.
func (s *scene) judged(t *testing.T) map[string][]string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "client.log")
	var log bytes.Buffer
	for _, line := range s.lines {
		text, err := json.Marshal(line)
		require.NoError(t, err)
		log.Write(append(text, '\n'))
	}
	require.NoError(t, os.WriteFile(path, log.Bytes(), 0o600))
	tale, err := judge.Listen([]string{path})
	require.NoError(t, err)
	found, err := judge.Judge(t.Context(), s.db, tale)
	require.NoError(t, err)
	rules := map[string][]string{}
	for _, f := range found {
		rules[f.Rule] = append(rules[f.Rule], f.Detail)
	}
	return rules
}
