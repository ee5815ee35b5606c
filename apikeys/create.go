package apikeys

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/rows"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// CreateParams describe a key to create.
type CreateParams struct {
	// UserUUID is the key's owner, required.
	UserUUID string
	// Name is the owner's name for the key, required, at most 255 characters.
	Name string
	// Prefix is the beginning of the key; "" means [DefaultPrefix]. It has 3 to
	// 24 lower-case letters, digits and underscores, and starts with a letter
	// and ends with an underscore. Pass it to Authenticate too, and choose one
	// that no key of an adopted database starts with.
	Prefix string
	// ExpiresAt is exactly when the key expires; zero means never. It must be after
	// At.
	ExpiresAt time.Time
	// Scopes are what the key may be used for, at most 32, each of at most 64
	// characters without blanks, such as images:write; none means everything. Their
	// meaning is up to the product; see [Info.Allows].
	Scopes []string
	// At is when it was created; zero means now.
	At time.Time
}

// CreateResult is a new key.
type CreateResult struct {
	Info Info `json:"info"`
	// Secret is the key. It is not stored and cannot be shown again.
	Secret Secret `json:"-"`
}

// Create makes a key with 190 random bits and stores its hash.
//
// Errors, after which nothing is written: *InvalidError for a field of p, and
// *dialect.Error when the engine fails.
func Create(ctx context.Context, db bun.IDB, p CreateParams) (*CreateResult, error) {
	if p.Prefix == "" {
		p.Prefix = DefaultPrefix
	}
	at, atErr := valid.Time("At", p.At)
	expires, expiresErr := p.expiry(at)
	err := valid.First(
		valid.UUID("UserUUID", p.UserUUID),
		valid.Required("Name", p.Name, maxName),
		checkPrefix("Prefix", p.Prefix),
		atErr, expiresErr, checkScopes(p.Scopes),
	)
	if err != nil {
		return nil, err
	}
	key := newKey(p.Prefix)
	row := &Key{
		Name: p.Name, Key: hashOf(key), UserUUID: p.UserUUID, Status: StatusActive,
		CreatedAt: at, Prefix: shownOf(key, p.Prefix), UpdatedAt: at,
		ExpiresAt: expires, Scopes: strings.Join(p.Scopes, " "),
	}
	stored := new(Key)
	err = dialect.InTx(ctx, db, func(ctx context.Context, tx bun.Tx) error {
		draft := *row
		inserted, err := rows.Insert(ctx, tx, &draft)
		if err != nil {
			return err
		}
		if !inserted {
			return errors.New("a new API key already exists: the system's random source may be broken")
		}
		// The id, as the engine has it.
		err = tx.NewSelect().Model(stored).Where("? = ?", bun.Ident("key"), row.Key).Scan(ctx)
		return dialect.Classify(err)
	})
	if err != nil {
		return nil, err
	}
	return &CreateResult{Info: stored.info(), Secret: NewSecret(key)}, nil
}
