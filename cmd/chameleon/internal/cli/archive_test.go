package cli

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// spent is a shell with an account of two entries, of which the older can be archived.
func spent(t *testing.T) *shell {
	t.Helper()
	s := newShell(t)
	s.granted()
	s.charged("u1", 2)
	return s
}

func tryArchive(t *testing.T) {
	s := spent(t)
	assert.Contains(t, s.refused(exitUsage, "archive"), "--before is required")
	assert.Contains(t, s.refused(exitUsage, "archive", "--before", "soon"), "--before")
	assert.Contains(t, s.refused(exitUsage, "archive", "restart"), "unknown command")
	s.refused(exitUsage, "archive", "--before", "2999-01-01", "--batch", "-1")
	assert.Contains(t, s.ok("archive", "--before", "2999-01-01", "--dry-run"), "1 entries and 0 generations of 1 accounts would be moved")
	s.exec("INSERT INTO credits_trans (user_uuid, trans_type, credits) VALUES ('u1', 'ping', 1)")
	assert.Contains(t, s.finds("archive", "--before", "2999-01-01"), "1 accounts set aside")
	s.exec("DELETE FROM credits_trans WHERE seq IS NULL")
	assert.EqualValues(t, 0, fields(t, s.ok("archive", "--before", "2000-01-01", "--json"))["entries"])
	assert.EqualValues(t, 1, fields(t, s.ok("archive", "--before", "2999-01-01", "--json"))["entries"])
	s.ok("verify")
}

func tryArchiveRestore(t *testing.T) {
	s := spent(t)
	s.ok("archive", "--before", "2999-01-01")
	report := fields(t, s.ok("archive", "restore", "--user", "u1", "--json"))
	assert.EqualValues(t, 1, report["entries"])
	assert.Equal(t, true, report["restored"])
	assert.Contains(t, s.ok("archive", "restore"), "0 entries")
	s.ok("verify")
	s.refused(exitUsage, "archive", "restore", "--batch", "-1")
}
