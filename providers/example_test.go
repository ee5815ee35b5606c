package providers_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/internal/testring"
	"github.com/chameleon-go/chameleon/providers"
)

// database returns a database with the schema and the key of one provider, and
// the keyset that encrypted it.
func database(ctx context.Context) (*bun.DB, *testring.Ring) {
	db, err := chameleon.Open(ctx, "sqlite://:memory:")
	if err != nil {
		panic(err)
	}
	if _, err := chameleon.Push(ctx, db); err != nil {
		panic(err)
	}
	ring, err := testring.New() // a program reads its own: keyring.FromEnv()
	if err != nil {
		panic(err)
	}
	_, err = providers.Put(ctx, db, providers.PutParams{
		Provider:    providers.Kling,
		Key:         providers.NewSecret("ak-1:sk-1"),
		AEAD:        ring,
		ModelConfig: `{"prices": {"video": {"kling-v1": 12}}}`,
	})
	if err != nil {
		panic(err)
	}
	return db, ring
}

func ExamplePut() {
	ctx := context.Background()
	db, ring := database(ctx)
	defer db.Close()

	info, err := providers.Put(ctx, db, providers.PutParams{
		Provider: "acme", // the set is open
		Key:      providers.NewSecret("sk-acme"),
		AEAD:     ring,
	})
	fmt.Println(info.Provider, info.State, info.Enabled, err)
	// Output: acme sealed true <nil>
}

func ExampleGet() {
	ctx := context.Background()
	db, ring := database(ctx)
	defer db.Close()

	got, err := providers.Get(ctx, db, providers.GetParams{Provider: providers.Kling, AEAD: ring})
	if err != nil {
		panic(err)
	}
	fmt.Println(got.Key)          // never printed by accident
	fmt.Println(got.Key.Reveal()) // for the request to the provider

	_, err = providers.Get(ctx, db, providers.GetParams{Provider: "nobody", AEAD: ring})
	fmt.Println(err, errors.Is(err, providers.ErrNotFound))
	// Output:
	// [secret]
	// ak-1:sk-1
	// AI provider not found: Provider nobody true
}

func ExampleFind() {
	ctx := context.Background()
	db, _ := database(ctx)
	defer db.Close()

	info, err := providers.Find(ctx, db, providers.FindParams{Provider: providers.Kling})
	fmt.Println(info.Enabled, info.ModelConfig, err)
	// Output: true {"prices": {"video": {"kling-v1": 12}}} <nil>
}

func ExampleList() {
	ctx := context.Background()
	db, ring := database(ctx)
	defer db.Close()
	_, err := providers.Put(ctx, db, providers.PutParams{
		Provider: providers.OpenAI, Key: providers.NewSecret("sk-openai"), AEAD: ring, Enabled: new(false),
	})
	if err != nil {
		panic(err)
	}

	page, err := providers.List(ctx, db, providers.ListParams{})
	if err != nil {
		panic(err)
	}
	for _, p := range page.Items {
		fmt.Println(p.Provider, p.State, "enabled:", p.Enabled)
	}
	// Output:
	// kling sealed enabled: true
	// openai sealed enabled: false
}

func ExampleDisable() {
	ctx := context.Background()
	db, ring := database(ctx)
	defer db.Close()

	if _, err := providers.Disable(ctx, db, providers.SwitchParams{Provider: providers.Kling}); err != nil {
		panic(err)
	}
	_, err := providers.Get(ctx, db, providers.GetParams{Provider: providers.Kling, AEAD: ring})
	fmt.Println(err)
	// Output: AI provider kling: disabled
}

func ExampleEnable() {
	ctx := context.Background()
	db, _ := database(ctx)
	defer db.Close()

	info, err := providers.Enable(ctx, db, providers.SwitchParams{Provider: providers.Kling})
	fmt.Println(info.Enabled, err)
	// Output: true <nil>
}

func ExampleSetModelConfig() {
	ctx := context.Background()
	db, _ := database(ctx)
	defer db.Close()

	info, err := providers.SetModelConfig(ctx, db, providers.SetModelConfigParams{
		Provider: providers.Kling, ModelConfig: `{"prices": {"video": {"kling-v1": 8}}}`,
	})
	fmt.Println(info.ModelConfig, err)
	// Output: {"prices": {"video": {"kling-v1": 8}}} <nil>
}

func ExampleDelete() {
	ctx := context.Background()
	db, _ := database(ctx)
	defer db.Close()

	_, err := providers.Delete(ctx, db, providers.DeleteParams{Provider: providers.Kling})
	fmt.Println(err)
	_, err = providers.Find(ctx, db, providers.FindParams{Provider: providers.Kling})
	fmt.Println(err)
	// Output:
	// <nil>
	// AI provider not found: Provider kling
}

// A new encryption key, step by step. Between the steps every process is given
// the ring of the step before.
func ExampleRotateKeys() {
	ctx := context.Background()
	db, ring := database(ctx)
	defer db.Close()
	old := ring.Keys()[0].ID

	added, err := ring.Add()
	if err != nil {
		panic(err)
	}
	promoted, err := added.Promote()
	if err != nil {
		panic(err)
	}
	for cursor := ""; ; {
		done, err := providers.RotateKeys(ctx, db, providers.RotateKeysParams{AEAD: promoted, Cursor: cursor})
		if err != nil {
			panic(err) // names the providers whose key did not decrypt: keep the old key
		}
		fmt.Println("rotated:", done.Rotated, "were plaintext:", done.Encrypted, "were current:", done.Current)
		if cursor = done.Next; cursor == "" {
			break
		}
	}
	only, err := promoted.Retire(old)
	if err != nil {
		panic(err)
	}
	got, err := providers.Get(ctx, db, providers.GetParams{Provider: providers.Kling, AEAD: only})
	fmt.Println(got.Key.Reveal(), err)
	// Output:
	// rotated: 1 were plaintext: 0 were current: 0
	// ak-1:sk-1 <nil>
}

func ExampleEither() {
	ctx := context.Background()
	db, ring := database(ctx)
	defer db.Close()

	fresh, err := testring.New()
	if err != nil {
		panic(err)
	}
	both := providers.Either(fresh, ring)
	done, err := providers.RotateKeys(ctx, db, providers.RotateKeysParams{AEAD: both})
	fmt.Println(done.Rotated, err)
	got, err := providers.Get(ctx, db, providers.GetParams{Provider: providers.Kling, AEAD: fresh})
	fmt.Println(got.Key.Reveal(), err)
	// Output:
	// 1 <nil>
	// ak-1:sk-1 <nil>
}

func ExampleSecret() {
	key := providers.NewSecret("sk-1")
	_, err := json.Marshal(map[string]any{"key": key})
	fmt.Printf("%v %+v %#v %q\n", key, key, key, key)
	fmt.Println(errors.Is(err, providers.ErrSecret))
	fmt.Println(key.Reveal())
	// Output:
	// [secret] [secret] [secret] [secret]
	// true
	// sk-1
}
