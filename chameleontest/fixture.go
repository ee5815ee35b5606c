package chameleontest

import (
	"context"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/apikeys"
	"github.com/chameleon-go/chameleon/content"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/generations"
	"github.com/chameleon-go/chameleon/users"
)

// User creates a user with a unique email address and the 100 welcome credits of
// users.Create.
func User(t testing.TB, db bun.IDB, change ...func(*users.CreateParams)) *users.User {
	t.Helper()
	name := unique("user")
	result := must(t, db, users.Create, changed(users.CreateParams{Email: name + "@example.com", Nickname: name}, change))
	return result.User
}

// Grant grants an account 1,000 credits that never expire, of type "gift".
func Grant(t testing.TB, db bun.IDB, account string, change ...func(*credits.GrantParams)) *credits.Operation {
	t.Helper()
	return must(t, db, credits.Grant, changed(credits.GrantParams{
		UserUUID: account, Amount: 1000, Type: "gift", Key: unique("gift"),
	}, change))
}

// Generation charges a user for an image and records it as pending; continue with
// generations.Complete or generations.Fail. The user needs the credits that the image costs
// by [generations.DefaultPrices].
func Generation(t testing.TB, db bun.IDB, userUUID string, change ...func(*generations.ChargeParams)) *generations.Generation {
	t.Helper()
	result := must(t, db, generations.ChargeGeneration, changed(generations.ChargeParams{
		UserUUID: userUUID, AIType: generations.TypeImage, Provider: "openai", Model: "gpt-image-1",
		Prompt: "a chameleon on a branch", Cost: 10, GenID: unique("gen"),
	}, change))
	return result.Generation
}

// Post publishes a post in English.
func Post(t testing.TB, db bun.IDB, change ...func(*content.CreatePostParams)) *content.Post {
	t.Helper()
	return must(t, db, content.CreatePost, changed(content.CreatePostParams{
		Title: "Hello " + unique("post"), Description: "A first post.", Content: "# Hello\n\nWorld.", Locale: "en", Publish: true,
	}, change))
}

// APIKey creates an API key for a user. As with [apikeys.Create], its Secret is available
// only here.
func APIKey(t testing.TB, db bun.IDB, userUUID string, change ...func(*apikeys.CreateParams)) *apikeys.CreateResult {
	t.Helper()
	return must(t, db, apikeys.Create, changed(apikeys.CreateParams{UserUUID: userUUID, Name: unique("key")}, change))
}

// must calls a verb and ends the test where it fails.
func must[P, R any](t testing.TB, db bun.IDB, verb func(context.Context, bun.IDB, P) (R, error), p P) R {
	t.Helper()
	result, err := verb(t.Context(), db, p)
	if err != nil {
		t.Fatalf("chameleontest: %v", err)
	}
	return result
}

// changed are params as the test wants them.
func changed[P any](p P, change []func(*P)) P {
	for _, f := range change {
		f(&p)
	}
	return p
}

// unique names a thing that no other fixture has, also in a database that several
// processes share.
func unique(what string) string {
	return what + "-" + strings.ReplaceAll(uuid.NewString(), "-", "")[:12]
}
