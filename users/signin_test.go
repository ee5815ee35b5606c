package users_test

import (
	"context"
	"errors"
	"fmt"
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

func google(subject, email string) users.Profile {
	return users.Profile{Provider: users.ProviderGoogle, Subject: subject, Email: email, EmailVerified: email != ""}
}

func github(subject, email string) users.Profile {
	return users.Profile{Provider: users.ProviderGitHub, Subject: subject, Email: email, EmailVerified: email != ""}
}

func unverified(p users.Profile) users.Profile {
	p.EmailVerified = false
	return p
}

func signIn(t *testing.T, db bun.IDB, p users.Profile) *users.SignInResult {
	t.Helper()
	in, err := users.SignIn(context.Background(), db, users.SignInParams{Profile: p, At: signedUp})
	require.NoError(t, err)
	return in
}

func identities(t *testing.T, db bun.IDB, user string) []users.Identity {
	t.Helper()
	list, err := users.ListIdentities(context.Background(), db, users.ListIdentitiesParams{UserUUID: user})
	require.NoError(t, err)
	return list.Items
}

func TestSignIn(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		profile := google("g-1", " Ada@Example.com")
		profile.Name, profile.AvatarURL = "名前 🦎", "https://cdn.example.com/a.png"
		first := signIn(t, env.DB, profile)
		assert.Equal(t, users.Created, first.Outcome)
		assert.Equal(t, "ada@example.com", first.User.Email)
		assert.Equal(t, "名前 🦎", first.User.Nickname)
		assert.Equal(t, profile.AvatarURL, first.User.AvatarURL)
		assert.Regexp(t, `^[A-Za-z0-9]{6,8}$`, first.User.InviteCode)
		assert.False(t, first.User.EmailUnverified)
		assert.Equal(t, int64(100), first.Welcome.Available)

		// Whatever the provider says next time, the identity is who it is; the
		// user's own fields are the user's business.
		changed := google("g-1", "ada@new.example")
		changed.Name = "Ada"
		later := signedUp.Add(time.Hour)
		again, err := users.SignIn(ctx, env.DB, users.SignInParams{Profile: changed, At: later, InviteCode: "nobody1"})
		require.NoError(t, err)
		assert.Equal(t, users.SignedIn, again.Outcome)
		assert.Equal(t, first.User.UUID, again.User.UUID)
		assert.Equal(t, "ada@example.com", again.User.Email)
		assert.Equal(t, "名前 🦎", again.User.Nickname)
		assert.Equal(t, "ada@new.example", again.Identity.Email)
		assert.Nil(t, again.Welcome)

		// Neither does it need an email any more, and the last one is kept.
		none := signIn(t, env.DB, google("g-1", ""))
		assert.Equal(t, users.SignedIn, none.Outcome)
		stored := identities(t, env.DB, first.User.UUID)
		require.Len(t, stored, 1)
		assert.Equal(t, "ada@new.example", stored[0].Email)
		assert.True(t, stored[0].EmailVerified)

		// The other provider vouches for the same address.
		linked := signIn(t, env.DB, github("77", "ADA@example.com"))
		assert.Equal(t, users.Linked, linked.Outcome)
		assert.Equal(t, first.User.UUID, linked.User.UUID)
		assert.Nil(t, linked.Welcome)
		assert.Equal(t, users.SignedIn, signIn(t, env.DB, github("77", "ada@example.com")).Outcome)

		assert.Len(t, identities(t, env.DB, first.User.UUID), 2)
		assert.Equal(t, 1, count(t, env.DB, (*users.User)(nil)))
		assert.Equal(t, 1, count(t, env.DB, (*credits.Entry)(nil)))
	})
}

// TestSignInTellsSubjectsApart byte by byte, as providers do.
func TestSignInTellsSubjectsApart(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		seen := map[string]bool{}
		for i, p := range []users.Profile{
			google("abc", "a@example.com"), google("ABC", "b@example.com"), google("ábc", "c@example.com"),
			github("abc", "d@example.com"),
		} {
			in := signIn(t, env.DB, p)
			require.Equal(t, users.Created, in.Outcome, "%d", i)
			seen[in.User.UUID] = true
		}
		require.Len(t, seen, 4)
	})
}

