package audit_test

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/credits/audit"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// TestVerifyWhileTheLedgerIsInUse verifies over and over while writers run, in
// every way in which Verify reads. None may see a breach.
func TestVerifyWhileTheLedgerIsInUse(t *testing.T) {
	const writers, passes, written = 3, 6, 60
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := t.Context()
		var running sync.WaitGroup
		var stop atomic.Bool
		for n := range writers {
			running.Go(func() { write(ctx, t, env.DB, n, &stop) })
		}
		var entries int64
		for pass := 0; pass < passes || entries < written; pass++ {
			p := audit.VerifyParams{}
			if pass%2 == 1 {
				p.UserUUID = proofUser(1)
			}
			entries = max(entries, clean(ctx, t, env.DB, p))
			require.NoError(t, env.DB.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
				clean(ctx, t, tx, p)
				return nil
			}))
		}
		stop.Store(true)
		running.Wait()
		report := proven(ctx, t, env.DB, audit.VerifyParams{})
		require.EqualValues(t, 3, report.Accounts)
	})
}

// clean asserts that there is no breach. The sums of a report are not
// compared: in a caller's transaction each account is of its own moment.
func clean(ctx context.Context, t testing.TB, db bun.IDB, p audit.VerifyParams) (entries int64) {
	t.Helper()
	report, err := audit.Verify(ctx, db, p)
	require.NoError(t, err)
	require.Empty(t, report.Breaches)
	return report.Entries
}

// write grants, charges, holds and captures on three accounts until told to
// stop.
func write(ctx context.Context, t *testing.T, db *bun.DB, writer int, stop *atomic.Bool) {
	for i := 0; !stop.Load() && ctx.Err() == nil; i++ {
		user, hold := proofUser(i%3), fmt.Sprintf("h%d-%d", writer, i)
		ops := []credits.Op{
			credits.GrantParams{
				UserUUID: user, Amount: 10, Type: "system_add", ExpiresAt: time.Now().Add(time.Second),
			},
			credits.GrantParams{UserUUID: user, Amount: 10, Type: "system_add"},
			credits.HoldParams{UserUUID: user, Amount: 6, Key: hold},
			credits.CaptureParams{UserUUID: user, HoldKey: hold, Amount: 2},
		}
		for _, op := range ops {
			if _, err := credits.Post(ctx, db, credits.PostParams{Ops: []credits.Op{op}}); err != nil {
				t.Errorf("writer %d: %v", writer, err)
				return
			}
		}
		for range 3 {
			_, err := credits.Charge(ctx, db, credits.ChargeParams{UserUUID: user, Amount: 1})
			if err != nil {
				t.Errorf("writer %d: %v", writer, err)
				return
			}
		}
	}
}

// TestVerifyInAnOldSnapshot verifies inside a REPEATABLE READ transaction that
// took its snapshot before another charge, and charged after it. Plain reads
// there show its own entry, and not the one before it.
func TestVerifyInAnOldSnapshot(t *testing.T) {
	for _, engine := range []dialect.Engine{dialect.MySQL, dialect.MariaDB} {
		t.Run(string(engine), func(t *testing.T) {
			t.Parallel()
			env, ctx, user := enginetest.New(t, engine), t.Context(), proofUser(1)
			_, err := credits.Post(ctx, env.DB, credits.PostParams{Ops: victimStory(user), AllOrNothing: true})
			require.NoError(t, err)
			tx, err := env.DB.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead})
			require.NoError(t, err)
			defer func() { _ = tx.Rollback() }()
			clean(ctx, t, tx, audit.VerifyParams{})
			_, err = credits.Charge(ctx, env.DB, credits.ChargeParams{UserUUID: user, Amount: 1})
			require.NoError(t, err)
			_, err = credits.Charge(ctx, tx, credits.ChargeParams{UserUUID: user, Amount: 2})
			require.NoError(t, err)
			clean(ctx, t, tx, audit.VerifyParams{})
			clean(ctx, t, tx, audit.VerifyParams{UserUUID: user})
			require.NoError(t, tx.Commit())
			proven(ctx, t, env.DB, audit.VerifyParams{})
		})
	}
}

