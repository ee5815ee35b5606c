package users_test

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/users"
)

var signedUp = time.Date(2026, 1, 31, 12, 0, 0, 123_456_000, time.UTC)

func count(t *testing.T, db bun.IDB, model any) int {
	t.Helper()
	n, err := db.NewSelect().Model(model).Count(context.Background())
	require.NoError(t, err)
	return int(n)
}

func requireNothing(t *testing.T, db bun.IDB) {
	t.Helper()
	require.Zero(t, count(t, db, (*users.User)(nil)), "a user was written")
	require.Zero(t, count(t, db, (*credits.Entry)(nil)), "an entry was written")
	require.Zero(t, count(t, db, (*credits.Account)(nil)), "an account was written")
}

func TestCreate(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		made, err := users.Create(ctx, env.DB, users.CreateParams{
			Email: "  Ada.Lövelace@Example.COM ", Nickname: "名前 🦎", AvatarURL: "https://cdn.example.com/a.png",
			At: signedUp,
		})
		require.NoError(t, err)
		u := made.User
		assert.Equal(t, "ada.lövelace@example.com", u.Email)
		assert.Regexp(t, `^[A-Za-z0-9]{6,8}$`, u.InviteCode)
		assert.Empty(t, u.InvitedBy)
		assert.Equal(t, signedUp, u.CreatedAt)
		assert.Equal(t, int64(100), made.Welcome.Amount)
		assert.Equal(t, credits.TypeNewUser, made.Welcome.Type)
		assert.Equal(t, int64(100), made.Welcome.Available)

		stored, err := users.Get(ctx, env.DB, users.GetParams{UserUUID: u.UUID})
		require.NoError(t, err)
		assert.Equal(t, "名前 🦎", stored.Nickname)
		assert.True(t, signedUp.Equal(stored.CreatedAt), "microseconds are kept: %v", stored.CreatedAt)
		assert.Equal(t, u.InviteCode, stored.InviteCode)

		before := signedUp.AddDate(1, 0, 0).Add(-time.Microsecond)
		for at, want := range map[time.Time]int64{before: 100, signedUp.AddDate(1, 0, 0): 0} {
			with, err := users.GetWithCredits(ctx, env.DB, users.GetWithCreditsParams{Email: "ADA.LöVELACE@example.com", At: at})
			require.NoError(t, err)
			assert.Equal(t, u.UUID, with.User.UUID)
			assert.Equal(t, want, with.Balance.Available, "at %v", at)
		}
	})
}

func TestCreateRefuses(t *testing.T) {
	cases := map[string]struct {
		field string
		p     users.CreateParams
	}{
		"no email":            {"Email", users.CreateParams{}},
		"no address":          {"Email", users.CreateParams{Email: "ada"}},
		"a list":              {"Email", users.CreateParams{Email: "a@b.c, d@e.f"}},
		"NUL in email":        {"Email", users.CreateParams{Email: "a\x00@b.c"}},
		"long email":          {"Email", users.CreateParams{Email: strings.Repeat("a", 250) + "@b.com"}},
		"long nickname":       {"Nickname", users.CreateParams{Email: "a@b.c", Nickname: strings.Repeat("名", 256)}},
		"broken nickname":     {"Nickname", users.CreateParams{Email: "a@b.c", Nickname: "\xff"}},
		"long avatar":         {"AvatarURL", users.CreateParams{Email: "a@b.c", AvatarURL: strings.Repeat("a", 256)}},
		"blank invite code":   {"InviteCode", users.CreateParams{Email: "a@b.c", InviteCode: " "}},
		"NUL in invite code":  {"InviteCode", users.CreateParams{Email: "a@b.c", InviteCode: "abc\x00def"}},
		"negative welcome":    {"WelcomeCredits", users.CreateParams{Email: "a@b.c", WelcomeCredits: -1}},
		"welcome beyond 2^53": {"WelcomeCredits", users.CreateParams{Email: "a@b.c", WelcomeCredits: 1<<53 + 1}},
		"time before 1970":    {"At", users.CreateParams{Email: "a@b.c", At: time.Unix(-1, 0)}},
	}
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		for name, c := range cases {
			_, err := users.Create(context.Background(), env.DB, c.p)
			var invalid *users.InvalidError
			require.ErrorAs(t, err, &invalid, name)
			assert.Equal(t, c.field, invalid.Field, name)
		}
		_, err := users.Create(context.Background(), env.DB, users.CreateParams{Email: "a@b.c", InviteCode: "nobody1"})
		var unknown *users.NotFoundError
		require.ErrorAs(t, err, &unknown)
		assert.Equal(t, "InviteCode", unknown.Field)
		requireNothing(t, env.DB)
	})
}

func TestCreateFailsWithTheEngine(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		canceled, cancel := context.WithCancel(context.Background())
		cancel()
		_, err := users.Create(canceled, env.DB, users.CreateParams{Email: "a@b.c"})
		require.ErrorIs(t, err, dialect.ErrCanceled)
		require.ErrorIs(t, err, context.Canceled)
		requireNothing(t, env.DB)

		other := env.Open(t)
		require.NoError(t, other.Close())
		_, err = users.Create(context.Background(), other, users.CreateParams{Email: "a@b.c"})
		require.ErrorIs(t, err, dialect.ErrClosed)
		_, err = users.Get(context.Background(), other, users.GetParams{Email: "a@b.c"})
		require.ErrorIs(t, err, dialect.ErrClosed)
		requireNothing(t, env.DB)
	})
}