func TestSignInNeverJoinsByAnUnverifiedEmail(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		victim := signIn(t, env.DB, google("g-1", "ada@example.com")).User
		err := env.DB.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
			_, err := users.SignIn(ctx, tx, users.SignInParams{Profile: unverified(github("66", "Ada@Example.com"))})
			var conflict *users.EmailConflictError
			require.ErrorAs(t, err, &conflict)
			require.Equal(t, users.EmailConflictError{Provider: users.ProviderGitHub, Email: "ada@example.com"}, *conflict)
			require.ErrorIs(t, err, users.ErrEmailConflict)
			require.ErrorIs(t, err, users.ErrEmailTaken)
			require.NotContains(t, err.Error(), victim.UUID)
			_, err = users.Create(ctx, tx, users.CreateParams{Email: "grace@example.com"})
			return err
		})
		require.NoError(t, err, "the caller's transaction goes on")
		require.Len(t, identities(t, env.DB, victim.UUID), 1)
		require.Equal(t, 1, count(t, env.DB, (*users.Identity)(nil)), "no identity is left behind")
		require.Equal(t, 2, count(t, env.DB, (*users.User)(nil)))
	})
}

// TestSignInJoinsAUserOfCreate and one of the TypeScript application, which
// stored addresses as the provider wrote them.
func TestSignInJoinsAUserOfOtherOrigin(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		made, err := users.Create(ctx, env.DB, users.CreateParams{Email: "ada@example.com"})
		require.NoError(t, err)
		in := signIn(t, env.DB, github("77", "ada@example.com"))
		require.Equal(t, users.Linked, in.Outcome)
		require.Equal(t, made.User.UUID, in.User.UUID)

		_, err = env.DB.ExecContext(ctx, "INSERT INTO users (uuid, email, invite_code) VALUES ('legacy-1', ?, 'Code01')",
			"User0.Ünïcode+tag@Example.COM")
		require.NoError(t, err)
		in = signIn(t, env.DB, google("g-9", "User0.Ünïcode+tag@Example.COM"))
		require.Equal(t, users.Linked, in.Outcome)
		require.Equal(t, "legacy-1", in.User.UUID)
		found, err := users.Get(ctx, env.DB, users.GetParams{Email: "User0.Ünïcode+tag@Example.COM "})
		require.NoError(t, err)
		require.Equal(t, "legacy-1", found.UUID)
		_, err = users.Create(ctx, env.DB, users.CreateParams{Email: "User0.Ünïcode+tag@Example.COM"})
		require.ErrorIs(t, err, users.ErrEmailTaken)
		_, err = users.Update(ctx, env.DB, users.UpdateParams{
			UserUUID: made.User.UUID, Email: new("User0.Ünïcode+tag@Example.COM"),
		})
		require.ErrorIs(t, err, users.ErrEmailTaken)
	})
}

func TestSignInRefuses(t *testing.T) {
	at := func(p users.Profile, change func(*users.SignInParams)) users.SignInParams {
		params := users.SignInParams{Profile: p}
		if change != nil {
			change(&params)
		}
		return params
	}
	fine := google("g-1", "ada@example.com")
	cases := map[string]users.SignInParams{
		"Provider":       at(users.Profile{Provider: "Face book", Subject: "1", Email: "a@b.c"}, nil),
		"Subject":        at(google(" ", "ada@example.com"), nil),
		"Email":          at(google("g-1", "ada"), nil),
		"InviteCode":     at(fine, func(p *users.SignInParams) { p.InviteCode = " x" }),
		"WelcomeCredits": at(fine, func(p *users.SignInParams) { p.WelcomeCredits = -1 }),
		"At":             at(fine, func(p *users.SignInParams) { p.At = time.Unix(-1, 0) }),
	}
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		for field, p := range cases {
			_, err := users.SignIn(ctx, env.DB, p)
			var invalid *users.InvalidError
			require.ErrorAs(t, err, &invalid, field)
			require.Equal(t, field, invalid.Field)
		}
		for _, subject := range []string{"", strings.Repeat("x", 256), "a\x00b"} {
			_, err := users.SignIn(ctx, env.DB, users.SignInParams{Profile: google(subject, "ada@example.com")})
			require.ErrorIs(t, err, users.ErrInvalid)
		}
		_, err := users.SignIn(ctx, env.DB, users.SignInParams{Profile: google("g-1", "deleted-x@Users.Invalid")})
		require.ErrorIs(t, err, users.ErrInvalid, "the addresses of deleted users are not to be had")
		_, err = users.SignIn(ctx, env.DB, users.SignInParams{Profile: google("g-1", "")})
		require.ErrorIs(t, err, users.ErrNoEmail)
		_, err = users.SignIn(ctx, env.DB, users.SignInParams{Profile: fine, InviteCode: "nobody1"})
		require.ErrorIs(t, err, users.ErrNotFound)
		require.Zero(t, count(t, env.DB, (*users.Identity)(nil)))
		requireNothing(t, env.DB)
	})
}