// TestVerifyLargeAccount has more entries and grants than one page holds, and tampers at the seam of two pages.
func TestVerifyLargeAccount(t *testing.T) {
	const page, holds = 2000, 100
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx, user := t.Context(), proofUser(1)
		var ops []credits.Op
		for i := range page + 10 {
			at := proofStart.Add(time.Duration(i) * time.Second)
			ops = append(ops, credits.GrantParams{
				UserUUID: user, Amount: 2, Type: "system_add", Key: fmt.Sprint("g", i), At: at,
				ExpiresAt: proofStart.AddDate(0, 1+i%50, 0),
			})
		}
		for i := range holds {
			ops = append(ops, credits.HoldParams{
				UserUUID: user, Amount: 1, Key: fmt.Sprint("h", i), At: proofStart.Add(time.Hour), Timeout: 2000 * time.Hour,
			})
		}
		for len(ops) > 0 {
			n := min(len(ops), credits.MaxBatch)
			_, err := credits.Post(ctx, env.DB, credits.PostParams{Ops: ops[:n], AllOrNothing: true})
			require.NoError(t, err)
			ops = ops[n:]
		}
		var seen []audit.VerifyProgress
		report := proven(ctx, t, env.DB, audit.VerifyParams{
			Progress: func(p audit.VerifyProgress) { seen = append(seen, p) },
		})
		require.EqualValues(t, page+10+holds, report.Entries)
		require.EqualValues(t, page+10, report.Lots)
		require.EqualValues(t, holds, report.Holds)
		require.Greater(t, len(seen), 2, "a large account tells of its progress")
		require.Equal(t, audit.VerifyProgress{Accounts: 1, TotalAccounts: 1, Entries: report.Entries}, seen[len(seen)-1])

		before := readState(ctx, t, env.DB)
		wipe(ctx, t, env.DB, zeroAccount)
		_, err := audit.Rebuild(ctx, env.DB, audit.RebuildParams{UserUUID: user})
		require.NoError(t, err)
		require.Equal(t, before, readState(ctx, t, env.DB))

		for _, seq := range []int{page, page + 1} {
			require.NoError(t, entry("metadata", "'{}'", seq)(ctx, env.DB, user))
			require.Equal(t, []string{fmt.Sprintf("chain[%d]", seq)}, breaches(ctx, t, env.DB, user))
			require.NoError(t, entry("metadata", "NULL", seq)(ctx, env.DB, user))
		}
		allowDuplicates(ctx, t, env)
		require.NoError(t, insertCopy(func(e *credits.Entry) { e.Seq = page })(ctx, env.DB, user))
		require.Contains(t, breaches(ctx, t, env.DB, user), fmt.Sprintf("sequence[%d]", page))
		require.Contains(t, breaches(ctx, t, env.DB, user), "key[]")
	})
}

// allowDuplicates drops the indexes that forbid two entries with one seq or
// key, as a deployment that is sharded otherwise might have done.
func allowDuplicates(ctx context.Context, t *testing.T, env *enginetest.Env) {
	t.Helper()
	for _, index := range []string{"credits_trans_op_key_unique", "credits_trans_seq_unique"} {
		statement := "DROP INDEX " + index
		if dialect.Of(env.DB).IsMySQL() {
			statement += " ON credits_trans"
		}
		_, err := env.DB.ExecContext(ctx, statement)
		require.NoError(t, err)
	}
}

// TestVerifyFindsDuplicates takes away the indexes that forbid them.
func TestVerifyFindsDuplicates(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := t.Context()
		allowDuplicates(ctx, t, env)
		for n := range 2 {
			_, err := credits.Post(ctx, env.DB, credits.PostParams{Ops: victimStory(proofUser(n)), AllOrNothing: true})
			require.NoError(t, err)
		}
		require.NoError(t, entry("op_key", "'c2'", 7)(ctx, env.DB, proofUser(0)))
		require.ElementsMatch(t, []string{"chain[7]", "key[]"}, breaches(ctx, t, env.DB, proofUser(0)))
		require.NoError(t, insertCopy(func(e *credits.Entry) { e.OpKey = "twice" })(ctx, env.DB, proofUser(1)))
		require.ElementsMatch(t, []string{
			"sequence[6]", "balance[6] balance", "balance[6] available",
			"account[] balance", "account[] open_left", "account[] left_credits",
		}, breaches(ctx, t, env.DB, proofUser(1)))
	})
}

// TestVerifyFindsWhatHasNoAccount leaves a lot, a hold and a history without
// an account's row, each of another user.
func TestVerifyFindsWhatHasNoAccount(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := t.Context()
		require.NoError(t, insertLot(ctx, env.DB, proofUser(1)))
		require.NoError(t, insertHold(ctx, env.DB, proofUser(2)))
		require.NoError(t, insertHold(ctx, env.DB, proofUser(1)))
		_, err := credits.Post(ctx, env.DB, credits.PostParams{Ops: victimStory(proofUser(3)), AllOrNothing: true})
		require.NoError(t, err)
		wipe(ctx, t, env.DB, "DELETE FROM credits")
		require.NoError(t, insertLot(ctx, env.DB, proofUser(1)))
		require.NoError(t, insertHold(ctx, env.DB, proofUser(2)))
		report, err := audit.Verify(ctx, env.DB, audit.VerifyParams{})
		require.NoError(t, err)
		require.Len(t, report.Breaches, 3)
		for i, user := range []string{proofUser(3), proofUser(1), proofUser(2)} {
			require.Equal(t, audit.BreachOrphan, report.Breaches[i].Kind)
			require.Equal(t, user, report.Breaches[i].UserUUID)
		}
		require.EqualValues(t, 12, report.Entries)
	})
}
