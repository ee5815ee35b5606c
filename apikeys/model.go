package apikeys

import (
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
)

// Key is a row of the table apikeys.
type Key struct {
	bun.BaseModel `bun:"table:apikeys,alias:k"`

	ID   int64  `bun:"id,pk,autoincrement,type:bigint" json:"id"`
	Name string `bun:"name,nullzero,type:varchar(255)" json:"name,omitempty"`
	// Key is the stored form of the key; see the package documentation. It is
	// left out of JSON because a legacy row holds the key itself.
	Key       Stored    `bun:"key,notnull,type:varchar(255)" chameleon:"exact" json:"-"`
	UserUUID  string    `bun:"user_uuid,notnull,type:varchar(255)" chameleon:"exact" json:"user_uuid"`
	Status    Status    `bun:"status,nullzero,type:varchar(50)" chameleon:"exact" json:"status,omitempty"`
	CreatedAt time.Time `bun:"created_at,nullzero,type:timestamptz" json:"created_at,omitzero"`

	// Prefix is the beginning of the key, by which its owner recognizes it.
	Prefix string `bun:"prefix,nullzero,type:varchar(32)" chameleon:"exact" json:"prefix,omitempty"`
	// LastUsedAt lags behind by up to a minute, so that authenticating rarely
	// writes.
	LastUsedAt time.Time `bun:"last_used_at,nullzero,type:timestamptz" json:"last_used_at,omitzero"`
	RevokedAt  time.Time `bun:"revoked_at,nullzero,type:timestamptz" json:"revoked_at,omitzero"`
	UpdatedAt  time.Time `bun:"updated_at,nullzero,type:timestamptz" json:"updated_at,omitzero"`
	// ExpiresAt is when the key expires, zero for never.
	ExpiresAt time.Time `bun:"expires_at,nullzero,type:timestamptz" json:"expires_at,omitzero"`
	// Scopes are what the key may be used for, separated by blanks; empty means
	// everything.
	Scopes string `bun:"scopes,nullzero,type:text" json:"scopes,omitempty"`
	// Original is true in rows that the original application of an adopted database
	// wrote, by the column's default there. The original looks up its keys in this
	// table, so they stay as they are until [HashOriginals].
	Original dialect.Original `bun:"original,notnull,type:boolean,default:false" chameleon:"original" json:"-"`
}

// Marks implements dialect.Marked.
func (*Key) Marks() []string {
	return []string{"id", "key", "user_uuid"}
}

// OwnColumn implements dialect.Adoptable.
func (*Key) OwnColumn() string { return "prefix" }

// Indexes implements dialect.Indexed.
func (*Key) Indexes() []dialect.Index {
	return []dialect.Index{
		{Name: "apikeys_key_unique", Columns: []string{"key"}, Unique: true},
		{Name: "apikeys_user_uuid_created_at_idx", Columns: []string{"user_uuid", "created_at", "id"}, Times: []string{"created_at"}},
	}
}

// Models returns this package's table, for schema.Push.
func Models() []any {
	return []any{&Key{}}
}

// Stored is the stored form of a key: its hash, or the key itself in rows of an
// adopted database. It is neither printed nor logged nor marshaled.
type Stored string

// Format implements fmt.Formatter for every verb.
func (Stored) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "[stored]") }

// LogValue implements slog.LogValuer.
func (Stored) LogValue() slog.Value { return slog.StringValue("[stored]") }

// MarshalText returns ErrSecret. JSON, XML and YAML use it.
func (Stored) MarshalText() ([]byte, error) { return nil, ErrSecret }

// MarshalBinary returns ErrSecret. The package encoding/gob uses it.
func (Stored) MarshalBinary() ([]byte, error) { return nil, ErrSecret }

// Status says whether a key opens anything.
type Status string

// The statuses of a key.
const (
	StatusActive  Status = "active"
	StatusRevoked Status = "revoked"
	// StatusCreated is what the TypeScript application writes for a new key.
	// It is read as active and never written.
	StatusCreated Status = "created"
)

// Valid reports whether s may be written.
func (s Status) Valid() bool {
	switch s {
	case StatusActive, StatusRevoked:
		return true
	case StatusCreated:
	}
	return false
}

// Usable reports whether a key with this status is accepted.
func (s Status) Usable() bool { return s == StatusActive || s == StatusCreated }
