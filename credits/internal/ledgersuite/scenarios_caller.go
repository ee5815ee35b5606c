package ledgersuite

import (
	"context"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
)

// InTx works the account in a caller's transaction.
func (t *Teller) InTx(fn func(tx *Teller) error) error {
	return t.suite.inTx(t.Context(), t.DB, func(_ context.Context, tx bun.Tx) error {
		inner := *t
		inner.Handle = tx
		return fn(&inner)
	})
}

// Still checks that the transaction goes on: a statement of the caller's works.
func (t *Teller) Still() {
	t.Helper()
	_, err := t.Handle.NewRaw("UPDATE credits_budgets SET zone = 'UTC' WHERE user_uuid = ?", t.User).Exec(t.Context())
	require.NoError(t, err, "the caller's next statement")
}

var callerScenarios = []scenario{
	{"refusals and replays leave the caller's transaction as it was", func(t *Teller) {
		t.Grant("g", 10, 100)
		t.Do(t.HoldOp("h", 1, Start, 0))
		t.Charge("c", 1, Start)
		require.NoError(t, t.InTx(func(tx *Teller) error {
			for target, ops := range map[error][]credits.Op{
				credits.ErrInsufficient: {tx.ChargeOp("x", 100, Start), tx.HoldOp("x", 100, Start, 0)},
				credits.ErrKeyReused:    {tx.ChargeOp("c", 2, Start), tx.GrantOp("c", 2)},
				credits.ErrNotFound: {
					credits.RefundParams{UserUUID: t.User, ChargeKey: "none", Key: "x", At: Start},
					credits.VoidParams{UserUUID: t.User, GrantKey: "none", Key: "x", At: Start},
					credits.ReleaseParams{UserUUID: t.User, HoldKey: "none", Key: "x", At: Start},
				},
				credits.ErrExceeds: {credits.RefundParams{UserUUID: t.User, ChargeKey: "c", Amount: 2, Key: "x", At: Start}},
				credits.ErrSpent:   {credits.VoidParams{UserUUID: t.User, GrantKey: "g", Key: "x", At: Start}},
				credits.ErrInvalid: {tx.ChargeOp("x", 0, Start), tx.GrantOp("x", 1, -1)},
			} {
				for _, op := range ops {
					tx.Refuse(op, target)
					tx.Still()
				}
			}
			assert.True(t, tx.Charge("c", 1, Start).Replayed)
			tx.Still()
			tx.Charge("in the transaction", 3, Start)
			return nil
		}))
		assert.EqualValues(t, 5, t.Balance(Start).Available)
		assert.Len(t, t.Stored().Entries, 4)
	}},
	{"work in the caller's transaction is seen after its commit only", func(t *Teller) {
		t.Grant("g", 10)
		tx, err := t.DB.BeginTx(t.Context(), nil)
		require.NoError(t, err)
		inner := *t
		inner.Handle = tx
		inner.Charge("c", 4, Start)
		assert.EqualValues(t, 10, t.Balance(Start).Available)
		assert.EqualValues(t, 6, inner.Balance(Start).Available)
		require.NoError(t, tx.Commit())
		assert.EqualValues(t, 6, t.Balance(Start).Available)
	}},
	{"a balance in the caller's transaction knows what has fallen due", func(t *Teller) {
		t.Grant("g", 20, 1)
		t.Grant("never", 5)
		tx, err := t.DB.BeginTx(t.Context(), nil)
		require.NoError(t, err)
		inner := *t
		inner.Handle = tx
		assert.Equal(t, t.Balance(Hour(2)), inner.Balance(Hour(2)))
		assert.EqualValues(t, 5, inner.Balance(Hour(2)).Available)
		require.NoError(t, tx.Rollback())
	}},
	{"a caller loses the race for a key and goes on", func(t *Teller) {
		t.Grant("g", 100)
		t.race(t.ChargeOp("k", 10, Start))
		assert.EqualValues(t, 90, t.Balance(Start).Available)
	}},
	{"a caller loses the race for a grant's key and goes on", func(t *Teller) {
		t.Grant("g", 100)
		t.race(t.GrantOp("k", 10))
		assert.EqualValues(t, 110, t.Balance(Start).Available)
	}},
	{"a caller's connection works as the handle does", func(t *Teller) {
		conn, err := t.DB.Conn(t.Context())
		require.NoError(t, err)
		inner := *t
		inner.Handle = conn
		inner.Grant("g", 10)
		inner.Charge("c", 4, Start)
		assert.True(t, inner.Charge("c", 4, Start).Replayed)
		inner.Refuse(t.ChargeOp("d", 40, Start), credits.ErrInsufficient)
		require.NoError(t, conn.Close())
		assert.EqualValues(t, 6, t.Balance(Start).Available)
	}},
	{"50 goroutines spend the last credits", func(t *Teller) {
		t.Grant("a", 40, 10)
		t.Grant("b", 37)
		errs := make([]error, 50)
		Together(len(errs), func(i int) {
			_, errs[i] = credits.Charge(t.Context(), t.DB, t.ChargeOp("", 3, Start))
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
		assert.EqualValues(t, 2, t.Balance(Start).Available)
	}},
	{"many accounts at once in any order of users", func(t *Teller) {
		users := []*Teller{t, t.another(), t.another(), t.another()}
		errs := make([]error, 16)
		Together(len(errs), func(i int) {
			var ops []credits.Op
			for j := range users {
				u := users[(i+j*(1+2*(i%2)))%len(users)]
				ops = append(ops, u.GrantOp("", 5), u.ChargeOp("", 2, Start))
			}
			_, errs[i] = credits.Post(t.Context(), t.DB, credits.PostParams{Ops: ops, AllOrNothing: true})
		})
		for _, err := range errs {
			require.NoError(t, err)
		}
		for _, u := range users {
			assert.EqualValues(t, 48, u.Balance(Start).Available)
			u.Check()
		}
	}},
}

// race performs op in ten transactions at once: one does it, the others repeat it
// and go on.
func (t *Teller) race(op credits.Op) {
	t.Helper()
	errs := make([]error, 10)
	replays := make([]bool, 10)
	Together(len(errs), func(i int) {
		errs[i] = dialect.InTx(t.Context(), t.DB, func(ctx context.Context, tx bun.Tx) error {
			done, err := Call(ctx, tx, op)
			if err != nil {
				return err
			}
			replays[i] = done.Replayed
			inner := *t
			inner.Handle = tx
			inner.Still()
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
