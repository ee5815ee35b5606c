package credits_test

import (
	"context"
	"database/sql"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/credits/audit"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// original writes as the original application does: it reads left_credits,
// computes, and writes the number and a row, in either order.
type original struct {
	*testing.T
	db   bun.IDB
	user string
	// ago is how long ago it wrote its rows.
	ago time.Duration
}

func (o original) read() (left int64) {
	o.Helper()
	require.NoError(o, o.db.NewRaw("SELECT left_credits FROM credits WHERE user_uuid = ?", o.user).Scan(o.Context(), &left))
	return left
}

// write sets left_credits to what was computed from an earlier read.
func (o original) write(left int64) {
	o.Helper()
	_, err := o.db.NewRaw("UPDATE credits SET left_credits = ? WHERE user_uuid = ?", left, o.user).Exec(o.Context())
	require.NoError(o, err)
}

// add changes left_credits in the database.
func (o original) add(amount int64) {
	o.Helper()
	_, err := o.db.NewRaw("UPDATE credits SET left_credits = left_credits + ? WHERE user_uuid = ?", amount, o.user).Exec(o.Context())
	require.NoError(o, err)
}

func (o original) row(transType string, amount int64, expired any) {
	o.Helper()
	_, err := o.db.NewRaw("INSERT INTO credits_trans (user_uuid, trans_type, credits, expired_at, created_at) VALUES (?, ?, ?, ?, ?)",
		o.user, transType, amount, expired, time.Now().Add(-o.ago).UTC().Truncate(time.Second)).Exec(o.Context())
	require.NoError(o, err)
}

// charge is a whole charge of the original.
func (o original) charge(amount int64) {
	o.Helper()
	left := o.read()
	o.row(credits.TypeAIGeneration, -amount, "")
	o.write(left - amount)
}

// has asserts a balance, before and after a verb takes over what is to be taken
// over, and that the books are right.
func (o original) has(db *bun.DB, available, debt int64) {
	o.Helper()
	for range 2 {
		b, err := credits.Balance(o.Context(), db, credits.BalanceParams{UserUUID: o.user})
		require.NoError(o, err)
		require.Equal(o, []int64{available, debt}, []int64{b.Available, b.Debt})
		o.touch(db)
	}
	require.Equal(o, available, o.read(), "left_credits")
	proven(o.Context(), o.T, db, audit.VerifyParams{UserUUID: o.user})
}

// touch makes a verb look at the account that moves nothing in the end.
func (o original) touch(db *bun.DB) {
	o.Helper()
	op, err := credits.Grant(o.Context(), db, credits.GrantParams{UserUUID: o.user, Amount: 1, Type: "touch"})
	require.NoError(o, err)
	if op.DebtPaid == 1 {
		_, err = credits.Void(o.Context(), db, credits.VoidParams{UserUUID: o.user, GrantKey: op.Key})
		require.Error(o, err)
		return
	}
	_, err = credits.Void(o.Context(), db, credits.VoidParams{UserUUID: o.user, GrantKey: op.Key})
	require.NoError(o, err)
}

// ownerStory is a history of an account that begins with a grant of 10 by us.
type ownerStory struct {
	name            string
	play            func(o original, db *bun.DB)
	available, debt int64
}

func ourCharge(o original, db *bun.DB, amount int64) {
	o.Helper()
	_, err := credits.Charge(o.Context(), db, credits.ChargeParams{UserUUID: o.user, Amount: amount})
	require.NoError(o, err)
}

var ownerStories = []ownerStory{
	{"a whole charge", func(o original, _ *bun.DB) { o.charge(5) }, 5, 0},
	{"charges of both, in turns", func(o original, db *bun.DB) {
		for range 2 {
			o.charge(2)
			ourCharge(o, db, 2)
		}
		o.charge(1)
	}, 1, 0},
	{"a grant", func(o original, _ *bun.DB) {
		o.row(credits.TypeOrderPay, 100, "2099-01-01T00:00:00.000Z")
		o.add(100)
	}, 110, 0},
	{"left_credits first, its row late", func(o original, db *bun.DB) {
		o.add(-5)
		o.touch(db)
		o.row(credits.TypeAIGeneration, -5, nil)
	}, 5, 0},
	{"the row first, left_credits late", func(o original, db *bun.DB) {
		o.row(credits.TypeAIGeneration, -5, nil)
		ourCharge(o, db, 1)
		o.add(-5)
	}, 4, 0},
	{"left_credits alone, upwards", func(o original, db *bun.DB) {
		o.charge(2)
		o.touch(db)
		o.add(50)
	}, 58, 0},
	{"left_credits alone, downwards", func(o original, db *bun.DB) {
		o.charge(2)
		o.touch(db)
		o.add(-4)
	}, 4, 0},
	{"a lost update of our charge", func(o original, db *bun.DB) {
		left := o.read()
		ourCharge(o, db, 3)
		o.row(credits.TypeAIGeneration, -5, nil)
		o.write(left - 5)
	}, 2, 0},
	{"a lost update of our charge, its row late", func(o original, db *bun.DB) {
		left := o.read()
		ourCharge(o, db, 3)
		o.write(left - 5)
		o.touch(db)
		o.row(credits.TypeAIGeneration, -5, nil)
	}, 2, 0},
	{"a lost update of our charge, of less than that", func(o original, db *bun.DB) {
		left := o.read()
		ourCharge(o, db, 3)
		o.write(left - 1)
		o.touch(db)
		o.row(credits.TypeAIGeneration, -1, nil)
	}, 6, 0},
	{"a lost update of our grant", func(o original, db *bun.DB) {
		left := o.read()
		_, err := credits.Grant(o.Context(), db, credits.GrantParams{UserUUID: o.user, Amount: 100, Type: "x"})
		require.NoError(o, err)
		o.row(credits.TypeAIGeneration, -5, nil)
		o.write(left - 5)
	}, 105, 0},
	{"a lost update of our grant, its row late", func(o original, db *bun.DB) {
		left := o.read()
		_, err := credits.Grant(o.Context(), db, credits.GrantParams{UserUUID: o.user, Amount: 100, Type: "x"})
		require.NoError(o, err)
		o.write(left - 5)
		o.touch(db)
		o.row(credits.TypeAIGeneration, -5, nil)
	}, 105, 0},
	{"two of its own that lose one, for now", func(o original, _ *bun.DB) {
		left := o.read()
		o.row(credits.TypeAIGeneration, -5, nil)
		o.row(credits.TypeAIGeneration, -3, nil)
		o.write(left - 3) // the other's may still come
	}, 7, 0},
	{"two of its own that lose one", func(o original, _ *bun.DB) {
		o.ago = time.Hour
		left := o.read()
		o.row(credits.TypeAIGeneration, -5, nil)
		o.row(credits.TypeAIGeneration, -3, nil)
		o.write(left - 5)
		o.write(left - 3)
	}, 2, 0},
	{"one done, one halfway that adds", func(o original, db *bun.DB) {
		o.row(credits.TypeAIGeneration, -5, nil)
		o.row(credits.TypeAIGeneration, -3, nil)
		o.add(-5)
		o.touch(db)
		o.add(-3)
	}, 2, 0},
	{"one done, one halfway that read before", func(o original, db *bun.DB) {
		left := o.read()
		o.row(credits.TypeAIGeneration, -5, nil)
		o.row(credits.TypeAIGeneration, -3, nil)
		o.write(left - 5)
		o.touch(db)
		o.write(left - 3)
	}, 2, 0},
	{"a number computed from its own that had overwritten ours, the row first", func(o original, db *bun.DB) {
		left := o.read()
		ourCharge(o, db, 3)
		o.row(credits.TypeAIGeneration, -1, nil)
		o.write(left - 1)
		o.row(credits.TypeAIGeneration, -2, nil)
		ourCharge(o, db, 1)
		o.write(left - 1 - 2)
	}, 3, 0},
	{"a number computed from its own that had overwritten ours, its row late", func(o original, db *bun.DB) {
		left := o.read()
		ourCharge(o, db, 3)
		o.row(credits.TypeAIGeneration, -1, nil)
		o.write(left - 1)
		o.touch(db)
		o.write(left - 1 - 2)
		o.touch(db)
		o.row(credits.TypeAIGeneration, -2, nil)
	}, 4, 0},
	{"more than there is", func(o original, db *bun.DB) {
		left := o.read()
		ourCharge(o, db, 8)
		o.row(credits.TypeAIGeneration, -7, nil)
		o.write(left - 7)
	}, 0, 5},
	{"below zero", func(o original, _ *bun.DB) {
		o.row(credits.TypeAIGeneration, -13, nil)
		o.add(-13)
	}, 0, 3},
}

// TestTwoOwnersOfOneBalance plays what the original may do to an account that is
// ours. Nothing is minted, nothing lost, each row taken over once.
func TestTwoOwnersOfOneBalance(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		for n, story := range ownerStories {
			t.Run(story.name, func(t *testing.T) {
				o := original{T: t, db: env.DB, user: ownedUser(n)}
				_, err := credits.Grant(t.Context(), env.DB, credits.GrantParams{UserUUID: o.user, Amount: 10, Type: "x"})
				require.NoError(t, err)
				story.play(o, env.DB)
				if story.debt > 0 {
					b, err := credits.Balance(t.Context(), env.DB, credits.BalanceParams{UserUUID: o.user})
					require.NoError(t, err)
					require.Equal(t, story.debt, b.Debt)
					return
				}
				o.has(env.DB, story.available, story.debt)
			})
		}
	})
}

