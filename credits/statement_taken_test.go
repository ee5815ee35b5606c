package credits_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// rowsOfOthers are inserted by the original application, none of them with an amount
// that another has: several in one second, in another order than their ids, and
// without a time.
var rowsOfOthers = []struct {
	credits int
	created string
}{
	{100, "'2026-01-01 10:00:00'"},
	{-1, "'2026-01-03 10:00:00'"},
	{-2, "'2026-01-02 10:00:00'"},
	{-3, "NULL"},
	{50, "'2026-01-02 10:00:00'"},
	{-4, "'2026-01-02 10:00:00'"},
	{-5, "NULL"},
	{-6, "'2026-01-04 10:00:00'"},
}

// shownTogether is an account of the original's; where ours, the ledger had entries
// before, between and after the times of the rows.
func shownTogether(t *testing.T, env *enginetest.Env, user string, ours bool) {
	t.Helper()
	ctx := t.Context()
	if ours {
		for i := range 3 {
			_, err := credits.Grant(ctx, env.DB, credits.GrantParams{
				UserUUID: user, Amount: int64(1000 + i), Type: "ours", At: historyStart.AddDate(0, 0, i).Add(10 * time.Hour),
			})
			require.NoError(t, err)
		}
	} else {
		_, err := env.DB.ExecContext(ctx, "INSERT INTO credits (user_uuid, left_credits, total_credits) VALUES ('"+user+"', 7, 150)")
		require.NoError(t, err)
	}
	sum := 0
	for _, row := range rowsOfOthers {
		_, err := env.DB.ExecContext(ctx, fmt.Sprintf("INSERT INTO credits_trans (user_uuid, trans_type, credits, created_at) "+
			"VALUES ('%s', 'theirs', %d, %s)", user, row.credits, row.created))
		require.NoError(t, err)
		sum += row.credits
	}
	if ours {
		_, err := env.DB.ExecContext(ctx, fmt.Sprintf("UPDATE credits SET left_credits = left_credits + %d WHERE user_uuid = '%s'", sum, user))
		require.NoError(t, err)
	}
}

// TestStatementWhileRowsAreTakenOver turns pages of accounts that are taken over
// between two of them, each elsewhere. What was there when the first was read comes
// once, in the same order and with the same words.
func TestStatementWhileRowsAreTakenOver(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		for i, p := range []credits.StatementParams{
			{}, {OldestFirst: true}, {Types: []string{"theirs"}}, {From: historyStart, OldestFirst: true},
		} {
			for _, ours := range []bool{false, true} {
				p.UserUUID = fmt.Sprintf("%d %t", i, ours)
				shownTogether(t, env, p.UserUUID, ours)
				whole, err := credits.Statement(t.Context(), env.DB, p)
				require.NoError(t, err)
				require.Equal(t, whole.Items, turned(t, env, p, (2*i+1)%7), "%+v", p)
			}
		}
	})
}

// turned is a statement of single lines; after some of them the account is taken over.
// Lines of corrections are new.
func turned(t *testing.T, env *enginetest.Env, p credits.StatementParams, turn int) (lines []credits.StatementLine) {
	t.Helper()
	p.Limit = 1
	for page := 0; ; page++ {
		if page == turn+1 {
			_, err := credits.Adopt(t.Context(), env.DB, credits.AdoptParams{UserUUID: p.UserUUID})
			require.NoError(t, err)
		}
		got, err := credits.Statement(t.Context(), env.DB, p)
		require.NoError(t, err)
		for _, line := range got.Items {
			if line.Type != credits.TypeAdoption {
				lines = append(lines, line)
			}
		}
		if p.Cursor = got.Next; p.Cursor == "" {
			return lines
		}
	}
}

// TestStatementWithoutRowsOfOthers is read by one statement a page, to its end: its
// cursors ask for nothing that other accounts need.
func TestStatementWithoutRowsOfOthers(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		for i := range 5 {
			_, err := credits.Grant(t.Context(), env.DB, credits.GrantParams{UserUUID: "ours", Amount: int64(1 + i), Type: "ours"})
			require.NoError(t, err)
		}
		logged, log := env.Record(t)
		for _, p := range []credits.StatementParams{{}, {OldestFirst: true}} {
			p.UserUUID, p.Limit = "ours", 2
			for page := 1; page == 1 || p.Cursor != ""; page++ {
				got, err := credits.Statement(t.Context(), logged, p)
				require.NoError(t, err)
				require.Len(t, got.Items, min(2, 5-2*(page-1)))
				require.Len(t, log.Take(), 1, "page %d, %+v", page, p)
				p.Cursor = got.Next
			}
		}
	})
}
