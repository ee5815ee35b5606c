package generations

import (
	"slices"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/valid"
	"github.com/chameleon-go/chameleon/providers"
)

// Generation is a row of the table generations.
type Generation struct {
	bun.BaseModel `bun:"table:generations,alias:g"`

	ID int64 `bun:"id,pk,autoincrement,type:bigint" json:"-"`
	// GenID identifies the generation everywhere outside this table. Generated
	// ones are unguessable and start with "gen_".
	GenID    string `bun:"gen_id,notnull,type:varchar(255)" chameleon:"exact" json:"gen_id"`
	UserUUID string `bun:"user_uuid,notnull,type:varchar(255)" chameleon:"exact" json:"user_uuid"`
	AIType   AIType `bun:"ai_type,notnull,type:varchar(50)" chameleon:"exact" json:"ai_type"`
	Provider string `bun:"provider,notnull,type:varchar(50)" chameleon:"exact" json:"provider"`
	Model    string `bun:"model,nullzero,type:varchar(255)" json:"model,omitempty"`
	Prompt   string `bun:"prompt,nullzero,type:text" json:"prompt,omitempty"`
	// ResultURLs is a JSON array of URLs once completed; see
	// [Generation.Results]. Rows that other programs wrote may hold "".
	ResultURLs string `bun:"result_urls,nullzero,type:text" json:"result_urls,omitempty"`
	Status     Status `bun:"status,notnull,type:varchar(50)" chameleon:"exact" json:"status"`
	// CreditsCost is what was charged, before any refund. For a generation that
	// holds credits it is the amount held, until it is settled.
	CreditsCost  int64     `bun:"credits_cost,notnull,type:bigint,default:0" chameleon:"amount" json:"credits_cost"`
	CreatedAt    time.Time `bun:"created_at,nullzero,type:timestamptz" json:"created_at,omitzero"`
	CompletedAt  time.Time `bun:"completed_at,nullzero,type:timestamptz" json:"completed_at,omitzero"`
	ErrorMessage string    `bun:"error_message,nullzero,type:text" json:"error_message,omitempty"`

	// RequestKey is the caller's idempotency key, unique for each user.
	RequestKey string `bun:"request_key,nullzero,type:varchar(255)" chameleon:"exact" json:"-"`
	// ChargeKey is the ledger's key of the charge. It is empty in rows that
	// other programs wrote until [Fail] or an adoption finds their charge.
	ChargeKey string `bun:"charge_key,nullzero,type:varchar(255)" chameleon:"exact" json:"-"`
	// HoldKey is the ledger's key of the hold, if the cost is known only
	// afterwards. Such a generation gets a ChargeKey when it is settled.
	HoldKey string `bun:"hold_key,nullzero,type:varchar(255)" chameleon:"exact" json:"-"`
	// CreditsRefunded is how many of CreditsCost went back to the user.
	CreditsRefunded int64 `bun:"credits_refunded,notnull,type:bigint,default:0" chameleon:"amount" json:"credits_refunded"`
	// CreditsHeld is what was held when it was ordered, if it has a HoldKey.
	CreditsHeld int64     `bun:"credits_held,nullzero,type:bigint" chameleon:"amount" json:"credits_held"`
	StartedAt   time.Time `bun:"started_at,nullzero,type:timestamptz" json:"started_at,omitzero"`
	UpdatedAt   time.Time `bun:"updated_at,nullzero,type:timestamptz" json:"updated_at,omitzero"`
	// Counted is the start, in seconds since 1970, of the quarter of an hour in whose
	// totals the generation is counted; NULL while in none.
	Counted int64 `bun:"counted,nullzero,type:bigint" json:"-"`
}

// Marks implements dialect.Marked.
func (*Generation) Marks() []string {
	return []string{"id", "gen_id", "user_uuid", "ai_type", "provider", "status"}
}

// Indexes implements dialect.Indexed.
func (*Generation) Indexes() []dialect.Index {
	return []dialect.Index{
		{Name: "generations_gen_id_unique", Columns: []string{"gen_id"}, Unique: true},
		{Name: "generations_user_uuid_created_at_idx", Columns: []string{"user_uuid", "created_at", "id"}, Times: []string{"created_at"}},
		{Name: "generations_user_uuid_request_key_unique", Columns: []string{"user_uuid", "request_key"}, Unique: true},
		{
			Name: "generations_counted_created_at_idx", Columns: []string{"counted", "created_at", "id", "status", "provider"},
			Times: []string{"created_at"}, // all that Stats and KeepTotals read
		},
		{Name: "generations_status_created_at_idx", Columns: []string{"status", "created_at"}, Times: []string{"created_at"}},
	}
}

// ShardKey implements dialect.Sharded.
func (*Generation) ShardKey() string { return "user_uuid" }

// Models returns this package's tables, the ledger's, and that of the providers'
// keys, for schema.Push.
func Models() []any {
	return slices.Concat(credits.Models(), providers.Models(), []any{&Generation{}, &ArchivedGeneration{}})
}

// AIType is the kind of content: any name of the form that [AIType.Valid]
// checks.
type AIType string

// The types that the original application makes.
const (
	TypeText  AIType = "text"
	TypeImage AIType = "image"
	TypeVideo AIType = "video"
)

// Valid reports whether t can name a type: 1 to 50 lower-case letters, digits,
// dots, dashes and underscores, a letter or digit first.
func (t AIType) Valid() bool { return valid.IsName(string(t)) }

// Status is the status of a generation.
type Status string

// The statuses of a generation: pending, then optionally processing, then
// completed or failed, which are final.
const (
	StatusPending    Status = "pending"
	StatusProcessing Status = "processing"
	StatusCompleted  Status = "completed"
	StatusFailed     Status = "failed"
)

// Foreign returns the equivalent of another program's status, and whether it is
// known; docs/adopting.md has the table. This package's own statuses are their
// own equivalents.
func (s Status) Foreign() (Status, bool) {
	switch s {
	case "created", "queued", "starting":
		return StatusPending, true
	case "running", "in_progress", "generating":
		return StatusProcessing, true
	case "success", "succeeded", "complete", "done", "finished":
		return StatusCompleted, true
	case "fail", "failure", "error", "canceled", "cancelled", "timeout":
		return StatusFailed, true
	}
	return s, s.Valid()
}

// Valid reports whether s is one of the statuses above.
func (s Status) Valid() bool {
	switch s {
	case StatusPending, StatusProcessing, StatusCompleted, StatusFailed:
		return true
	}
	return false
}
