package chameleon_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/orders"
	"github.com/chameleon-go/chameleon/users"
)

// rule is one sentence of the specification. It holds on every engine, or, with
// plain, without any.
type rule struct {
	name  string
	holds func(t *testing.T, env *enginetest.Env)
	plain func(t *testing.T)
}

// TestSpec walks the specification rule by rule: what is named here is what a
// product may rely on. How each behaves at its edges is in the packages' own
// tests.
//
// Not yet there: adopting a database of the TypeScript application, the plan of
// a push and its undoing, switching engines, backup and restore, archiving of
// old rows, the doctor's findings, and the cache of hot reads in Redis.
func TestSpec(t *testing.T) {
	for _, group := range []struct {
		name  string
		rules []rule
	}{
		{"users", userRules},
		{"orders", orderRules},
		{"payments", paymentRules},
		{"credits", creditRules},
		{"generations", generationRules},
		{"affiliates", affiliateRules},
		{"keys", keyRules},
		{"content", contentRules},
		{"database", databaseRules()},
	} {
		t.Run(group.name, func(t *testing.T) {
			t.Parallel()
			databases := enginetest.Share(t)
			if group.name != "database" { // whose rules push, and spoil databases
				databases.Prepare = withDocumentedRights
			}
			for _, r := range group.rules {
				t.Run(r.name, func(t *testing.T) {
					if r.plain != nil {
						r.plain(t)
						return
					}
					databases.Run(t, r.holds)
				})
			}
		})
	}
}

// lastDay is a moment from which a month cannot be added without clamping.
var lastDay = time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)

// ok returns what a call returned, which must not have failed.
func ok[T any](v T, err error) func(t *testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		require.NoError(t, err)
		return v
	}
}

// signUp makes a user with an email of their own.
func signUp(t *testing.T, db bun.IDB, p users.CreateParams) *users.User {
	t.Helper()
	if p.Email == "" {
		p.Email = uuid.NewString() + "@example.com"
	}
	if p.At.IsZero() {
		p.At = lastDay
	}
	p.MaxAhead = credits.AnyTime // some tests are set in the future
	return ok(users.Create(t.Context(), db, p))(t).User
}

func member(t *testing.T, db bun.IDB) *users.User {
	t.Helper()
	return signUp(t, db, users.CreateParams{})
}

// buy creates an order: by default a package of 1,000 credits for 19.99 dollars.
func buy(t *testing.T, db bun.IDB, p orders.CreateParams) string {
	t.Helper()
	if p.UserUUID == "" {
		p.UserUUID = member(t, db).UUID
	}
	if p.Amount == 0 {
		p.Amount, p.Currency = 1999, "USD"
	}
	if p.Credits == 0 {
		p.Credits = 1000
	}
	if p.PayType == "" {
		p.PayType = orders.PayTypeStripe
	}
	if p.At.IsZero() {
		p.At = lastDay
	}
	p.ProductID = "starter"
	return ok(orders.Create(t.Context(), db, p))(t).Order.OrderNo
}

// pay marks an order as paid.
func pay(t *testing.T, db bun.IDB, no string, at time.Time) *orders.Result {
	t.Helper()
	return ok(orders.MarkPaid(t.Context(), db, orders.MarkPaidParams{OrderNo: no, At: at, MaxAhead: credits.AnyTime}))(t)
}

// grant puts credits on an account.
func grant(t *testing.T, db bun.IDB, p credits.GrantParams) *credits.Operation {
	t.Helper()
	if p.Type == "" {
		p.Type = credits.TypeSystemAdd
	}
	if p.At.IsZero() {
		p.At = lastDay
	}
	p.MaxAhead = credits.AnyTime
	return ok(credits.Grant(t.Context(), db, p))(t)
}

// spend charges an account.
func spend(t *testing.T, db bun.IDB, user string, amount int64, at time.Time) *credits.Operation {
	t.Helper()
	return ok(credits.Charge(t.Context(), db, credits.ChargeParams{UserUUID: user, Amount: amount, At: at, MaxAhead: credits.AnyTime}))(t)
}

// balance reads an account at a moment.
func balance(t *testing.T, db bun.IDB, user string, at time.Time) *credits.BalanceResult {
	t.Helper()
	return ok(credits.Balance(t.Context(), db, credits.BalanceParams{UserUUID: user, At: at}))(t)
}

var errUndo = errors.New("undo")

// undone runs fn in a transaction that is rolled back.
func undone(t *testing.T, db *bun.DB, fn func(tx bun.Tx)) {
	t.Helper()
	err := db.RunInTx(t.Context(), nil, func(_ context.Context, tx bun.Tx) error {
		fn(tx)
		return errUndo
	})
	require.ErrorIs(t, err, errUndo)
}

// together runs fn in one transaction, which costs one commit.
func together(t *testing.T, db *bun.DB, fn func(tx bun.Tx)) {
	t.Helper()
	require.NoError(t, db.RunInTx(t.Context(), nil, func(_ context.Context, tx bun.Tx) error {
		fn(tx)
		return nil
	}))
}

// sameTime asserts that two times are the same moment.
func sameTime(t *testing.T, want, got time.Time) {
	t.Helper()
	assert.True(t, want.Equal(got), "want %s, got %s", want, got)
}
