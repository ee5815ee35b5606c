package audit_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/credits/audit"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// stateOf is all of a database's state, in order.
type stateOf struct {
	Accounts []credits.Account
	Lots     []credits.Lot
	Holds    []credits.HoldRecord
}

func readState(ctx context.Context, t *testing.T, db bun.IDB) (s stateOf) {
	t.Helper()
	require.NoError(t, db.NewSelect().Model(&s.Accounts).OrderExpr("user_uuid").Scan(ctx))
	require.NoError(t, db.NewSelect().Model(&s.Lots).OrderExpr("user_uuid, lot").Scan(ctx))
	require.NoError(t, db.NewSelect().Model(&s.Holds).OrderExpr("user_uuid, hold_seq").Scan(ctx))
	return s
}

func readHistory(ctx context.Context, t *testing.T, db bun.IDB) (rows []credits.Entry) {
	t.Helper()
	require.NoError(t, db.NewSelect().Model(&rows).OrderExpr("id").Scan(ctx))
	return rows
}

// zeroAccount is what wipe leaves of an account's row.
const zeroAccount = `UPDATE credits SET left_credits = 0, total_credits = 0, seq = 0, balance = 0, held_credits = 0,
	debt_credits = 0, expired_credits = 0, open_lot = 0, open_left = 0, open_expires_us = 0, as_of_us = 0,
	next_event_us = 0, active_holds = 0, head_hash = NULL`

// wipe destroys all state. History stays.
func wipe(ctx context.Context, t *testing.T, db *bun.DB, statements ...string) {
	t.Helper()
	for _, s := range append(statements, "DELETE FROM credits_lots", "DELETE FROM credits_holds") {
		_, err := db.ExecContext(ctx, s)
		require.NoError(t, err)
	}
}

// touch grants each user one credit in one batch, which brings every account
// to the clock and its open lot up to date.
func (b *busy) touch(ctx context.Context, t *testing.T) {
	t.Helper()
	var ops []credits.Op
	for _, user := range b.users {
		b.made++
		ops = append(ops, credits.GrantParams{UserUUID: user, Amount: 1, Type: "system_add", At: b.clock.Add(time.Hour)})
	}
	_, err := credits.Post(ctx, b.db, credits.PostParams{Ops: ops, AllOrNothing: true})
	require.NoError(t, err)
}

// TestRebuildRestoresAll destroys the state of random histories and gets back
// every byte of it.
func TestRebuildRestoresAll(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := t.Context()
		b := newBusy(env.DB, 11, proofUser(1), proofUser(2), proofUser(3))
		for range 3 {
			b.run(ctx, t, 70)
			b.touch(ctx, t)
			before, history := readState(ctx, t, env.DB), readHistory(ctx, t, env.DB)
			require.NotEmpty(t, before.Holds)
			for _, way := range []string{zeroAccount, "DELETE FROM credits"} {
				wipe(ctx, t, env.DB, way)
				for _, user := range b.users {
					report, err := audit.Rebuild(ctx, env.DB, audit.RebuildParams{UserUUID: user})
					require.NoError(t, err)
					require.True(t, report.Written)
					require.NotEmpty(t, report.Changes)
				}
				after := readState(ctx, t, env.DB)
				require.Equal(t, history, readHistory(ctx, t, env.DB))
				if way != zeroAccount {
					forget(&before)
					forget(&after)
				}
				require.Equal(t, before, after)
				proven(ctx, t, env.DB, audit.VerifyParams{})
			}
		}
	})
}

// forget drops what a removed row takes with it: its id, the number of the call
// that wrote it last, and an updated_at that a batch may have set later than the
// account's own time.
func forget(s *stateOf) {
	for i := range s.Accounts {
		s.Accounts[i].ID, s.Accounts[i].CallID, s.Accounts[i].UpdatedAt = 0, 0, time.Time{}
	}
}

// TestRebuildAfterSweep loses the account's time, too. State is then that of
// the latest entry, and the next sweep brings back what the last one did.
func TestRebuildAfterSweep(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx, user, later := t.Context(), proofUser(1), proofStart.Add(48*time.Hour)
		for _, g := range []credits.GrantParams{
			{UserUUID: user, Amount: 30, Type: "system_add", At: proofStart, ExpiresAt: proofStart.Add(time.Hour)},
			{UserUUID: user, Amount: 5, Type: "system_add", At: proofStart},
		} {
			_, err := credits.Grant(ctx, env.DB, g)
			require.NoError(t, err)
		}
		_, err := credits.ExpireDue(ctx, env.DB, credits.ExpireDueParams{MaxAhead: credits.AnyTime, At: later})
		require.NoError(t, err)
		before := readState(ctx, t, env.DB)
		require.EqualValues(t, 5, before.Accounts[0].LeftCredits)

		wipe(ctx, t, env.DB, zeroAccount)
		_, err = audit.Rebuild(ctx, env.DB, audit.RebuildParams{UserUUID: user})
		require.NoError(t, err)
		proven(ctx, t, env.DB, audit.VerifyParams{})
		require.EqualValues(t, 35, readState(ctx, t, env.DB).Accounts[0].LeftCredits)
		balance, err := credits.Balance(ctx, env.DB, credits.BalanceParams{UserUUID: user, At: later})
		require.NoError(t, err)
		require.EqualValues(t, 5, balance.Available, "reads are exact all the same")

		_, err = credits.ExpireDue(ctx, env.DB, credits.ExpireDueParams{MaxAhead: credits.AnyTime, At: later})
		require.NoError(t, err)
		require.Equal(t, before, readState(ctx, t, env.DB))
	})
}