// TestReadOnlyReadsOfForeignAccounts reads in READ ONLY transactions what nobody
// has taken over yet.
func TestReadOnlyReadsOfForeignAccounts(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		o := original{T: t, db: env.DB, user: ownedUser(1)}
		_, err := env.DB.NewRaw("INSERT INTO credits (user_uuid, left_credits, total_credits) VALUES (?, 90, 100)", o.user).Exec(t.Context())
		require.NoError(t, err)
		o.row(credits.TypeNewUser, 100, "2099-01-01")
		o.row(credits.TypeAIGeneration, -5, "")
		readOnly := &sql.TxOptions{ReadOnly: dialect.Of(env.DB).ReadOnlyTransactions()}
		require.NoError(t, env.DB.RunInTx(t.Context(), readOnly, func(ctx context.Context, tx bun.Tx) error {
			b, err := credits.Balance(ctx, tx, credits.BalanceParams{UserUUID: o.user})
			require.NoError(t, err)
			require.EqualValues(t, 90, b.Available)
			require.EqualValues(t, 100, b.Total)
			return nil
		}))
		require.EqualValues(t, 90, o.read())
	})
}

// TestSweepKeepsWhatOthersWrote: a sweep takes nothing over, and leaves what is to
// be taken over for the next verb.
func TestSweepKeepsWhatOthersWrote(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		o := original{T: t, db: env.DB, user: ownedUser(1)}
		soon := time.Now().Add(time.Minute)
		for _, p := range []credits.GrantParams{{Amount: 10}, {Amount: 7, ExpiresAt: soon}} {
			p.UserUUID, p.Type = o.user, "x"
			_, err := credits.Grant(t.Context(), env.DB, p)
			require.NoError(t, err)
		}
		o.charge(2)
		_, err := credits.ExpireDue(t.Context(), env.DB, credits.ExpireDueParams{At: soon, MaxAhead: credits.AnyTime})
		require.NoError(t, err)
		require.EqualValues(t, 8, o.read())
		_, err = credits.Charge(t.Context(), env.DB, credits.ChargeParams{UserUUID: o.user, Amount: 9})
		require.ErrorIs(t, err, credits.ErrInsufficient)
		_, err = credits.Charge(t.Context(), env.DB, credits.ChargeParams{UserUUID: o.user, Amount: 8})
		require.NoError(t, err)
		require.Zero(t, o.read())
		proven(t.Context(), t, env.DB, audit.VerifyParams{})
	})
}

