package adopt_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/adopt"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/credits/audit"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// shownRow is what the original's own query says of a user.
type shownRow struct {
	UUID string
	// Left is nil for a user without an account row: nothing is shown.
	Left *int64 `bun:"left_credits"`
}

func (r shownRow) left() int64 {
	if r.Left == nil {
		return 0
	}
	return *r.Left
}

// shows asks what the original asks, in the words that Drizzle has for it: a user with
// credits, by email.
func shows(t *testing.T, db bun.IDB, email string) shownRow {
	t.Helper()
	var row shownRow
	require.NoError(t, db.NewRaw("SELECT users.uuid, credits.left_credits FROM users "+
		"LEFT JOIN credits ON users.uuid = credits.user_uuid WHERE users.email = ? LIMIT 1", email).Scan(t.Context(), &row), email)
	return row
}

// verb is the first of ours that a user meets. It says by how much the balance moved.
type verb struct {
	name string
	call func(ctx context.Context, db bun.IDB, user string) (moved int64, err error)
}

// on calls the verb on the handle, or in a transaction whose owner goes on after a
// refusal and commits.
func (v verb) on(ctx context.Context, db *bun.DB, user string, callers bool) (moved int64, err error) {
	if !callers {
		return v.call(ctx, db, user)
	}
	var refused error
	err = db.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
		moved, refused = v.call(ctx, tx, user)
		if errors.Is(refused, credits.ErrInsufficient) {
			return nil
		}
		return refused
	})
	return moved, cmp.Or(refused, err)
}

// verbs are of each kind: those that add, take, hold and only read.
func verbs() []verb {
	return []verb{
		{"Balance", func(ctx context.Context, db bun.IDB, user string) (int64, error) {
			_, err := credits.Balance(ctx, db, credits.BalanceParams{UserUUID: user})
			return 0, err
		}},
		{"Charge", func(ctx context.Context, db bun.IDB, user string) (int64, error) {
			_, err := credits.Charge(ctx, db, credits.ChargeParams{UserUUID: user, Amount: 3})
			return -3, err
		}},
		{"Grant", func(ctx context.Context, db bun.IDB, user string) (int64, error) {
			_, err := credits.Grant(ctx, db, credits.GrantParams{UserUUID: user, Amount: 5, Type: "system_add"})
			return 5, err
		}},
		{"Hold", func(ctx context.Context, db bun.IDB, user string) (int64, error) {
			_, err := credits.Hold(ctx, db, credits.HoldParams{UserUUID: user, Amount: 2, Key: "held"})
			return -2, err
		}},
		{"Adjust", func(ctx context.Context, db bun.IDB, user string) (int64, error) {
			_, err := credits.Adjust(ctx, db, credits.AdjustParams{UserUUID: user, Amount: -1})
			return -1, err
		}},
		{"Post", func(ctx context.Context, db bun.IDB, user string) (int64, error) {
			_, err := credits.Post(ctx, db, credits.PostParams{AllOrNothing: true, Ops: []credits.Op{
				credits.GrantParams{UserUUID: user, Amount: 10, Type: "system_add"}, credits.ChargeParams{UserUUID: user, Amount: 4},
			}})
			return 6, err
		}},
		{"Adopt", func(ctx context.Context, db bun.IDB, user string) (int64, error) {
			_, err := credits.Adopt(ctx, db, credits.AdoptParams{UserUUID: user})
			return 0, err
		}},
		{"Statement", func(ctx context.Context, db bun.IDB, user string) (int64, error) {
			_, err := credits.Statement(ctx, db, credits.StatementParams{UserUUID: user})
			return 0, err
		}},
	}
}

// TestFirstVerbsKeepWhatWasShown has every user of an original's database meet another
// verb of ours first, on the handle or in a caller's transaction. The balance is what
// the original's own query showed, and what the verb did to it; and the original shows
// that, too. After a run it is so for all.
func TestFirstVerbsKeepWhatWasShown(t *testing.T) {
	enginetest.RunLive(t, func(t *testing.T, env *enginetest.Env) {
		ctx := t.Context()
		irregularAccounts(t, env)
		emails := texts(t, env.DB, "SELECT email FROM users ORDER BY id")
		require.Len(t, emails, 60+len(irregularUsers))
		all := verbs()
		want := map[string]int64{}
		for i, email := range emails {
			v, before := all[i%len(all)], shows(t, env.DB, email)
			moved, err := v.on(ctx, env.DB, before.UUID, i/len(all)%2 == 1)
			if refused, ok := errors.AsType[*credits.InsufficientError](err); ok {
				require.Less(t, before.left(), -moved, "%s of %s", v.name, email)
				require.Equal(t, max(before.left(), 0), refused.Have, "%s of %s", v.name, email)
				moved = 0
			} else {
				require.NoError(t, err, "%s of %s", v.name, email)
			}
			want[email] = before.left() + moved
			agrees(t, env.DB, email, want[email], v.name)
		}
		_, err := adopt.Run(ctx, env.DB, adopt.Params{})
		require.NoError(t, err)
		for _, email := range emails {
			agrees(t, env.DB, email, want[email], "a run")
			require.Equal(t, max(want[email], 0), shows(t, env.DB, email).left(), email)
		}
		verified, err := audit.Verify(ctx, env.DB, audit.VerifyParams{})
		require.NoError(t, err)
		require.Empty(t, verified.Breaches)
		require.Zero(t, outside(t, env.DB))
	})
}

// agrees asserts a balance as we have it, and as the original's query shows it: less
// than nothing is debt, once we have written of it, and is shown as nothing.
func agrees(t *testing.T, db *bun.DB, email string, want int64, after string) {
	t.Helper()
	row := shows(t, db, email)
	b, err := credits.Balance(t.Context(), db, credits.BalanceParams{UserUUID: row.UUID})
	require.NoError(t, err)
	require.Equal(t, want, b.Available-b.Debt, "%s after %s", email, after)
	if want >= 0 {
		require.Equal(t, want, row.left(), "%s after %s", email, after)
	} else {
		require.Contains(t, []int64{0, want}, row.left(), "%s after %s", email, after)
	}
}

// TestARunKeepsWhatWasShown is the same for a run alone, which meets every account
// first, and for a final one, which gives emails another spelling.
func TestARunKeepsWhatWasShown(t *testing.T) {
	enginetest.RunLive(t, func(t *testing.T, env *enginetest.Env) {
		irregularAccounts(t, env)
		const emails = "SELECT email FROM users ORDER BY id"
		shown := map[string]int64{}
		for _, email := range texts(t, env.DB, emails) {
			row := shows(t, env.DB, email)
			shown[row.UUID] = row.left()
		}
		require.Len(t, shown, 60+len(irregularUsers))
		for _, p := range []adopt.Params{{DryRun: true}, {Widen: true}, {Final: true}} {
			report, err := adopt.Run(t.Context(), env.DB, p)
			require.NoError(t, err)
			require.Empty(t, report.SetAside)
			for _, email := range texts(t, env.DB, emails) {
				agrees(t, env.DB, email, shown[shows(t, env.DB, email).UUID], fmt.Sprintf("%+v", p))
			}
		}
	})
}