func TestRebuildOfNothing(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := t.Context()
		_, err := audit.Rebuild(ctx, env.DB, audit.RebuildParams{})
		require.ErrorIs(t, err, credits.ErrInvalid)
		_, err = audit.Rebuild(ctx, env.DB, audit.RebuildParams{UserUUID: proofUser(1)})
		require.ErrorIs(t, err, credits.ErrNotFound)
		require.Empty(t, readState(ctx, t, env.DB).Accounts, "no row was made")

		newBusy(env.DB, 5, proofUser(1)).run(ctx, t, 40)
		before := readState(ctx, t, env.DB)
		report, err := audit.Rebuild(ctx, env.DB, audit.RebuildParams{UserUUID: proofUser(1)})
		require.NoError(t, err)
		require.Empty(t, report.Changes)
		require.False(t, report.Written)
		require.NotZero(t, report.Entries)
		require.Equal(t, before, readState(ctx, t, env.DB), "a healthy account is left alone")
	})
}

// TestRebuildKeepsToTheCallersTransaction rebuilds, and is rolled back.
func TestRebuildKeepsToTheCallersTransaction(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx, user := t.Context(), proofUser(1)
		_, err := credits.Post(ctx, env.DB, credits.PostParams{Ops: victimStory(user), AllOrNothing: true})
		require.NoError(t, err)
		wipe(ctx, t, env.DB, zeroAccount)
		wiped := readState(ctx, t, env.DB)
		tx, err := env.DB.BeginTx(ctx, nil)
		require.NoError(t, err)
		_, err = audit.Rebuild(ctx, tx, audit.RebuildParams{UserUUID: user})
		require.NoError(t, err)
		proven(ctx, t, tx, audit.VerifyParams{UserUUID: user})
		require.NoError(t, tx.Rollback())
		require.Equal(t, wiped, readState(ctx, t, env.DB))
	})
}

// legacyRow is what another program wrote: 40 credits, and the sums with it.
func legacyRow(ctx context.Context, t *testing.T, db *bun.DB, user string) {
	t.Helper()
	_, err := db.NewRaw("INSERT INTO credits_trans (user_uuid, trans_type, credits, expired_at) VALUES (?, ?, ?, ?)",
		user, "new_user", 40, "someday").Exec(ctx)
	require.NoError(t, err)
	_, err = db.NewRaw("UPDATE credits SET left_credits = left_credits + 40, total_credits = total_credits + 40 "+
		"WHERE user_uuid = ?", user).Exec(ctx)
	require.NoError(t, err)
}

// TestLegacyRowsAreCountedApart has one account with a row that the ledger did
// not write, and one user with nothing else.
func TestLegacyRowsAreCountedApart(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx, mixed, legacy := t.Context(), proofUser(1), proofUser(2)
		_, err := credits.Post(ctx, env.DB, credits.PostParams{Ops: victimStory(mixed), AllOrNothing: true})
		require.NoError(t, err)
		legacyRow(ctx, t, env.DB, mixed)
		legacyRow(ctx, t, env.DB, legacy)
		report := proven(ctx, t, env.DB, audit.VerifyParams{})
		require.Equal(t, audit.LegacyReport{
			Accounts: 2, Entries: 2, Credits: 80, LeftCredits: 40, TotalCredits: 40,
		}, report.Legacy)
		require.EqualValues(t, 12, report.Entries)

		before := readState(ctx, t, env.DB)
		wipe(ctx, t, env.DB, zeroAccount)
		_, err = audit.Rebuild(ctx, env.DB, audit.RebuildParams{UserUUID: mixed})
		require.NoError(t, err)
		require.Equal(t, before, readState(ctx, t, env.DB), "a lost row counts the legacy rows in")

		_, err = env.DB.ExecContext(ctx, "UPDATE credits SET balance = 1, left_credits = 200, total_credits = 300")
		require.NoError(t, err)
		_, err = audit.Rebuild(ctx, env.DB, audit.RebuildParams{UserUUID: mixed})
		require.NoError(t, err)
		row := readState(ctx, t, env.DB).Accounts[0]
		require.Equal(t, []int64{102, 200, 300}, []int64{row.Balance, row.LeftCredits, row.TotalCredits},
			"where others write, the sums stay as they are")
	})
}
