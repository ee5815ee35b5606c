package providers

import (
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// Key is a row of the table ai_provider_keys.
type Key struct {
	bun.BaseModel `bun:"table:ai_provider_keys,alias:apk"`

	ID           int64 `bun:"id,pk,autoincrement,type:bigint" json:"-"`
	ProviderName Name  `bun:"provider_name,notnull,type:varchar(50)" chameleon:"exact" json:"provider_name"`
	// APIKey is the stored form of the provider's secret, left out of JSON.
	APIKey Sealed `bun:"api_key,notnull,type:text" json:"-"`
	// ModelConfig is JSON. Rows of an adopted database may hold anything.
	ModelConfig string    `bun:"model_config,nullzero,type:text" json:"model_config,omitempty"`
	IsEnabled   Switch    `bun:"is_enabled,notnull,type:boolean,default:true" json:"is_enabled"`
	UpdatedAt   time.Time `bun:"updated_at,nullzero,type:timestamptz" json:"updated_at,omitzero"`
	CreatedAt   time.Time `bun:"created_at,nullzero,type:timestamptz" json:"created_at,omitzero"`
	// Original is true in rows that the original application of an adopted database
	// wrote, by the column's default there. The original reads its keys in this
	// table, so those in plaintext stay as they are until
	// RotateKeysParams.Originals.
	Original dialect.Original `bun:"original,notnull,type:boolean,default:false" chameleon:"original" json:"-"`
}

// Marks implements dialect.Marked.
func (*Key) Marks() []string {
	return []string{"id", "provider_name", "api_key"}
}

// OwnColumn implements dialect.Adoptable.
func (*Key) OwnColumn() string { return "created_at" }

// Indexes implements dialect.Indexed.
func (*Key) Indexes() []dialect.Index {
	return []dialect.Index{
		{Name: "ai_provider_keys_provider_name_unique", Columns: []string{"provider_name"}, Unique: true},
	}
}

// Models returns this package's table, for schema.Push.
func Models() []any {
	return []any{&Key{}}
}

// Switch is a boolean whose column's default is true. Bun writes the default
// for a zero value; a Switch has none, so that false is stored as false.
type Switch bool

// IsZero reports that no Switch is to be replaced by the column's default.
func (Switch) IsZero() bool { return false }

// Name names an AI provider. The set is open: use any name that Name.Valid
// accepts.
type Name string

// Well-known providers.
const (
	OpenAI      Name = "openai"
	DeepSeek    Name = "deepseek"
	Kling       Name = "kling"
	Seedance    Name = "seedance"
	Replicate   Name = "replicate"
	OpenRouter  Name = "openrouter"
	SiliconFlow Name = "siliconflow"
)

// maxName is the longest name, in characters.
const maxName = valid.MaxName

// Valid reports whether n can name a provider: 1 to 50 lower-case letters,
// digits, dots, dashes and underscores, a letter or digit first.
func (n Name) Valid() bool { return valid.IsName(string(n)) }
