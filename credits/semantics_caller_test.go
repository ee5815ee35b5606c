package credits_test

import (
	"context"
	"database/sql"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
)

// txTeller works the account in a caller's transaction.
func (t *teller) inTx(fn func(tx *teller) error) error {
	return t.inTxAt(sql.LevelDefault, fn)
}

func (t *teller) inTxAt(level sql.IsolationLevel, fn func(tx *teller) error) error {
	return t.db.RunInTx(t.Context(), &sql.TxOptions{Isolation: level}, func(_ context.Context, tx bun.Tx) error {
		inner := *t
		inner.handle = tx
		return fn(&inner)
	})
}

// still checks that the transaction goes on: a statement of the caller's works.
func (t *teller) still() {
	t.Helper()
	_, err := t.handle.NewRaw("UPDATE users SET nickname = 'still here' WHERE uuid = ?", t.user).Exec(t.Context())
	require.NoError(t, err, "the caller's next statement")
}

var callerScenarios = []scenario{
	{"refusals and replays leave the caller's transaction as it was", func(t *teller) {
		t.grant("g", 10, 100)
		t.do(t.holdOp("h", 1, start, 0))
		t.charge("c", 1, start)
		require.NoError(t, t.inTx(func(tx *teller) error {
			for target, ops := range map[error][]credits.Op{
				credits.ErrInsufficient: {tx.chargeOp("x", 100, start), tx.holdOp("x", 100, start, 0)},
				credits.ErrKeyReused:    {tx.chargeOp("c", 2, start), tx.grantOp("c", 2)},
				credits.ErrNotFound: {
					credits.RefundParams{UserUUID: t.user, ChargeKey: "none", Key: "x", At: start},
					credits.VoidParams{UserUUID: t.user, GrantKey: "none", Key: "x", At: start},
					credits.ReleaseParams{UserUUID: t.user, HoldKey: "none", Key: "x", At: start},
				},
				credits.ErrExceeds: {credits.RefundParams{UserUUID: t.user, ChargeKey: "c", Amount: 2, Key: "x", At: start}},
				credits.ErrSpent:   {credits.VoidParams{UserUUID: t.user, GrantKey: "g", Key: "x", At: start}},
				credits.ErrInvalid: {tx.chargeOp("x", 0, start), tx.grantOp("x", 1, -1)},
			} {
				for _, op := range ops {
					tx.refuse(op, target)
					tx.still()
				}
			}
			assert.True(t, tx.charge("c", 1, start).Replayed)
			tx.still()
			tx.charge("in the transaction", 3, start)
			return nil
		}))
		assert.EqualValues(t, 5, t.balance(start).Available)
		assert.Len(t, t.stored().entries, 4)
	}},
	{"work in the caller's transaction is seen after its commit only", func(t *teller) {
		t.grant("g", 10)
		tx, err := t.db.BeginTx(t.Context(), nil)
		require.NoError(t, err)
		inner := *t
		inner.handle = tx
		inner.charge("c", 4, start)
		assert.EqualValues(t, 10, t.balance(start).Available)
		assert.EqualValues(t, 6, inner.balance(start).Available)
		require.NoError(t, tx.Commit())
		assert.EqualValues(t, 6, t.balance(start).Available)
	}},
	{"a balance in the caller's transaction knows what has fallen due", func(t *teller) {
		t.grant("g", 20, 1)
		t.grant("never", 5)
		tx, err := t.db.BeginTx(t.Context(), nil)
		require.NoError(t, err)
		inner := *t
		inner.handle = tx
		assert.Equal(t, t.balance(hour(2)), inner.balance(hour(2)))
		assert.EqualValues(t, 5, inner.balance(hour(2)).Available)
		require.NoError(t, tx.Rollback())
	}},
	{"a caller loses the race for a key and goes on", func(t *teller) {
		t.grant("g", 100)
		t.race(t.chargeOp("k", 10, start))
		assert.EqualValues(t, 90, t.balance(start).Available)
	}},
	{"a caller loses the race for a grant's key and goes on", func(t *teller) {
		t.grant("g", 100)
		t.race(t.grantOp("k", 10))
		assert.EqualValues(t, 110, t.balance(start).Available)
	}},
	{"a caller's connection works as the handle does", func(t *teller) {
		conn, err := t.db.Conn(t.Context())
		require.NoError(t, err)
		inner := *t
		inner.handle = conn
		inner.grant("g", 10)
		inner.charge("c", 4, start)
		assert.True(t, inner.charge("c", 4, start).Replayed)
		inner.refuse(t.chargeOp("d", 40, start), credits.ErrInsufficient)
		require.NoError(t, conn.Close())
		assert.EqualValues(t, 6, t.balance(start).Available)
	}},
	{"50 goroutines spend the last credits", func(t *teller) {
		t.grant("a", 40, 10)
		t.grant("b", 37)
		errs := make([]error, 50)
		together(len(errs), func(i int) {
			_, errs[i] = credits.Charge(t.Context(), t.db, t.chargeOp("", 3, start))
		})
		succeeded := 0
		for _, err := range errs {
			if err == nil {
				succeeded++
				continue
			}
			require.ErrorIs(t, err, credits.ErrInsufficient)
		}
		assert.Equal(t, 25, succeeded, "77 credits pay 25 charges of 3")
		assert.EqualValues(t, 2, t.balance(start).Available)
	}},
	{"many accounts at once in any order of users", func(t *teller) {
		users := []*teller{t, newTeller(t.T, t.env), newTeller(t.T, t.env), newTeller(t.T, t.env)}
		errs := make([]error, 16)
		together(len(errs), func(i int) {
			var ops []credits.Op
			for j := range users {
				u := users[(i+j*(1+2*(i%2)))%len(users)]
				ops = append(ops, u.grantOp("", 5), u.chargeOp("", 2, start))
			}
			_, errs[i] = credits.Post(t.Context(), t.db, credits.PostParams{Ops: ops, AllOrNothing: true})
		})
		for _, err := range errs {
			require.NoError(t, err)
		}
		for _, u := range users {
			assert.EqualValues(t, 48, u.balance(start).Available)
			u.check()
		}
	}},
}

// race performs op in ten transactions at once: one does it, the others repeat it
// and go on.
func (t *teller) race(op credits.Op) {
	t.Helper()
	errs := make([]error, 10)
	replays := make([]bool, 10)
	together(len(errs), func(i int) {
		errs[i] = dialect.InTx(t.Context(), t.db, func(ctx context.Context, tx bun.Tx) error {
			done, err := call(ctx, tx, op)
			if err != nil {
				return err
			}
			replays[i] = done.Replayed
			inner := *t
			inner.handle = tx
			inner.still()
			return nil
		})
	})
	originals := 0
	for i, err := range errs {
		require.NoError(t, err)
		if !replays[i] {
			originals++
		}
	}
	assert.Equal(t, 1, originals)
}
