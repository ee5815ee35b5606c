package strangers_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/apikeys"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/providers"
)

// legacy is a key that another program stored as it is.
func legacy(user string) string { return "legacy" + user }

func foundKeys(ctx context.Context, db bun.IDB, user string) error {
	for _, name := range []string{"a", "b"} {
		if _, err := apikeys.Create(ctx, db, apikeys.CreateParams{UserUUID: user, Name: name}); err != nil {
			return err
		}
	}
	_, err := db.NewInsert().Model(&apikeys.Key{
		Name: "legacy", Key: apikeys.Stored(legacy(user)), UserUUID: user, Status: apikeys.StatusCreated,
	}).Exec(ctx)
	return err
}

// keyNamed is the id of one of the user's keys.
func keyNamed(ctx context.Context, db bun.IDB, user, name string) (int64, error) {
	list, err := apikeys.List(ctx, db, apikeys.ListParams{UserUUID: user})
	if err != nil {
		return 0, err
	}
	for _, k := range list.Items {
		if k.Name == name {
			return k.ID, nil
		}
	}
	return 0, apikeys.ErrNotFound
}

func keyActs() []enginetest.Act {
	authenticate := func(ctx context.Context, db bun.IDB, key string) (any, error) {
		done, err := apikeys.Authenticate(ctx, db, apikeys.AuthenticateParams{Key: apikeys.NewSecret(key)})
		if err != nil {
			return nil, err
		}
		return done, done.Unrecorded
	}
	return []enginetest.Act{
		act("apikeys.Create", nil, func(ctx context.Context, db bun.IDB, u string) (any, error) {
			return apikeys.Create(ctx, db, apikeys.CreateParams{UserUUID: u, Name: "new"})
		}),
		act("apikeys.Authenticate, hashes", nil, func(ctx context.Context, db bun.IDB, u string) (any, error) {
			return authenticate(ctx, db, legacy(u))
		}),
		act("apikeys.Authenticate, unknown", apikeys.ErrUnauthenticated, func(ctx context.Context, db bun.IDB, u string) (any, error) {
			return authenticate(ctx, db, "none"+u)
		}),
		act("apikeys.Authenticate", nil, func(ctx context.Context, db bun.IDB, u string) (any, error) {
			made, err := apikeys.Create(ctx, db, apikeys.CreateParams{UserUUID: u, Name: "used"})
			if err != nil {
				return nil, err
			}
			return authenticate(ctx, db, made.Secret.Reveal())
		}),
		act("apikeys.Rename", nil, func(ctx context.Context, db bun.IDB, u string) (any, error) {
			id, err := keyNamed(ctx, db, u, "b")
			if err != nil {
				return nil, err
			}
			return apikeys.Rename(ctx, db, apikeys.RenameParams{ID: id, Name: "renamed"})
		}),
		act("apikeys.Rename, none", apikeys.ErrNotFound, func(ctx context.Context, db bun.IDB, _ string) (any, error) {
			return apikeys.Rename(ctx, db, apikeys.RenameParams{ID: 1 << 40, Name: "renamed"})
		}),
		act("apikeys.Revoke", nil, func(ctx context.Context, db bun.IDB, u string) (any, error) {
			id, err := keyNamed(ctx, db, u, "a")
			if err != nil {
				return nil, err
			}
			return apikeys.Revoke(ctx, db, apikeys.RevokeParams{ID: id, UserUUID: u})
		}),
		act("apikeys.Revoke, none", apikeys.ErrNotFound, func(ctx context.Context, db bun.IDB, u string) (any, error) {
			return apikeys.Revoke(ctx, db, apikeys.RevokeParams{ID: 1 << 40, UserUUID: u})
		}),
		act("apikeys.Forget", nil, func(ctx context.Context, db bun.IDB, u string) (any, error) {
			return apikeys.Forget(ctx, db, apikeys.ForgetParams{UserUUID: u})
		}),
	}
}

// mask stands for encryption.
type mask struct{}

func (mask) Encrypt(plaintext, with []byte) ([]byte, error) {
	return fmt.Appendf(nil, "%s|%s", with, plaintext), nil
}

func (mask) Decrypt(ciphertext, with []byte) ([]byte, error) {
	if len(ciphertext) <= len(with) {
		return nil, errors.New("too short")
	}
	return ciphertext[len(with)+1:], nil
}

// provider is one that is the user's alone: neighbours in the table.
func provider(user, what string) providers.Name { return providers.Name("p" + user[24:] + what) }

func foundProvider(ctx context.Context, db bun.IDB, user string) error {
	_, err := put(ctx, db, provider(user, ""))
	return err
}

func put(ctx context.Context, db bun.IDB, name providers.Name) (*providers.Info, error) {
	return providers.Put(ctx, db, providers.PutParams{
		Provider: name, Key: providers.NewSecret("key"), AEAD: mask{}, At: time.Now(),
	})
}

func turn(
	name string, want error, what string,
	verb func(ctx context.Context, db bun.IDB, p providers.SwitchParams) (*providers.Info, error),
) enginetest.Act {
	return act("providers."+name, want, func(ctx context.Context, db bun.IDB, u string) (any, error) {
		return verb(ctx, db, providers.SwitchParams{Provider: provider(u, what)})
	})
}

func providerActs() []enginetest.Act {
	remove := func(ctx context.Context, db bun.IDB, p providers.SwitchParams) (*providers.Info, error) {
		return providers.Delete(ctx, db, providers.DeleteParams{Provider: p.Provider})
	}
	return []enginetest.Act{
		act("providers.Put", nil, func(ctx context.Context, db bun.IDB, u string) (any, error) {
			return put(ctx, db, provider(u, ".new"))
		}),
		act("providers.Put, again", nil, func(ctx context.Context, db bun.IDB, u string) (any, error) {
			return put(ctx, db, provider(u, ""))
		}),
		turn("Disable", nil, "", providers.Disable),
		turn("Enable", nil, "", providers.Enable),
		turn("Enable, none", providers.ErrNotFound, ".none", providers.Enable),
		turn("SetModelConfig", nil, "", func(ctx context.Context, db bun.IDB, p providers.SwitchParams) (*providers.Info, error) {
			return providers.SetModelConfig(ctx, db, providers.SetModelConfigParams{Provider: p.Provider, ModelConfig: "{}"})
		}),
		turn("Delete", nil, "", remove),
		turn("Delete, none", providers.ErrNotFound, ".none", remove),
	}
}
