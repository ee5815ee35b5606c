package memory_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/apikeys"
	"github.com/chameleon-go/chameleon/cache"
	"github.com/chameleon-go/chameleon/cache/memory"
)

// API keys are answered from memory, and one that is revoked opens nothing any more.
func Example() {
	ctx := context.Background()
	kept, err := cache.New(memory.New(memory.Options{}), cache.Options{TTL: time.Minute})
	if err != nil {
		fmt.Println(err)
		return
	}
	db, err := chameleon.Open(ctx, "sqlite://:memory:", chameleon.WithCache(kept))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = db.Close() }()
	if _, err := chameleon.Push(ctx, db); err != nil {
		fmt.Println(err)
		return
	}
	made, err := apikeys.Create(ctx, db, apikeys.CreateParams{UserUUID: uuid.NewString(), Name: "CI"})
	if err != nil {
		fmt.Println(err)
		return
	}
	for range 5 {
		found, err := apikeys.Authenticate(ctx, db, apikeys.AuthenticateParams{Key: made.Secret})
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Print(found.Key.Name, " ")
	}
	fmt.Println(kept.Stats().Hits, "from memory")
	if _, err := apikeys.Revoke(ctx, db, apikeys.RevokeParams{ID: made.Info.ID}); err != nil {
		fmt.Println(err)
		return
	}
	_, err = apikeys.Authenticate(ctx, db, apikeys.AuthenticateParams{Key: made.Secret})
	fmt.Println(errors.Is(err, apikeys.ErrUnauthenticated))
	// Output:
	// CI CI CI CI CI 3 from memory
	// true
}