// TestRowsAreTakenOverOnce lets verbs of ours race for the rows of the original,
// which goes on adding some, in its own transactions.
func TestRowsAreTakenOverOnce(t *testing.T) {
	const writers, each = 4, 10
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		user := ownedUser(1)
		_, err := env.DB.NewRaw("INSERT INTO credits (user_uuid, left_credits, total_credits) VALUES (?, 1000, 1000)", user).
			Exec(t.Context())
		require.NoError(t, err)
		original{T: t, db: env.DB, user: user}.row(credits.TypeOrderPay, 1000, nil)
		errs := make([]error, 2*writers)
		together(len(errs), func(i int) {
			for range each {
				if i%2 == 0 {
					_, errs[i] = credits.Charge(t.Context(), env.DB, credits.ChargeParams{UserUUID: user, Amount: 2})
				} else {
					errs[i] = dialect.InTx(t.Context(), env.DB, func(ctx context.Context, tx bun.Tx) error { // which repeats a deadlock
						_, err := tx.NewRaw("UPDATE credits SET left_credits = left_credits - 3 WHERE user_uuid = ?", user).Exec(ctx)
						if err != nil {
							return err
						}
						_, err = tx.NewRaw("INSERT INTO credits_trans (user_uuid, trans_type, credits, created_at) "+
							"VALUES (?, 'ai_generation', -3, ?)", user, time.Now().UTC().Truncate(time.Second)).Exec(ctx)
						return err
					})
				}
				if errs[i] != nil {
					return
				}
			}
		})
		for _, err := range errs {
			require.NoError(t, err)
		}
		o := original{T: t, db: env.DB, user: user}
		o.has(env.DB, 1000-writers*each*5, 0)
		require.EqualValues(t, writers*each+1, o.count("op_key LIKE 'chameleon:row:%'"))
		require.Zero(t, o.count("seq IS NULL"))
		require.Zero(t, o.count("trans_type = 'adoption'"), "each row explains what it did")
	})
}