func TestCreateTakesAnEmailOnce(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		_, err := users.Create(ctx, env.DB, users.CreateParams{Email: "ada@example.com"})
		require.NoError(t, err)

		// A caller's transaction goes on after the refusal, and commits.
		err = env.DB.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
			_, err := users.Create(ctx, tx, users.CreateParams{Email: "ADA@example.com"})
			var taken *users.EmailTakenError
			require.ErrorAs(t, err, &taken)
			require.ErrorIs(t, err, users.ErrEmailTaken)
			require.Equal(t, "ada@example.com", taken.Email)
			_, err = users.Create(ctx, tx, users.CreateParams{Email: "grace@example.com"})
			return err
		})
		require.NoError(t, err)
		require.Equal(t, 2, count(t, env.DB, (*users.User)(nil)))
		require.Equal(t, 2, count(t, env.DB, (*credits.Entry)(nil)))
	})
}

func TestCreateInATransactionThatIsRolledBack(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		changedMind := errors.New("cancelled by the caller")
		err := env.DB.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
			_, err := users.Create(ctx, tx, users.CreateParams{Email: "ada@example.com"})
			require.NoError(t, err)
			return changedMind
		})
		require.ErrorIs(t, err, changedMind)
		requireNothing(t, env.DB)
		_, err = users.Create(ctx, env.DB, users.CreateParams{Email: "ada@example.com"})
		require.NoError(t, err, "the email is free again")
	})
}

func TestCreateConcurrentlyWithOneEmail(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		const callers = 50
		errs := make([]error, callers)
		var all sync.WaitGroup
		for i := range callers {
			all.Go(func() {
				_, errs[i] = users.Create(context.Background(), env.DB, users.CreateParams{Email: "ada@example.com"})
			})
		}
		all.Wait()
		won := 0
		for _, err := range errs {
			if err == nil {
				won++
				continue
			}
			assert.ErrorIs(t, err, users.ErrEmailTaken)
		}
		assert.Equal(t, 1, won)
		assert.Equal(t, 1, count(t, env.DB, (*users.User)(nil)))
		assert.Equal(t, 1, count(t, env.DB, (*credits.Account)(nil)))
		assert.Equal(t, 1, count(t, env.DB, (*credits.Entry)(nil)))
	})
}

// TestCreateAgainstAnOldSnapshot is a caller whose transaction cannot see the
// user that has the email.
func TestCreateAgainstAnOldSnapshot(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		capabilities := dialect.Of(env.DB)
		if !capabilities.LocksRows() {
			// One writer at a time: no other can commit under a transaction.
			require.Equal(t, dialect.SQLite, capabilities.Engine)
			return
		}
		tx, err := env.DB.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead})
		require.NoError(t, err)
		defer func() { _ = tx.Rollback() }()
		require.Zero(t, count(t, tx, (*users.User)(nil)), "the snapshot is taken")

		_, err = users.Create(ctx, env.DB, users.CreateParams{Email: "ada@example.com"})
		require.NoError(t, err)
		_, err = users.Create(ctx, tx, users.CreateParams{Email: "ada@example.com"})
		if capabilities.Engine == dialect.PostgreSQL {
			require.ErrorIs(t, err, dialect.ErrTransient)
		} else {
			require.ErrorIs(t, err, users.ErrEmailTaken)
			_, err = users.Create(ctx, tx, users.CreateParams{Email: "grace@example.com"})
			require.NoError(t, err)
			require.NoError(t, tx.Commit())
		}
	})
}

func codes(list ...string) func() string {
	var next int
	return func() string {
		code := list[min(next, len(list)-1)]
		next++
		return code
	}
}

func TestCreateRetriesATakenInviteCode(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		create := func(db bun.IDB, email string, source func() string) (*users.CreateResult, error) {
			return users.CreateWithCodes(ctx, db, users.CreateParams{Email: email}, source)
		}
		first, err := create(env.DB, "a@example.com", codes("a7Bx9Q"))
		require.NoError(t, err)
		require.Equal(t, "a7Bx9Q", first.User.InviteCode)

		// The case of a letter makes another code.
		second, err := create(env.DB, "b@example.com", codes("a7Bx9Q", "A7Bx9Q"))
		require.NoError(t, err)
		require.Equal(t, "A7Bx9Q", second.User.InviteCode)

		err = env.DB.RunInTx(ctx, nil, func(_ context.Context, tx bun.Tx) error {
			_, err := create(tx, "c@example.com", codes("a7Bx9Q"))
			require.ErrorIs(t, err, users.ErrNoInviteCode)
			third, err := create(tx, "c@example.com", codes("a7Bx9Q", "A7Bx9Q", "Km3pL8zR"))
			require.NoError(t, err)
			require.Equal(t, "Km3pL8zR", third.User.InviteCode)
			return nil
		})
		require.NoError(t, err)
		require.Equal(t, 3, count(t, env.DB, (*users.User)(nil)))
		require.Equal(t, 3, count(t, env.DB, (*credits.Entry)(nil)))
	})
}

func TestCreateWithAReferrer(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		referrer, err := users.CreateWithCodes(ctx, env.DB, users.CreateParams{Email: "a@example.com"}, codes("a7Bx9Q"))
		require.NoError(t, err)
		invited, err := users.Create(ctx, env.DB, users.CreateParams{Email: "b@example.com", InviteCode: "a7Bx9Q"})
		require.NoError(t, err)
		require.Equal(t, referrer.User.UUID, invited.User.InvitedBy)

		for _, code := range []string{"A7Bx9Q", "a7bx9q", "a7Bx9"} {
			_, err = users.Create(ctx, env.DB, users.CreateParams{Email: "c@example.com", InviteCode: code})
			require.ErrorIs(t, err, users.ErrNotFound, code)
		}
		require.Equal(t, 2, count(t, env.DB, (*users.User)(nil)))
	})
}
