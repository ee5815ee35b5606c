package apikeys_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/apikeys"
)

const ada = "0195c2a1-0000-7000-8000-000000000000"

// database returns a database with the schema.
func database(ctx context.Context) *bun.DB {
	db, err := chameleon.Open(ctx, "sqlite://:memory:")
	if err != nil {
		panic(err)
	}
	if _, err := chameleon.Push(ctx, db); err != nil {
		panic(err)
	}
	return db
}

// key makes a key of Ada's.
func key(ctx context.Context, db bun.IDB, name string) *apikeys.CreateResult {
	made, err := apikeys.Create(ctx, db, apikeys.CreateParams{UserUUID: ada, Name: name})
	if err != nil {
		panic(err)
	}
	return made
}

func ExampleCreate() {
	ctx := context.Background()
	db := database(ctx)
	defer func() { _ = db.Close() }()

	made, err := apikeys.Create(ctx, db, apikeys.CreateParams{UserUUID: ada, Name: "CI", Prefix: "acme_live_"})
	if err != nil {
		panic(err)
	}
	fmt.Println(made.Info.Name, made.Info.Status, len(made.Info.Prefix))

	// It is shown this once, and only when asked to.
	fmt.Println(made.Secret, len(made.Secret.Reveal()))
	// Output:
	// CI active 14
	// [secret] 48
}

// A middleware puts the caller's uuid where handlers find it.
func ExampleAuthenticate() {
	ctx := context.Background()
	db := database(ctx)
	defer func() { _ = db.Close() }()

	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		who, err := apikeys.Authenticate(r.Context(), db, apikeys.AuthenticateParams{Key: apikeys.FromRequest(r)})
		switch {
		case errors.Is(err, apikeys.ErrUnauthenticated):
			http.Error(w, err.Error(), http.StatusUnauthorized)
		case err != nil:
			http.Error(w, "try again later", http.StatusServiceUnavailable)
		default:
			_, _ = fmt.Fprintln(w, "hello", who.Key.UserUUID)
		}
	})
	for _, presented := range []string{key(ctx, db, "CI").Secret.Reveal(), "sk-guess"} {
		r := httptest.NewRequest(http.MethodGet, "/", http.NoBody)
		r.Header.Set(apikeys.Header, presented)
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		fmt.Print(w.Code, " ", w.Body)
	}
	// Output:
	// 200 hello 0195c2a1-0000-7000-8000-000000000000
	// 401 invalid API key
}

func ExampleFromRequest() {
	r := httptest.NewRequest(http.MethodGet, "/", http.NoBody)
	r.Header.Set(apikeys.Header, "chm_live_0Kz5cQm2Vb8tYw1XeR7uJhN4sLgPaD3f1lXyrj")
	presented := apikeys.FromRequest(r)
	fmt.Println(presented, apikeys.WellFormed(presented, ""))
	// Output: [secret] true
}

func ExampleWellFormed() {
	// The checksum tells a key from a typo, and from what only looks like one.
	for _, k := range []string{
		"chm_live_0Kz5cQm2Vb8tYw1XeR7uJhN4sLgPaD3f1lXyrj",
		"chm_live_OKz5cQm2Vb8tYw1XeR7uJhN4sLgPaD3f1lXyrj",
	} {
		fmt.Println(apikeys.WellFormed(apikeys.NewSecret(k), ""))
	}
	// Output:
	// true
	// false
}

func ExamplePattern() {
	fmt.Println(apikeys.Pattern(""))
	// Output: chm_live_[0-9A-Za-z]{38}
}

func ExampleSecret() {
	secret := apikeys.NewSecret("chm_live_…")
	fmt.Printf("%v %+v %q %s\n", secret, secret, secret, secret)
	fmt.Println(secret.Reveal())
	// Output:
	// [secret] [secret] [secret] [secret]
	// chm_live_…
}

func ExampleRevoke() {
	ctx := context.Background()
	db := database(ctx)
	defer func() { _ = db.Close() }()
	made := key(ctx, db, "CI")

	for range 2 {
		// Naming the user keeps one from revoking another's keys.
		revoked, err := apikeys.Revoke(ctx, db, apikeys.RevokeParams{ID: made.Info.ID, UserUUID: ada})
		if err != nil {
			panic(err)
		}
		fmt.Println(revoked.Key.Status, "replayed:", revoked.Replayed)
	}
	_, err := apikeys.Authenticate(ctx, db, apikeys.AuthenticateParams{Key: made.Secret})
	fmt.Println(err)
	// Output:
	// revoked replayed: false
	// revoked replayed: true
	// invalid API key
}

// A secret scanner found a key in a public repository: nobody knows its id.
func ExampleRevoke_leaked() {
	ctx := context.Background()
	db := database(ctx)
	defer func() { _ = db.Close() }()
	leaked := key(ctx, db, "CI").Secret.Reveal()

	revoked, err := apikeys.Revoke(ctx, db, apikeys.RevokeParams{Key: apikeys.NewSecret(leaked)})
	if err != nil {
		panic(err)
	}
	fmt.Println("tell", revoked.Key.UserUUID, "about", revoked.Key.Name)
	// Output: tell 0195c2a1-0000-7000-8000-000000000000 about CI
}

func ExampleRename() {
	ctx := context.Background()
	db := database(ctx)
	defer func() { _ = db.Close() }()

	renamed, err := apikeys.Rename(ctx, db, apikeys.RenameParams{ID: key(ctx, db, "CI").Info.ID, UserUUID: ada, Name: "build server"})
	if err != nil {
		panic(err)
	}
	fmt.Println(renamed.Key.Name)
	// Output: build server
}

func ExampleList() {
	ctx := context.Background()
	db := database(ctx)
	defer func() { _ = db.Close() }()
	key(ctx, db, "CI")
	key(ctx, db, "laptop")

	page, err := apikeys.List(ctx, db, apikeys.ListParams{UserUUID: ada})
	if err != nil {
		panic(err)
	}
	for _, k := range page.Items {
		fmt.Println(k.Name, k.Status, "used:", !k.LastUsedAt.IsZero())
	}
	fmt.Println("more:", page.Next != "")
	// Output:
	// laptop active used: false
	// CI active used: false
	// more: false
}

func ExampleGet() {
	ctx := context.Background()
	db := database(ctx)
	defer func() { _ = db.Close() }()

	found, err := apikeys.Get(ctx, db, apikeys.GetParams{ID: key(ctx, db, "CI").Info.ID, UserUUID: ada})
	if err != nil {
		panic(err)
	}
	fmt.Println(found.Name)
	// Output: CI
}

// What Authenticate keeps to itself, for an administrator.
func ExampleInspect() {
	ctx := context.Background()
	db := database(ctx)
	defer func() { _ = db.Close() }()
	made := key(ctx, db, "CI")
	if _, err := apikeys.Revoke(ctx, db, apikeys.RevokeParams{ID: made.Info.ID}); err != nil {
		panic(err)
	}

	for _, k := range []string{made.Secret.Reveal(), made.Secret.Reveal() + "x", "sk-guess"} {
		found, err := apikeys.Inspect(ctx, db, apikeys.InspectParams{Key: apikeys.NewSecret(k)})
		if err != nil {
			panic(err)
		}
		fmt.Println(found.Verdict, found.Key != nil)
	}
	// Output:
	// revoked true
	// malformed false
	// unknown false
}