// TestSignInTakesWhatProvidersSay: a name or picture that cannot be stored is
// no reason to turn a person away.
func TestSignInTakesWhatProvidersSay(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		p := google("g-1", "ada@example.com")
		p.Name, p.AvatarURL = "a\x00\xffb"+strings.Repeat("名", 300), "https://cdn.example.com/"+strings.Repeat("a", 255)
		u := signIn(t, env.DB, p).User
		require.Equal(t, "ab"+strings.Repeat("名", 253), u.Nickname)
		require.Empty(t, u.AvatarURL)
		stored, err := users.Get(context.Background(), env.DB, users.GetParams{UserUUID: u.UUID})
		require.NoError(t, err)
		require.Equal(t, u.Nickname, stored.Nickname)
	})
}

func TestSignInWithAnInviteCode(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		referrer := signIn(t, env.DB, google("g-1", "ada@example.com")).User
		invited, err := users.SignIn(ctx, env.DB, users.SignInParams{
			Profile: google("g-2", "grace@example.com"), InviteCode: referrer.InviteCode, WelcomeCredits: 7,
		})
		require.NoError(t, err)
		require.Equal(t, referrer.UUID, invited.User.InvitedBy)
		require.Equal(t, int64(7), invited.Welcome.Available)

		// It counts at creation only: not for a known identity, not for a new
		// one of a known user.
		for _, p := range []users.Profile{google("g-1", "ada@example.com"), github("1", "ada@example.com")} {
			in, err := users.SignIn(ctx, env.DB, users.SignInParams{Profile: p, InviteCode: invited.User.InviteCode})
			require.NoError(t, err)
			require.Equal(t, referrer.UUID, in.User.UUID)
			require.Empty(t, in.User.InvitedBy)
		}
	})
}

// together runs n sign-ins at once and returns what each did.
func together(t *testing.T, n int, signIn func(i int) (*users.SignInResult, error)) map[users.SignInOutcome]int {
	t.Helper()
	var all sync.WaitGroup
	results, errs := make([]*users.SignInResult, n), make([]error, n)
	start := make(chan struct{})
	for i := range n {
		all.Go(func() {
			<-start
			results[i], errs[i] = signIn(i)
		})
	}
	close(start)
	all.Wait()
	outcomes, who := map[users.SignInOutcome]int{}, map[string]bool{}
	for i := range n {
		require.NoError(t, errs[i])
		outcomes[results[i].Outcome]++
		who[results[i].User.UUID] = true
	}
	require.Len(t, who, 1, "they are one user")
	return outcomes
}

func requireOneUser(t *testing.T, db bun.IDB) {
	t.Helper()
	require.Equal(t, 1, count(t, db, (*users.User)(nil)))
	require.Equal(t, 1, count(t, db, (*credits.Account)(nil)))
	require.Equal(t, 1, count(t, db, (*credits.Entry)(nil)), "one welcome grant")
}

func TestFirstSignInsAtOnce(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		outcomes := together(t, 50, func(int) (*users.SignInResult, error) {
			return users.SignIn(context.Background(), env.DB, users.SignInParams{Profile: google("g-1", "ada@example.com")})
		})
		require.Equal(t, map[users.SignInOutcome]int{users.Created: 1, users.SignedIn: 49}, outcomes)
		require.Equal(t, 1, count(t, env.DB, (*users.Identity)(nil)))
		requireOneUser(t, env.DB)
	})
}

