package strangers_test

import (
	"context"
	"strings"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/secret"
	"github.com/chameleon-go/chameleon/users"
)

var welcomeKey = secret.New(strings.Repeat("k", users.MinWelcomeKey))

func google(user, who string) users.Profile {
	return users.Profile{Provider: users.ProviderGoogle, Subject: of(user, who), Email: email(user, who), EmailVerified: true}
}

func github(user, who string) users.Profile {
	p := google(user, who)
	p.Provider = users.ProviderGitHub
	return p
}

func foundUser(ctx context.Context, db bun.IDB, user string) error {
	referrer, err := users.Create(ctx, db, users.CreateParams{UserUUID: other(user), Email: email(other(user), "r")})
	if err != nil {
		return err
	}
	_, err = users.Create(ctx, db, users.CreateParams{
		UserUUID: user, Email: email(user, "a"), InviteCode: referrer.User.InviteCode, WelcomeCredits: 1000,
	})
	if err != nil {
		return err
	}
	if _, err := users.LinkIdentity(ctx, db, users.LinkIdentityParams{UserUUID: user, Profile: google(user, "a")}); err != nil {
		return err
	}
	_, err = users.SignIn(ctx, db, users.SignInParams{Profile: github(user, "other")})
	return err
}

func signIn(name string, want error, p func(user string) users.SignInParams) enginetest.Act {
	return act("users.SignIn"+name, want, func(ctx context.Context, db bun.IDB, u string) (*users.SignInResult, error) {
		return users.SignIn(ctx, db, p(u))
	})
}

func create(name string, want error, p func(user string) users.CreateParams) enginetest.Act {
	return act("users.Create"+name, want, func(ctx context.Context, db bun.IDB, u string) (*users.CreateResult, error) {
		return users.Create(ctx, db, p(u))
	})
}

func update(name string, want error, p func(user string) users.UpdateParams) enginetest.Act {
	return act("users.Update"+name, want, func(ctx context.Context, db bun.IDB, u string) (*users.UpdateResult, error) {
		return users.Update(ctx, db, p(u))
	})
}

func userActs() []enginetest.Act {
	return []enginetest.Act{
		create(", again", nil, func(u string) users.CreateParams { return users.CreateParams{UserUUID: u, Email: email(u, "a")} }),
		create(", email taken", users.ErrEmailTaken, func(u string) users.CreateParams {
			return users.CreateParams{Email: email(u, "a")}
		}),
		create(", no such code", users.ErrNotFound, func(u string) users.CreateParams {
			return users.CreateParams{Email: email(u, "b"), InviteCode: of(u, "none")}
		}),
		signIn(", known", nil, func(u string) users.SignInParams { return users.SignInParams{Profile: google(u, "a")} }),
		signIn(", joins", nil, func(u string) users.SignInParams { return users.SignInParams{Profile: github(u, "a")} }),
		signIn(", conflict", users.ErrEmailConflict, func(u string) users.SignInParams {
			p := google(u, "b")
			p.Email = email(u, "a")
			return users.SignInParams{Profile: p}
		}),
		act("users.LinkIdentity", nil, func(ctx context.Context, db bun.IDB, u string) (any, error) {
			return users.LinkIdentity(ctx, db, users.LinkIdentityParams{UserUUID: u, Profile: github(u, "linked")})
		}),
		act("users.LinkIdentity, again", nil, func(ctx context.Context, db bun.IDB, u string) (any, error) {
			return users.LinkIdentity(ctx, db, users.LinkIdentityParams{UserUUID: u, Profile: google(u, "a")})
		}),
		act("users.LinkIdentity, taken", users.ErrIdentityTaken, func(ctx context.Context, db bun.IDB, u string) (any, error) {
			return users.LinkIdentity(ctx, db, users.LinkIdentityParams{UserUUID: u, Profile: github(u, "other")})
		}),
		act("users.UnlinkIdentity", nil, func(ctx context.Context, db bun.IDB, u string) (any, error) {
			return users.UnlinkIdentity(ctx, db, users.UnlinkIdentityParams{
				UserUUID: u, Provider: users.ProviderGoogle, Subject: of(u, "a"), EvenLast: true,
			})
		}),
		act("users.UnlinkIdentity, none", users.ErrNotFound, func(ctx context.Context, db bun.IDB, u string) (any, error) {
			return users.UnlinkIdentity(ctx, db, users.UnlinkIdentityParams{
				UserUUID: u, Provider: users.ProviderGoogle, Subject: of(u, "none"),
			})
		}),
		update("", nil, func(u string) users.UpdateParams { return users.UpdateParams{UserUUID: u, Nickname: new("Ada")} }),
		update(", email", nil, func(u string) users.UpdateParams { return users.UpdateParams{UserUUID: u, Email: new(email(u, "new"))} }),
		update(", email taken", users.ErrEmailTaken, func(u string) users.UpdateParams {
			return users.UpdateParams{UserUUID: u, Email: new(email(u, "other"))}
		}),
		act("users.SetReferrer, set", users.ErrReferrerSet, func(ctx context.Context, db bun.IDB, u string) (any, error) {
			code, err := users.Get(ctx, db, users.GetParams{Email: email(u, "other")})
			if err != nil {
				return nil, err
			}
			return users.SetReferrer(ctx, db, users.SetReferrerParams{UserUUID: u, InviteCode: code.InviteCode})
		}),
		act("users.SetReferrer", nil, func(ctx context.Context, db bun.IDB, u string) (any, error) {
			by, err := users.Get(ctx, db, users.GetParams{UserUUID: other(u)})
			if err != nil {
				return nil, err
			}
			invited, err := users.Get(ctx, db, users.GetParams{Email: email(u, "other")})
			if err != nil {
				return nil, err
			}
			return users.SetReferrer(ctx, db, users.SetReferrerParams{UserUUID: invited.UUID, InviteCode: by.InviteCode})
		}),
		act("users.Delete", nil, func(ctx context.Context, db bun.IDB, u string) (any, error) {
			return users.Delete(ctx, db, users.DeleteParams{UserUUID: u})
		}),
	}
}

// freshUserActs are for somebody who is not a user, or is about to be.
func freshUserActs() []enginetest.Act {
	return []enginetest.Act{
		update(", nobody", users.ErrNotFound, func(u string) users.UpdateParams {
			return users.UpdateParams{UserUUID: third(u), Email: new(email(u, "b"))}
		}),
		act("users.LinkIdentity, nobody", users.ErrNotFound, func(ctx context.Context, db bun.IDB, u string) (any, error) {
			return users.LinkIdentity(ctx, db, users.LinkIdentityParams{UserUUID: third(u), Profile: google(u, "nobody")})
		}),
		act("users.UnlinkIdentity, nobody", users.ErrNotFound, func(ctx context.Context, db bun.IDB, u string) (any, error) {
			return users.UnlinkIdentity(ctx, db, users.UnlinkIdentityParams{
				UserUUID: third(u), Provider: users.ProviderGoogle, Subject: of(u, "a"),
			})
		}),
		act("users.Delete, nobody", users.ErrNotFound, func(ctx context.Context, db bun.IDB, u string) (any, error) {
			return users.Delete(ctx, db, users.DeleteParams{UserUUID: third(u)})
		}),
		create("", nil, func(u string) users.CreateParams {
			return users.CreateParams{UserUUID: u, Email: email(u, "a"), WelcomeKey: welcomeKey}
		}),
		create(", unproven", nil, func(u string) users.CreateParams {
			return users.CreateParams{Email: email(u, "squatted"), EmailUnverified: true}
		}),
		signIn("", nil, func(u string) users.SignInParams {
			return users.SignInParams{Profile: google(u, "c"), WelcomeKey: welcomeKey}
		}),
		signIn(", no email", users.ErrNoEmail, func(u string) users.SignInParams {
			p := google(u, "d")
			p.Email = ""
			return users.SignInParams{Profile: p}
		}),
	}
}

// foundIdentity links a second identity.
func foundIdentity(ctx context.Context, db bun.IDB, user string) error {
	_, err := users.LinkIdentity(ctx, db, users.LinkIdentityParams{UserUUID: user, Profile: google(user, "second")})
	return err
}

// identityActs are for somebody with two identities.
func identityActs() []enginetest.Act {
	unlink := func(name string, p func(u string) users.Profile) enginetest.Act {
		return act("users.UnlinkIdentity, "+name, nil, func(ctx context.Context, db bun.IDB, u string) (any, error) {
			return users.UnlinkIdentity(ctx, db, users.UnlinkIdentityParams{UserUUID: u, Provider: p(u).Provider, Subject: p(u).Subject})
		})
	}
	return []enginetest.Act{
		unlink("not the last", func(u string) users.Profile { return google(u, "second") }),
		unlink("the last", func(u string) users.Profile { return google(u, "a") }),
	}
}
