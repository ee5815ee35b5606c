package users

import (
	"slices"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// User is a row of the table users.
type User struct {
	bun.BaseModel `bun:"table:users,alias:u"`

	ID int64 `bun:"id,pk,autoincrement,type:bigint" json:"-"`
	// UUID identifies the user everywhere outside this table.
	UUID string `bun:"uuid,notnull,type:varchar(255)" chameleon:"exact" json:"uuid"`
	// Email is in the form that the package documentation describes; rows that
	// another program wrote may have another form. A user who lost their address
	// has one at users.invalid.
	Email     string `bun:"email,notnull,type:varchar(255)" chameleon:"exact" json:"email"`
	Nickname  string `bun:"nickname,nullzero,type:varchar(255)" json:"nickname,omitempty"`
	AvatarURL string `bun:"avatar_url,nullzero,type:varchar(255)" json:"avatar_url,omitempty"`
	// InviteCode is the code that the user hands out: 6 to 8 letters and
	// digits, case-sensitive, never changed.
	InviteCode string `bun:"invite_code,notnull,type:varchar(255)" chameleon:"exact" json:"invite_code"`
	// InvitedBy is the referrer's uuid, empty for none. It is set once.
	InvitedBy   string    `bun:"invited_by,nullzero,type:varchar(255)" chameleon:"exact" json:"invited_by,omitempty"`
	IsAffiliate bool      `bun:"is_affiliate,notnull,type:boolean,default:false" json:"is_affiliate"`
	CreatedAt   time.Time `bun:"created_at,nullzero,type:timestamptz" json:"created_at,omitzero"`
	UpdatedAt   time.Time `bun:"updated_at,nullzero,type:timestamptz" json:"updated_at,omitzero"`
	// DeletedAt is when the user was anonymized, zero if they were not. The row
	// stays, so that the ledger remains complete.
	DeletedAt time.Time `bun:"deleted_at,nullzero,type:timestamptz" json:"deleted_at,omitzero"`
	// EmailUnverified means that nobody vouches for Email, neither the provider
	// that the user signed up with nor the caller of [Create]. No identity joins
	// such a user by it, and whoever proves that it is theirs takes it.
	EmailUnverified bool `bun:"email_unverified,notnull,type:boolean,default:false" json:"email_unverified"`
	// FormerEmails are addresses that the user or one of their identities had
	// verified earlier, as a JSON array, oldest first. [Delete] uses them to
	// erase what other programs stored under them.
	FormerEmails string `bun:"former_emails,nullzero,type:text" json:"-"`
	// FormerIdentities are the subjects of the identities that the user has or had,
	// as a JSON object of arrays by provider. Another account at such a provider
	// never joins the user by email.
	FormerIdentities string `bun:"former_identities,nullzero,type:text" json:"-"`
	// WelcomeCredits is what the user was granted at sign-up, so that it can be
	// granted again if the ledger lost it; 0 for nothing, and for users created
	// by another program or an older version.
	WelcomeCredits int64 `bun:"welcome_credits,nullzero,type:bigint" chameleon:"amount" json:"welcome_credits"`
	// EmailSearch and NicknameSearch are Email and Nickname in their searchable
	// forms. Both are NULL in rows that other programs wrote, until [FillSearch],
	// and in those of deleted users.
	EmailSearch    string `bun:"email_search,nullzero,type:varchar(255)" chameleon:"ordered" json:"-"`
	NicknameSearch string `bun:"nickname_search,nullzero,type:varchar(255)" chameleon:"ordered" json:"-"`
	// Counted is the start, in seconds since 1970, of the quarter of an hour in whose
	// totals of sign-ups the user is counted; NULL while in none.
	Counted int64 `bun:"counted,nullzero,type:bigint" json:"-"`
	// Original is true in rows that the original application of an adopted database
	// wrote, by the column's default there. Email may be in any form then.
	Original dialect.Original `bun:"original,notnull,type:boolean,default:false" chameleon:"original" json:"-"`
}

// Marks implements dialect.Marked.
func (*User) Marks() []string {
	return []string{"id", "uuid", "email", "invite_code"}
}

// OwnColumn implements dialect.Adoptable.
func (*User) OwnColumn() string { return "deleted_at" }

// Indexes implements dialect.Indexed.
func (*User) Indexes() []dialect.Index {
	return []dialect.Index{
		{Name: "users_uuid_unique", Columns: []string{"uuid"}, Unique: true},
		{Name: "users_invite_code_unique", Columns: []string{"invite_code"}, Unique: true},
		{Name: "email_unique_idx", Columns: []string{"email"}, Unique: true},
		{Name: "users_invited_by_created_at_idx", Columns: []string{"invited_by", "created_at", "id"}, Times: []string{"created_at"}},
		{Name: "users_created_at_idx", Columns: []string{"created_at", "id"}, Times: []string{"created_at"}},
		{Name: "users_counted_created_at_idx", Columns: []string{"counted", "created_at", "id"}, Times: []string{"created_at"}},
		{
			Name: "users_is_affiliate_idx", Columns: []string{"is_affiliate", "created_at", "id"},
			Times: []string{"created_at"}, // not for affiliates alone: SQLite would not see that a list is of them
		},
		{
			Name: "users_deleted_at_idx", Columns: []string{"deleted_at", "id"},
			Times: []string{"deleted_at"}, Where: "deleted_at IS NOT NULL",
		},
		{Name: "users_email_search_idx", Columns: []string{"email_search", "id"}},
		{Name: "users_nickname_search_idx", Columns: []string{"nickname_search"}},
		{Name: "users_original_idx", Columns: []string{"original", "email"}},
	}
}

// Identity is a row of the table user_identities: an account at an OAuth
// provider that signs a user in. A user may have several.
type Identity struct {
	bun.BaseModel `bun:"table:user_identities,alias:ui"`

	ID       int64  `bun:"id,pk,autoincrement,type:bigint" json:"-"`
	UserUUID string `bun:"user_uuid,notnull,type:varchar(255)" chameleon:"exact" json:"user_uuid"`
	// Provider is the OAuth provider.
	Provider Provider `bun:"provider,notnull,type:varchar(50)" chameleon:"exact" json:"provider"`
	// Subject is the provider's stable ID of the account.
	Subject string `bun:"subject,notnull,type:varchar(255)" chameleon:"exact" json:"subject"`
	// Email is the address that the provider last reported, in the form of
	// [User].Email. It may differ from the user's.
	Email string `bun:"email,nullzero,type:varchar(255)" chameleon:"exact" json:"email,omitempty"`
	// EmailVerified says that the provider vouches for Email.
	EmailVerified bool      `bun:"email_verified,notnull,type:boolean,default:false" json:"email_verified"`
	CreatedAt     time.Time `bun:"created_at,nullzero,type:timestamptz" json:"created_at,omitzero"`
	// UpdatedAt is the last sign-in with this identity.
	UpdatedAt time.Time `bun:"updated_at,nullzero,type:timestamptz" json:"updated_at,omitzero"`
}

// Marks implements dialect.Marked.
func (*Identity) Marks() []string {
	return []string{"id", "user_uuid", "provider", "subject"}
}

// Indexes implements dialect.Indexed.
func (*Identity) Indexes() []dialect.Index {
	return []dialect.Index{
		{Name: "user_identities_provider_subject_unique", Columns: []string{"provider", "subject"}, Unique: true},
		{Name: "user_identities_user_uuid_idx", Columns: []string{"user_uuid"}},
	}
}

// Models returns this package's tables and the ledger's, for schema.Push.
func Models() []any {
	return slices.Concat([]any{&User{}, &Identity{}, &WelcomeClaim{}}, credits.Models())
}

// Provider names a sign-in provider: any name of the form that [Provider.Valid]
// checks.
type Provider string

// The sign-in providers that the original application knows.
const (
	ProviderGoogle Provider = "google"
	ProviderGitHub Provider = "github"
)

// Valid reports whether p can name a provider: 1 to 50 lower-case letters, digits,
// dots, dashes and underscores, a letter or digit first.
func (p Provider) Valid() bool { return valid.IsName(string(p)) }
