package chameleon_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/affiliates"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/users"
)

var userRules = []rule{
	{name: "uuid_generated", holds: func(t *testing.T, env *enginetest.Env) {
		a, b := member(t, env.DB), member(t, env.DB)
		require.NoError(t, uuid.Validate(a.UUID))
		assert.NotEqual(t, a.UUID, b.UUID)
		_, err := env.DB.NewInsert().Model(&users.User{UUID: a.UUID, Email: "other@example.com", InviteCode: "other1"}).Exec(t.Context())
		require.ErrorIs(t, dialect.Classify(err), dialect.ErrUnique)
	}},
	{name: "email_unique_ignoring_case_stored_lower", holds: func(t *testing.T, env *enginetest.Env) {
		u := signUp(t, env.DB, users.CreateParams{Email: "  Ada.Lovelace@Example.COM "})
		assert.Equal(t, "ada.lovelace@example.com", u.Email)
		_, err := users.Create(t.Context(), env.DB, users.CreateParams{Email: "ADA.lovelace@example.com"})
		require.ErrorIs(t, err, users.ErrEmailTaken)
		found := ok(users.Get(t.Context(), env.DB, users.GetParams{Email: "ada.LOVELACE@example.com"}))(t)
		assert.Equal(t, u.UUID, found.UUID)
	}},
	{name: "invite_code_6_to_8_letters_and_digits", holds: func(t *testing.T, env *enginetest.Env) {
		lengths, all := map[int]bool{}, ""
		undone(t, env.DB, func(tx bun.Tx) {
			for range 60 { // one length of three is missing once in 10^10 runs
				code := member(t, tx).InviteCode
				require.Regexp(t, `^[0-9A-Za-z]{6,8}$`, code)
				lengths[len(code)] = true
				all += code
			}
		})
		assert.Equal(t, map[int]bool{6: true, 7: true, 8: true}, lengths)
		for _, class := range []string{"[0-9]", "[A-Z]", "[a-z]"} {
			assert.Regexp(t, class, all)
		}
	}},
	{name: "invite_code_case_sensitive", holds: func(t *testing.T, env *enginetest.Env) {
		for _, code := range []string{"a7Bx9Q", "A7bX9q", "a7bx9q"} {
			row := &users.User{UUID: "code-" + code, Email: code + strings.ToLower(uuid.NewString()) + "@example.com", InviteCode: code}
			ok(env.DB.NewInsert().Model(row).Exec(t.Context()))(t)
		}
		for _, code := range []string{"a7Bx9Q", "A7bX9q", "a7bx9q"} {
			assert.Equal(t, "code-"+code, ok(users.Get(t.Context(), env.DB, users.GetParams{InviteCode: code}))(t).UUID)
		}
		_, err := users.Get(t.Context(), env.DB, users.GetParams{InviteCode: "A7BX9Q"})
		require.ErrorIs(t, err, users.ErrNotFound)
	}},
	{name: "invite_code_unique_by_the_database", holds: func(t *testing.T, env *enginetest.Env) {
		row := &users.User{UUID: "rival", Email: "rival@example.com", InviteCode: member(t, env.DB).InviteCode}
		_, err := env.DB.NewInsert().Model(row).Exec(t.Context())
		require.ErrorIs(t, dialect.Classify(err), dialect.ErrUnique)
	}},
	{name: "invite_code_collision_retried", holds: func(t *testing.T, env *enginetest.Env) {
		rival := new(thief)
		undone(t, env.DB.WithQueryHook(rival), func(tx bun.Tx) {
			rival.tx = tx
			u := signUp(t, tx, users.CreateParams{Email: "robbed@example.com"})
			require.NotEmpty(t, rival.code, "the code was taken just before it was stored")
			assert.NotEqual(t, rival.code, u.InviteCode)
			assert.Equal(t, int64(100), balance(t, tx, u.UUID, lastDay).Available)
		})
	}},
	{name: "invite_code_cannot_be_changed", holds: func(t *testing.T, env *enginetest.Env) {
		u := member(t, env.DB)
		after := ok(users.Update(t.Context(), env.DB, users.UpdateParams{
			UserUUID: u.UUID, Nickname: new("Ada"), AvatarURL: new("https://example.com/a.png"), IsAffiliate: new(true),
			Email: new("changed@example.com"),
		}))(t).User
		assert.Equal(t, u.InviteCode, after.InviteCode)
		assert.Equal(t, "Ada", after.Nickname)
	}},
	{name: "invite_link", holds: func(t *testing.T, env *enginetest.Env) {
		u := member(t, env.DB)
		s := ok(affiliates.GetSummary(t.Context(), env.DB, affiliates.GetSummaryParams{UserUUID: u.UUID, BaseURL: "https://example.com"}))(t)
		assert.Equal(t, "https://example.com/i/"+u.InviteCode, s.Link)
	}},
	{name: "sign_up_with_code_sets_invited_by", holds: func(t *testing.T, env *enginetest.Env) {
		u := member(t, env.DB)
		friend := signUp(t, env.DB, users.CreateParams{InviteCode: u.InviteCode})
		assert.Equal(t, u.UUID, friend.InvitedBy)
		_, err := users.Create(t.Context(), env.DB, users.CreateParams{Email: "lost@example.com", InviteCode: "nobody0"})
		require.ErrorIs(t, err, users.ErrNotFound)
	}},
	{name: "no_self_referral_no_loops_set_once", holds: func(t *testing.T, env *enginetest.Env) {
		a := member(t, env.DB)
		b := signUp(t, env.DB, users.CreateParams{InviteCode: a.InviteCode})
		c := signUp(t, env.DB, users.CreateParams{InviteCode: b.InviteCode})
		refer := func(user, by *users.User) error {
			_, err := users.SetReferrer(t.Context(), env.DB, users.SetReferrerParams{UserUUID: user.UUID, InviteCode: by.InviteCode})
			return err
		}
		require.ErrorIs(t, refer(a, a), users.ErrSelfReferral)
		require.ErrorIs(t, refer(a, b), users.ErrReferralLoop)
		require.ErrorIs(t, refer(a, c), users.ErrReferralLoop)
		require.ErrorIs(t, refer(c, a), users.ErrReferrerSet)
		require.NoError(t, refer(a, member(t, env.DB)))
	}},
	{name: "oauth_google_and_github_find_or_create", holds: func(t *testing.T, env *enginetest.Env) {
		for _, provider := range []users.Provider{users.ProviderGoogle, users.ProviderGitHub} {
			p := profile(provider, "first-"+string(provider)+"@example.com", true)
			created := signIn(t, env.DB, p)
			assert.Equal(t, users.Created, created.Outcome)
			again := signIn(t, env.DB, p)
			assert.Equal(t, users.SignedIn, again.Outcome)
			assert.Equal(t, created.User.UUID, again.User.UUID)
		}
	}},
	{name: "oauth_two_first_sign_ins_make_one_user", holds: func(t *testing.T, env *enginetest.Env) {
		var all sync.WaitGroup
		outcomes := make(chan users.SignInOutcome, 6)
		for i := range cap(outcomes) {
			provider := []users.Provider{users.ProviderGoogle, users.ProviderGitHub}[i%2]
			all.Go(func() {
				r, err := users.SignIn(t.Context(), env.DB, users.SignInParams{Profile: profile(provider, "twice@example.com", true)})
				if assert.NoError(t, err) {
					outcomes <- r.Outcome
				}
			})
		}
		all.Wait()
		close(outcomes)
		count := map[users.SignInOutcome]int{}
		for o := range outcomes {
			count[o]++
		}
		assert.Equal(t, map[users.SignInOutcome]int{users.Created: 1, users.Linked: 1, users.SignedIn: 4}, count)
	}},
	{name: "oauth_verified_email_joins", holds: func(t *testing.T, env *enginetest.Env) {
		first := signIn(t, env.DB, profile(users.ProviderGoogle, "joins@example.com", true))
		second := signIn(t, env.DB, profile(users.ProviderGitHub, "Joins@example.com", true))
		assert.Equal(t, users.Linked, second.Outcome)
		assert.Equal(t, first.User.UUID, second.User.UUID)
	}},
	{name: "oauth_unverified_email_does_not_join", holds: func(t *testing.T, env *enginetest.Env) {
		signIn(t, env.DB, profile(users.ProviderGoogle, "stranger@example.com", true))
		_, err := users.SignIn(t.Context(), env.DB, users.SignInParams{Profile: profile(users.ProviderGitHub, "stranger@example.com", false)})
		require.ErrorIs(t, err, users.ErrEmailConflict)
	}},
	{name: "new_user_gets_100_credits_for_a_year", holds: func(t *testing.T, env *enginetest.Env) {
		r := ok(users.Create(t.Context(), env.DB, users.CreateParams{Email: "welcome@example.com", At: lastDay}))(t)
		assert.Equal(t, credits.TypeNewUser, r.Welcome.Type)
		year := lastDay.AddDate(1, 0, 0)
		assert.Equal(t, int64(100), balance(t, env.DB, r.User.UUID, year.Add(-time.Microsecond)).Available)
		assert.Equal(t, int64(0), balance(t, env.DB, r.User.UUID, year).Available)
	}},
	{name: "credits_come_in_the_users_transaction", holds: func(t *testing.T, env *enginetest.Env) {
		var u *users.User
		undone(t, env.DB, func(tx bun.Tx) {
			u = member(t, tx)
			assert.Equal(t, int64(100), balance(t, tx, u.UUID, lastDay).Available)
		})
		_, err := users.Get(t.Context(), env.DB, users.GetParams{UserUUID: u.UUID})
		require.ErrorIs(t, err, users.ErrNotFound)
		assert.Zero(t, balance(t, env.DB, u.UUID, lastDay).Total)
	}},
	{name: "admin_lists_newest_first", holds: func(t *testing.T, env *enginetest.Env) {
		at := time.Date(2041, 5, 1, 0, 0, 0, 0, time.UTC)
		old := signUp(t, env.DB, users.CreateParams{At: at})
		late := signUp(t, env.DB, users.CreateParams{At: at.Add(time.Hour)})
		page := ok(users.List(t.Context(), env.DB, users.ListParams{Limit: 1}))(t)
		assert.Equal(t, late.UUID, page.Items[0].UUID)
		page = ok(users.List(t.Context(), env.DB, users.ListParams{Limit: 1, Cursor: page.Next}))(t)
		assert.Equal(t, old.UUID, page.Items[0].UUID)
	}},
	{name: "admin_searches_email_nickname_and_uuid", holds: func(t *testing.T, env *enginetest.Env) {
		u := signUp(t, env.DB, users.CreateParams{Email: "needle@example.com", Nickname: "Mašínka"})
		for _, query := range []string{"NEEDLE@", "mašÍnka", u.UUID[4:]} {
			page := ok(users.Search(t.Context(), env.DB, users.SearchParams{Query: query}))(t)
			require.Len(t, page.Items, 1, query)
			assert.Equal(t, u.UUID, page.Items[0].UUID)
		}
	}},
	{name: "admin_counts", holds: func(t *testing.T, env *enginetest.Env) {
		before := ok(users.Count(t.Context(), env.DB, users.CountParams{}))(t)
		at := time.Date(2042, 5, 1, 0, 0, 0, 0, time.UTC)
		u := signUp(t, env.DB, users.CreateParams{At: at})
		signUp(t, env.DB, users.CreateParams{At: at.Add(time.Hour), InviteCode: u.InviteCode})
		after := ok(users.Count(t.Context(), env.DB, users.CountParams{From: at, To: at.Add(time.Hour)}))(t)
		assert.Equal(t, before.Users+2, after.Users)
		assert.Equal(t, before.Invited+1, after.Invited)
		assert.Equal(t, int64(1), after.SignedUp)
	}},
	{name: "sign_ups_per_day_for_90_days_zero_filled", holds: func(t *testing.T, env *enginetest.Env) {
		at := time.Date(2043, 5, 20, 23, 59, 59, 0, time.UTC)
		signUp(t, env.DB, users.CreateParams{At: at})
		signUp(t, env.DB, users.CreateParams{At: at.Add(time.Second)})
		signUp(t, env.DB, users.CreateParams{At: at.Add(time.Hour)})
		days := ok(users.SignUpsPerDay(t.Context(), env.DB, users.SignUpsPerDayParams{At: at.AddDate(0, 0, 3)}))(t)
		require.Len(t, days.Days, 90)
		for i, day := range days.Days {
			assert.Equal(t, time.Date(2043, 5, 23-89+i, 0, 0, 0, 0, time.UTC).Format(time.DateOnly), day.Date)
			assert.Equal(t, map[int]int64{86: 1, 87: 2}[i], day.Users, day.Date)
		}
	}},
}

func profile(provider users.Provider, email string, verified bool) users.Profile {
	return users.Profile{Provider: provider, Subject: "subject of " + strings.ToLower(email), Email: email, EmailVerified: verified}
}

func signIn(t *testing.T, db bun.IDB, p users.Profile) *users.SignInResult {
	t.Helper()
	return ok(users.SignIn(t.Context(), db, users.SignInParams{Profile: p, At: lastDay}))(t)
}

// thief gives the first invite code that is about to be stored to another user.
type thief struct {
	tx   bun.Tx
	code string
}

func (h *thief) BeforeQuery(ctx context.Context, event *bun.QueryEvent) context.Context {
	if event.Model == nil || event.Operation() != "INSERT" {
		return ctx
	}
	if u, isUser := event.Model.Value().(*users.User); isUser && h.code == "" {
		h.code = u.InviteCode
		row := &users.User{UUID: "thief", Email: "thief@example.com", InviteCode: u.InviteCode}
		if _, err := h.tx.NewInsert().Model(row).Exec(ctx); err != nil {
			h.code = ""
		}
	}
	return ctx
}

func (*thief) AfterQuery(context.Context, *bun.QueryEvent) {}
