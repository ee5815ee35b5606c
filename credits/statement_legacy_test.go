package credits_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// SQLite keeps times as the texts that were written.
func TestStatementReadsTimesOfOtherProgramsOnSQLite(t *testing.T) {
	db := enginetest.New(t, "sqlite").DB
	for text, want := range map[string]string{
		"2026-01-01 00:00:59":              "2026-01-01T00:00:59Z",
		"2026-01-01 00:00:59.5":            "2026-01-01T00:00:59.5Z",
		"2026-01-01 00:00:59.999499":       "2026-01-01T00:00:59.999499Z",
		"2026-01-01 00:00:59.999500":       "2026-01-01T00:00:59.9995Z",
		"2026-01-01 00:00:59.999999":       "2026-01-01T00:00:59.999999Z",
		"2026-01-01 00:00:59.123456+00:00": "2026-01-01T00:00:59.123456Z",
		"2026-01-01T00:00:59.120Z":         "2026-01-01T00:00:59.12Z",
		"2026-01-01T02:00:59.9996+02:00":   "2026-01-01T00:00:59.9996Z",
		"2026-01-01":                       "2026-01-01T00:00:00Z",
		"1969-12-31 23:59:59.25":           "1969-12-31T23:59:59.25Z",
		"01/02/2026":                       "",
	} {
		_, err := db.NewRaw("DELETE FROM credits_trans").Exec(t.Context())
		require.NoError(t, err)
		_, err = db.NewRaw("INSERT INTO credits_trans (user_uuid, trans_type, credits, created_at) VALUES (?, 'ping', 1, ?)",
			readerUUID, text).Exec(t.Context())
		require.NoError(t, err)
		page, err := credits.Statement(t.Context(), db, credits.StatementParams{UserUUID: readerUUID})
		require.NoError(t, err)
		require.Len(t, page.Items, 1)
		require.True(t, page.Items[0].Legacy)
		got := ""
		if at := page.Items[0].At; !at.IsZero() {
			got = at.Format(time.RFC3339Nano)
		}
		require.Equal(t, want, got, text)
	}
}