func TestFirstSignInsOfSeveralProvidersAtOnce(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		outcomes := together(t, 24, func(i int) (*users.SignInResult, error) {
			profile := google("g-1", "ada@example.com")
			if i%2 == 1 {
				profile = github("77", "Ada@example.com")
			}
			return users.SignIn(context.Background(), env.DB, users.SignInParams{Profile: profile})
		})
		require.Equal(t, map[users.SignInOutcome]int{users.Created: 1, users.Linked: 1, users.SignedIn: 22}, outcomes)
		require.Equal(t, 2, count(t, env.DB, (*users.Identity)(nil)))
		requireOneUser(t, env.DB)
	})
}

// TestOneIdentityWithSeveralEmailsAtOnce: whichever is first decides the email,
// and no user of the others' is left behind.
func TestOneIdentityWithSeveralEmailsAtOnce(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		outcomes := together(t, 10, func(i int) (*users.SignInResult, error) {
			email := fmt.Sprintf("ada%d@example.com", i)
			return users.SignIn(context.Background(), env.DB, users.SignInParams{Profile: google("g-1", email)})
		})
		require.Equal(t, 1, outcomes[users.Created])
		requireOneUser(t, env.DB)
	})
}

// retrying is a caller's own transaction, at the engine's default isolation
// level, which a caller runs again as its verbs' documentation says.
func retrying(db *bun.DB, fn func(ctx context.Context, tx bun.Tx) error) error {
	for {
		err := db.RunInTx(context.Background(), nil, fn)
		if !errors.Is(err, dialect.ErrTransient) {
			return err
		}
	}
}

// TestFirstSignInsAtOnceInCallersTransactions: each goes on after its sign-in,
// and commits.
func TestFirstSignInsAtOnceInCallersTransactions(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		outcomes := together(t, 12, func(i int) (in *users.SignInResult, err error) {
			profile := google("g-1", "ada@example.com")
			if i%3 == 0 {
				profile = github("77", "ada@example.com")
			}
			err = retrying(env.DB, func(ctx context.Context, tx bun.Tx) error {
				if in, err = users.SignIn(ctx, tx, users.SignInParams{Profile: profile}); err != nil {
					return err
				}
				_, err = users.Update(ctx, tx, users.UpdateParams{UserUUID: in.User.UUID, Nickname: new("seen")})
				return err
			})
			return in, err
		})
		require.Equal(t, map[users.SignInOutcome]int{users.Created: 1, users.Linked: 1, users.SignedIn: 10}, outcomes)
		requireOneUser(t, env.DB)
	})
}

func TestSignInInATransactionThatIsRolledBack(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		changedMind := errors.New("cancelled by the caller")
		err := env.DB.RunInTx(context.Background(), nil, func(ctx context.Context, tx bun.Tx) error {
			_, err := users.SignIn(ctx, tx, users.SignInParams{Profile: google("g-1", "ada@example.com")})
			require.NoError(t, err)
			return changedMind
		})
		require.ErrorIs(t, err, changedMind)
		require.Zero(t, count(t, env.DB, (*users.Identity)(nil)))
		requireNothing(t, env.DB)
	})
}

// TestSignInAfterAnotherProgramDeleted finds an identity whose user is gone.
func TestSignInAfterAnotherProgramDeleted(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		old := signIn(t, env.DB, google("g-1", "ada@example.com")).User
		_, err := env.DB.NewDelete().Model((*users.User)(nil)).Where("uuid = ?", old.UUID).Exec(ctx)
		require.NoError(t, err)
		in := signIn(t, env.DB, google("g-1", "ada@example.com"))
		require.Equal(t, users.Created, in.Outcome)
		require.NotEqual(t, old.UUID, in.User.UUID)
		require.Len(t, identities(t, env.DB, in.User.UUID), 1)
		require.Empty(t, identities(t, env.DB, old.UUID))
	})
}