func (o original) account() (row credits.Account) {
	o.Helper()
	require.NoError(o, o.db.NewSelect().Model(&row).Where("user_uuid = ?", o.user).Scan(o.Context()))
	return row
}

func (o original) exec(query string) {
	o.Helper()
	_, err := o.db.NewRaw(query, o.user).Exec(o.Context())
	require.NoError(o, err)
}

func (o original) count(where string) (n int64) {
	o.Helper()
	require.NoError(o, o.db.NewRaw("SELECT COUNT(*) FROM credits_trans WHERE user_uuid = ? AND "+where, o.user).Scan(o.Context(), &n))
	return n
}

// TestRebuildOfAnAccountThatOthersKeep: a rebuild does not wipe what it knows
// nothing of.
func TestRebuildOfAnAccountThatOthersKeep(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		o := original{T: t, db: env.DB, user: ownedUser(1)}
		_, err := env.DB.NewRaw("INSERT INTO credits (user_uuid, left_credits, total_credits) VALUES (?, 40, 90)", o.user).Exec(t.Context())
		require.NoError(t, err)
		report, err := audit.Rebuild(t.Context(), env.DB, audit.RebuildParams{UserUUID: o.user})
		require.NoError(t, err)
		require.Empty(t, report.Changes)
		require.EqualValues(t, 40, o.read())
		o.has(env.DB, 40, 0)
		o.exec("UPDATE credits SET next_event_us = 9223372036854775807 WHERE user_uuid = ?") // no row is waited for
		before := o.account()
		o.exec("UPDATE credits SET left_credits = 1, balance = 1 WHERE user_uuid = ?")
		_, err = audit.Rebuild(t.Context(), env.DB, audit.RebuildParams{UserUUID: o.user})
		require.NoError(t, err)
		require.Equal(t, before, o.account())
	})
}

// proven asserts that an audit finds nothing wrong.
func proven(ctx context.Context, t testing.TB, db bun.IDB, p audit.VerifyParams) *audit.VerifyReport {
	t.Helper()
	report, err := audit.Verify(ctx, db, p)
	require.NoError(t, err)
	require.Empty(t, report.Breaches)
	return report
}

func ownedUser(n int) string { return fmt.Sprintf("7b1f2c3d-0000-4000-8000-%012d", n) }
