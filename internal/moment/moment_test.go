package moment_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/internal/moment"
)

// TestFormsOnSQLite: whatever form a program stores, the expression has the one that
// bun writes, and Go reads the same time from both.
func TestFormsOnSQLite(t *testing.T) {
	t.Parallel()
	db := enginetest.NewEmpty(t, dialect.SQLite).DB
	ctx := t.Context()
	_, err := db.ExecContext(ctx, "CREATE TABLE stored (id INTEGER PRIMARY KEY, at timestamp)")
	require.NoError(t, err)
	_, err = db.ExecContext(ctx, "CREATE INDEX stored_idx ON stored (("+moment.OnSQLite("at")+"), id)")
	require.NoError(t, err)
	for stored, want := range map[string]string{
		"2026-01-31 12:00:00":                     "2026-01-31 12:00:00+00:00", // CURRENT_TIMESTAMP
		"2026-01-31":                              "2026-01-31 00:00:00+00:00",
		"2026-01-31 12:00":                        "2026-01-31 12:00:00+00:00",
		"2026-01-31T12:00:00.120Z":                "2026-01-31 12:00:00.12+00:00", // toISOString
		"2026-01-31T12:00:00.000Z":                "2026-01-31 12:00:00+00:00",
		"2026-01-31T12:00:00":                     "2026-01-31 12:00:00+00:00",
		"2026-01-31 23:59:59.999999+00:00":        "2026-01-31 23:59:59.999999+00:00",
		"2026-01-31 23:59:59.9999999":             "2026-01-31 23:59:59.999999+00:00",
		"2026-01-31 12:00:00.500000+00:00":        "2026-01-31 12:00:00.5+00:00",
		"2026-01-31 12:00:00.5+00:00":             "2026-01-31 12:00:00.5+00:00",
		"2026-01-31 01:00:00+02:00":               "2026-01-30 23:00:00+00:00",
		"2026-01-31T01:00:00.25-05:30":            "2026-01-31 06:30:00.25+00:00",
		"2026-01-31 12:00:00.123456789 +0000 UTC": "2026-01-31 12:00:00.123456+00:00", // Go's String
		"2026-01-31 12:00:00 -0700 MST":           "2026-01-31 19:00:00+00:00",
		"1969-12-31 23:59:59.000001+00:00":        "1969-12-31 23:59:59.000001+00:00",
		"9999-12-31T23:59:59.999999Z":             "9999-12-31 23:59:59.999999+00:00",
	} {
		_, err := db.ExecContext(ctx, "DELETE FROM stored")
		require.NoError(t, err)
		_, err = db.ExecContext(ctx, "INSERT INTO stored (id, at) VALUES (1, ?)", stored)
		require.NoError(t, err)
		var got string
		require.NoError(t, db.QueryRowContext(ctx, "SELECT "+moment.OnSQLite("at")+" FROM stored INDEXED BY stored_idx WHERE "+
			moment.OnSQLite("at")+" IS NOT NULL").Scan(&got), stored)
		require.Equal(t, want, got, stored)
		at, err := time.Parse("2006-01-02 15:04:05.999999-07:00", got)
		require.NoError(t, err)
		n, err := moment.Within(db.NewSelect().Table("stored"), "at", at, at.Add(time.Microsecond)).Count(ctx)
		require.NoError(t, err)
		require.EqualValues(t, 1, n, stored)
		n, err = moment.Within(db.NewSelect().Table("stored"), "at", time.Time{}, at).Count(ctx)
		require.NoError(t, err)
		require.Zero(t, n, stored)
	}
	_, err = db.ExecContext(ctx, "UPDATE stored SET at = 'no time'")
	require.NoError(t, err)
	n, err := moment.Within(db.NewSelect().Table("stored"), "at", time.Time{}, time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC)).Count(ctx)
	require.NoError(t, err)
	require.Zero(t, n, "what is no time lies in no range")
}
