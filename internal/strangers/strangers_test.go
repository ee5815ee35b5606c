package strangers_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// act is a verb for one user, by its package and name, and what it ends with.
func act[R any](name string, want error, do func(ctx context.Context, db bun.IDB, user string) (R, error)) enginetest.Act {
	return enginetest.Act{Name: name, Want: want, Do: func(ctx context.Context, db bun.IDB, user string) error {
		_, err := do(ctx, db, user)
		return err
	}}
}

// of names something of a user's: neighbours' are neighbours in every index.
func of(user, what string) string { return user + "/" + what }

// email is a user's, or that of somebody else who is theirs alone.
func email(user, who string) string { return "u" + user[24:] + who + "@example.com" }

// other is a second user, the companion of one: a referrer.
func other(user string) string { return strings.Replace(user, "5a5a5a5a", "5b5b5b5b", 1) }

// third is a user who is never there.
func third(user string) string { return strings.Replace(user, "5a5a5a5a", "5c5c5c5c", 1) }

// TestStrangersDoNotWait: open transactions of callers about users who are
// neighbours, with every verb of the domains.
func TestStrangersDoNotWait(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		allActs().NoWaits(t, env)
	})
}

// TestVerbsBehindSnapshots: what others have changed since the caller's first
// read is no reason to end the caller's transaction.
func TestVerbsBehindSnapshots(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		if !dialect.Of(env.DB).LocksRows() {
			return // a transaction that writes is alone
		}
		allActs().BehindSnapshots(t, env)
	})
}

func allActs() enginetest.Strangers {
	deletions := []enginetest.Act{
		act("chameleon.DeleteUser", nil, func(ctx context.Context, db bun.IDB, u string) (any, error) {
			return chameleon.DeleteUser(ctx, db, chameleon.DeleteUserParams{UserUUID: u})
		}),
	}
	return enginetest.Strangers{
		Found: found,
		Existing: slices.Concat(
			orderActs(), commissionActs(), generationActs(), keyActs(), contentActs(), providerActs(), userActs(), deletions,
		),
		Fresh: slices.Concat(freshUserActs(), freshActs()),
	}
}

// found makes a user with something in every domain, and their referrer.
func found(ctx context.Context, t testing.TB, db *bun.DB, user string) {
	t.Helper()
	_, err := uuid.Parse(user)
	require.NoError(t, err)
	for _, begin := range []func(ctx context.Context, db bun.IDB, user string) error{
		foundUser, foundOrders, foundCommissions, foundGenerations, foundKeys, foundContent, foundProvider,
	} {
		require.NoError(t, begin(ctx, db, user))
	}
}
