package credits_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/credits/audit"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// shownRow is what the original application shows of an account.
type shownRow struct {
	UserUUID     string
	LeftCredits  int64
	TotalCredits int64
}

func shown(t *testing.T, db bun.IDB) []shownRow {
	t.Helper()
	var rows []shownRow
	require.NoError(t, db.NewRaw("SELECT user_uuid, left_credits, total_credits FROM credits ORDER BY user_uuid").Scan(t.Context(), &rows))
	return rows
}

// TestAdoptALiveDatabase reads and charges accounts of a database that the original
// application wrote, none of which was adopted.
func TestAdoptALiveDatabase(t *testing.T) {
	enginetest.RunLive(t, func(t *testing.T, env *enginetest.Env) {
		ctx := t.Context()
		foreign := foreignRows(t, env.DB)
		before := shown(t, env.DB)
		require.Len(t, before, 59)
		for i, row := range before {
			b, err := credits.Balance(ctx, env.DB, credits.BalanceParams{UserUUID: row.UserUUID})
			require.NoError(t, err)
			require.Equal(t, row.LeftCredits, b.Available-b.Debt, row.UserUUID)
			require.Equal(t, row.TotalCredits, b.Total, row.UserUUID)
			_, err = credits.Charge(ctx, env.DB, credits.ChargeParams{UserUUID: row.UserUUID, Amount: 1, Key: "ours"})
			if row.LeftCredits < 1 {
				require.ErrorIs(t, err, credits.ErrInsufficient)
				continue
			}
			require.NoError(t, err, "%d", i)
			b, err = credits.Balance(ctx, env.DB, credits.BalanceParams{UserUUID: row.UserUUID})
			require.NoError(t, err)
			require.Equal(t, row.LeftCredits-1, b.Available, row.UserUUID)
			bonus, err := credits.GrantNewUserCredits(ctx, env.DB, credits.GrantNewUserCreditsParams{UserUUID: row.UserUUID})
			require.NoError(t, err)
			require.True(t, bonus.Replayed, "the original gave it")
		}
		report := proven(ctx, t, env.DB, audit.VerifyParams{})
		require.Positive(t, report.Entries)
		for _, row := range shown(t, env.DB) {
			b, err := credits.Balance(ctx, env.DB, credits.BalanceParams{UserUUID: row.UserUUID})
			require.NoError(t, err)
			require.Equal(t, row.LeftCredits, b.Available-b.Debt)
		}
		after := foreignRows(t, env.DB)
		for id, text := range foreign {
			require.Equal(t, text, after[id], "what the original reads of its rows")
		}
	})
}

// foreignRows are the rows of history as the original application reads them.
func foreignRows(t *testing.T, db bun.IDB) map[int64]string {
	t.Helper()
	var rows []struct {
		ID                  int64
		UserUUID, TransType string
		Credits             int64
		ExpiredAt           *string
		CreatedAt           time.Time
	}
	require.NoError(t, db.NewRaw("SELECT id, user_uuid, trans_type, credits, expired_at, created_at FROM credits_trans").
		Scan(t.Context(), &rows))
	out := map[int64]string{}
	for _, r := range rows {
		expired := "NULL"
		if r.ExpiredAt != nil {
			expired = *r.ExpiredAt
		}
		out[r.ID] = strings.Join([]string{r.UserUUID, r.TransType, expired, r.CreatedAt.UTC().String(), itoa(r.Credits)}, "|")
	}
	assert.NotEmpty(t, out)
	return out
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }
