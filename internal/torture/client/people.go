package client

import (
	"context"
	"time"

	"github.com/chameleon-go/chameleon/internal/torture/history"
	"github.com/chameleon-go/chameleon/users"
)

// people makes the calls by which users come.
func (w *worker) people(ctx context.Context, op history.Op, at time.Time) history.Answer {
	if op.Verb == history.SignUp {
		result, err := users.Create(ctx, w.db, users.CreateParams{Email: op.Key, InviteCode: op.Target, At: at})
		if err != nil {
			return failed(err)
		}
		return history.Answer{Class: history.OK, Ref: result.User.UUID, Told: told(result.Welcome), Mended: mended(result.Mended)}
	}
	result, err := users.SignIn(ctx, w.db, users.SignInParams{
		Profile: users.Profile{
			Provider: users.ProviderGitHub, Subject: op.Key, Email: op.Key + "@example.com", EmailVerified: true,
		},
		InviteCode: op.Target, At: at,
	})
	if err != nil {
		return failed(err)
	}
	return history.Answer{
		Class: history.OK, Ref: result.User.UUID, Replayed: result.Outcome == users.SignedIn, Told: told(result.Welcome),
		Mended: mended(result.Mended),
	}
}
