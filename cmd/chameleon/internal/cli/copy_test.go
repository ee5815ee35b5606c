package cli

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/credits"
)

// charged charges an account.
func (s *shell) charged(user string, amount int64) {
	s.t.Helper()
	db, err := chameleon.Open(s.t.Context(), s.url)
	require.NoError(s.t, err)
	defer func() { require.NoError(s.t, db.Close()) }()
	_, err = credits.Charge(s.t.Context(), db, credits.ChargeParams{UserUUID: user, Key: "c", Type: "use", Amount: amount})
	require.NoError(s.t, err)
}

func tryCopy(t *testing.T) {
	s := newShell(t)
	target := "sqlite://" + filepath.Join(s.dir, "target.db") + "?_pragma=synchronous(OFF)"
	assert.Contains(t, s.refused(exitUsage, "copy"), "TARGET_DATABASE_URL is not set")
	s.variables["TARGET_DATABASE_URL"] = target
	s.refused(exitFailure, "copy") // the source is not pushed
	assert.Contains(t, s.refused(exitUsage, "copy", "--to", "oracle://h/db"), "the target: ")
	assert.Contains(t, s.refused(exitUsage, "copy", "--to", s.url, "--replace", "--yes"), "are one database")
	s.granted()
	report := fields(t, s.ok("copy", "--live", "--json"))
	assert.Equal(t, true, report["open"])
	s.charged("u1", 2)
	report = fields(t, s.ok("copy", "--from", s.url, "--to", target, "--quick", "--json"))
	assert.Equal(t, false, report["open"])
	assert.Contains(t, s.ok("stats", "--url", target, "--user", "u1"), "use")
	s.ok("verify", "--url", target)
	s.refused(exitFailure, "copy") // it holds rows
	assert.Contains(t, s.refused(exitUsage, "copy", "--replace"), "--yes")
	assert.NotEmpty(t, s.ok("copy", "--replace", "--yes"))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	code, _, said := s.runIn(ctx, "copy", "--replace", "--yes")
	assert.Equal(t, exitInterrupted, code, said)
	s.exec("UPDATE credits SET left_credits = 8")
	s.finds("copy", "--replace", "--yes") // the source's breach is the target's
}
