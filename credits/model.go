package credits

import (
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/events"
	"github.com/chameleon-go/chameleon/internal/totals"
)

// Models returns the ledger's tables, that of package events and that of totals, for
// schema.Push.
func Models() []any {
	return []any{
		(*Account)(nil), (*Entry)(nil), (*ArchivedEntry)(nil), (*Lot)(nil), (*HoldRecord)(nil), (*Budget)(nil),
		(*events.Record)(nil), (*totals.Total)(nil),
	}
}

// Account is an account's row in credits, the one row that is locked while the
// account's ledger changes. It is state: audit.Rebuild restores it from
// history.
//
// Columns that end in _us are UTC microseconds since 1970. The ledger compares
// these, because an adopted created_at may have only whole seconds.
type Account struct {
	bun.BaseModel `bun:"table:credits,alias:a"`

	ID int64 `bun:"id,pk,autoincrement,type:bigint" json:"-"`
	// UserUUID is the account's ID.
	UserUUID string `bun:"user_uuid,notnull,type:varchar(255)" chameleon:"exact" json:"user_uuid"`
	// LeftCredits is what could be spent at AsOfUs.
	LeftCredits int64 `bun:"left_credits,notnull,default:0,type:bigint" chameleon:"amount" json:"left_credits"`
	// TotalCredits is the sum of all grants; refunds do not count.
	TotalCredits int64     `bun:"total_credits,notnull,default:0,type:bigint" chameleon:"amount" json:"total_credits"`
	UpdatedAt    time.Time `bun:"updated_at,nullzero,type:timestamptz" json:"updated_at,omitzero"`

	// Seq is the number of ledger entries of this account.
	Seq int64 `bun:"seq,notnull,default:0,type:bigint" json:"-"`
	// Balance is the sum of the entries whose grant had not expired at AsOfUs:
	// what can be spent, plus what is held, less the debt.
	Balance int64 `bun:"balance,notnull,default:0,type:bigint" chameleon:"amount" json:"balance"`
	// HeldCredits are reserved by active holds, on grants not expired at
	// AsOfUs.
	HeldCredits int64 `bun:"held_credits,notnull,default:0,type:bigint" chameleon:"amount" json:"held_credits"`
	// DebtCredits are owed; the next grants pay them.
	DebtCredits int64 `bun:"debt_credits,notnull,default:0,type:bigint" chameleon:"amount" json:"debt_credits"`
	// ExpiredCredits is what was left in grants when they expired.
	ExpiredCredits int64 `bun:"expired_credits,notnull,default:0,type:bigint" chameleon:"amount" json:"expired_credits"`
	// OpenLot is the lot that the next charge draws on, 0 for none. Its free credits
	// are in OpenLeft, not in the lot's own row, so that a charge that fits touches
	// this row only. On an account with a LowMark, OpenLeft is the part that can be
	// spent without falling below the mark, and the rest is in the lot's row.
	OpenLot       int64 `bun:"open_lot,notnull,default:0,type:bigint" json:"-"`
	OpenLeft      int64 `bun:"open_left,notnull,default:0,type:bigint" chameleon:"amount" json:"-"`
	OpenExpiresUs int64 `bun:"open_expires_us,notnull,default:0,type:bigint" json:"-"`
	// AsOfUs is the time of the account's latest operation: an account's time
	// never runs backwards.
	AsOfUs int64 `bun:"as_of_us,notnull,default:0,type:bigint" json:"-"`
	// NextEventUs is when the passage of time next makes this row inexact: the
	// next expiry of a grant or timeout of a hold.
	NextEventUs int64 `bun:"next_event_us,notnull,default:0,type:bigint" json:"-"`
	// ActiveHolds is the number of holds that have not ended.
	ActiveHolds int64 `bun:"active_holds,notnull,default:0,type:integer" json:"-"`
	// HeadHash is the hash of the account's latest entry.
	HeadHash string `bun:"head_hash,nullzero,type:varchar(64)" chameleon:"exact" json:"-"`
	// ArchivedSeq is the Seq of the latest entry ever moved to the archive, 0 for
	// none. Later entries are in credits_trans. It never decreases, so that 0 means
	// the same in every snapshot of the database.
	ArchivedSeq int64 `bun:"archived_seq,notnull,default:0,type:bigint" json:"-"`
	// CallID is that of the latest charge made in one round trip; see
	// Entry.CallID.
	CallID int64 `bun:"call_id,nullzero,type:bigint" json:"-"`
	// LowMark is the mark below which the balance is low, 0 for none; see
	// [SetLowBalance].
	LowMark int64 `bun:"low_mark,notnull,default:0,type:bigint" chameleon:"amount" json:"low_mark,omitempty"`
	// EventSeq is the number of the account's latest event in the outbox.
	EventSeq int64 `bun:"event_seq,notnull,default:0,type:bigint" json:"-"`
}

// Marks implements dialect.Marked.
func (*Account) Marks() []string {
	return []string{"id", "user_uuid", "left_credits", "total_credits"}
}

// Indexes declares the table's indexes.
func (*Account) Indexes() []dialect.Index {
	return []dialect.Index{
		{Name: "credits_user_uuid_unique", Columns: []string{"user_uuid"}, Unique: true},
		{Name: "credits_next_event_us_idx", Columns: []string{"next_event_us"}},
	}
}

// ShardKey implements dialect.Sharded.
func (*Account) ShardKey() string { return "user_uuid" }

// Filled implements dialect.Updated: every operation changes its account's row.
func (*Account) Filled() int { return 75 }

// Entry is a row of credits_trans: history that nothing updates or deletes.
// Rows that other programs write leave the ledger's own columns NULL.
type Entry struct {
	bun.BaseModel `bun:"table:credits_trans,alias:t"`

	ID int64 `bun:"id,pk,autoincrement,type:bigint" json:"-"`
	// UserUUID is the account.
	UserUUID string `bun:"user_uuid,notnull,type:varchar(255)" chameleon:"exact" json:"user_uuid"`
	// TransType says what it is for: one of the Type constants or your own.
	TransType string `bun:"trans_type,notnull,type:varchar(50)" json:"trans_type"`
	// Credits is what was added (positive) or taken (negative).
	Credits int64 `bun:"credits,notnull,type:bigint" chameleon:"amount" json:"credits"`
	// ExpiredAt is when the grant that this entry belongs to expires: an
	// ISO 8601 UTC time, empty for never.
	ExpiredAt string    `bun:"expired_at,nullzero,type:varchar(255)" json:"expired_at,omitempty"`
	CreatedAt time.Time `bun:"created_at,nullzero,type:timestamptz" json:"created_at,omitzero"`

	// Seq numbers an account's entries 1, 2, 3 …; 0 on rows that the ledger
	// did not write.
	Seq int64 `bun:"seq,nullzero,type:bigint" json:"seq"`
	// OpSeq is the Seq of the first entry of the same operation.
	OpSeq int64 `bun:"op_seq,nullzero,type:bigint" json:"op_seq"`
	// OpKey is the operation's idempotency key, on its first entry.
	OpKey string `bun:"op_key,nullzero,type:varchar(255)" chameleon:"bytes" json:"-"`
	// OpKind is the operation's verb, on its first entry.
	OpKind Kind `bun:"op_kind,nullzero,type:varchar(20)" json:"op_kind,omitempty"`
	// OpHash is the fingerprint of the operation's payload, on its first entry.
	OpHash string `bun:"op_hash,nullzero,type:varchar(64)" json:"-"`
	// OpData holds further data of the operation's kind, as JSON.
	OpData string `bun:"op_data,nullzero,type:text" json:"-"`
	// TargetSeq is the OpSeq of the operation that this one acts on: a refund's
	// charge, a capture's hold, a claw-back's grant.
	TargetSeq int64 `bun:"target_seq,nullzero,type:bigint" json:"target_seq,omitempty"`
	// Lot is the grant that the entry belongs to: the Seq of the entry that
	// granted it. For carried-over credits it is the Seq of the entry that took
	// them out of the earlier grant. Debt is lot -1.
	Lot int64 `bun:"lot,nullzero,type:bigint" json:"lot"`
	// Held is what was added to (positive) or taken from (negative) the lot's
	// held credits.
	Held int64 `bun:"held,notnull,default:0,type:bigint" chameleon:"amount" json:"held"`
	// Balance is the account's balance after this entry.
	Balance int64 `bun:"balance,notnull,default:0,type:bigint" chameleon:"amount" json:"balance"`
	// Available is what could be spent after this entry.
	Available int64 `bun:"available,notnull,default:0,type:bigint" chameleon:"amount" json:"available"`
	// AtUs is the ledger's time of the entry; CreatedAt is the same moment in
	// the precision of its column.
	AtUs int64 `bun:"at_us,nullzero,type:bigint" json:"-"`
	// ExpiresUs is ExpiredAt as a number, for comparisons; math.MaxInt64 for
	// never.
	ExpiresUs int64 `bun:"expires_us,nullzero,type:bigint" json:"-"`
	// OrderNo and GenID link the entry to an order or a generation.
	OrderNo string `bun:"order_no,nullzero,type:varchar(255)" chameleon:"exact" json:"order_no,omitempty"`
	GenID   string `bun:"gen_id,nullzero,type:varchar(255)" chameleon:"exact" json:"gen_id,omitempty"`
	// Metadata is the caller's own JSON object, on the operation's first entry.
	Metadata string `bun:"metadata,nullzero,type:text" json:"metadata,omitempty"`
	// MetadataSalt is random and hashed together with Metadata: once [Redact] has
	// erased both, the text cannot be found by guessing.
	MetadataSalt string `bun:"metadata_salt,nullzero,type:varchar(64)" chameleon:"exact" json:"-"`
	// Hash chains the entry to the account's previous one.
	Hash string `bun:"hash,nullzero,type:varchar(64)" chameleon:"exact" json:"-"`
	// CallID is a random number that identifies the call which wrote the
	// operation in one round trip, 0 for other operations. A call whose
	// connection broke recognizes its own work by it. The hash does not cover
	// it.
	CallID int64 `bun:"call_id,nullzero,type:bigint" json:"-"`
}

// Marks implements dialect.Marked.
func (*Entry) Marks() []string {
	return []string{"id", "user_uuid", "trans_type", "credits", "expired_at"}
}

// Indexes declares the table's indexes. The original application's index on
// user_uuid alone is kept where it exists but not created: each of these begins
// with user_uuid, and every entry pays for every index.
func (*Entry) Indexes() []dialect.Index {
	return []dialect.Index{
		{Name: "credits_trans_op_key_unique", Columns: []string{"user_uuid", "op_key"}, Unique: true},
		{Name: "credits_trans_seq_unique", Columns: []string{"user_uuid", "seq"}, Unique: true},
		{
			Name: "credits_trans_target_seq_idx", Columns: []string{"user_uuid", "target_seq"},
			Where: "target_seq IS NOT NULL",
		},
		{Name: "credits_trans_at_us_idx", Columns: []string{"user_uuid", "at_us"}},
	}
}

// ShardKey implements dialect.Sharded.
func (*Entry) ShardKey() string { return "user_uuid" }

// AppendOnly implements dialect.AppendOnly: adoption numbers a row, and [Redact]
// removes its salt.
func (*Entry) AppendOnly() []string { return []string{"seq", "metadata_salt"} }

// ArchivedEntry is a row of credits_trans_archive: an entry that package archive
// moved there with all of its columns. Every read of history reads both tables.
type ArchivedEntry struct {
	bun.BaseModel `bun:"table:credits_trans_archive,alias:t"`
	Entry
}

// ArchiveOf implements dialect.Archive.
func (*ArchivedEntry) ArchiveOf() string { return "credits_trans" }

// Marks implements dialect.Marked.
func (*ArchivedEntry) Marks() []string { return (*Entry)(nil).Marks() }

// Indexes declares the table's indexes: those of credits_trans.
func (*ArchivedEntry) Indexes() []dialect.Index {
	return []dialect.Index{
		{Name: "credits_trans_archive_op_key_unique", Columns: []string{"user_uuid", "op_key"}, Unique: true},
		{Name: "credits_trans_archive_seq_unique", Columns: []string{"user_uuid", "seq"}, Unique: true},
		{
			Name: "credits_trans_archive_target_seq_idx", Columns: []string{"user_uuid", "target_seq"},
			Where: "target_seq IS NOT NULL",
		},
		{Name: "credits_trans_archive_at_us_idx", Columns: []string{"user_uuid", "at_us"}},
	}
}

// ShardKey implements dialect.Sharded.
func (*ArchivedEntry) ShardKey() string { return "user_uuid" }

// Lot is what is left of one grant. It is state: audit.Rebuild restores it.
type Lot struct {
	bun.BaseModel `bun:"table:credits_lots,alias:l"`

	UserUUID string `bun:"user_uuid,pk,type:varchar(255)" chameleon:"exact" json:"user_uuid"`
	// Lot is the Seq of the entry that granted it, or that took it out of the lot
	// that it was carried over from.
	Lot int64 `bun:"lot,pk,type:bigint" json:"lot"`
	// Granted is the original amount, which the remainder never exceeds.
	Granted int64 `bun:"granted,notnull,default:0,type:bigint" chameleon:"amount" json:"granted"`
	// Free can be spent. While the lot is open on the account's row, the account's
	// OpenLeft holds that instead, and Free is 0 unless the account has a LowMark.
	Free int64 `bun:"free,notnull,default:0,type:bigint" chameleon:"amount" json:"free"`
	// Held is reserved by holds.
	Held int64 `bun:"held,notnull,default:0,type:bigint" chameleon:"amount" json:"held"`
	// Paid lots are spent after free ones that expire at the same time.
	Paid bool `bun:"paid,notnull,default:false,type:boolean" json:"paid"`
	// Live lots count towards the balance: they have a remainder, and the
	// account's time has not passed their expiry.
	Live bool `bun:"live,notnull,default:false,type:boolean" json:"live"`
	// ExpiresUs is the expiry, math.MaxInt64 for never.
	ExpiresUs int64 `bun:"expires_us,notnull,default:0,type:bigint" json:"expires_us"`
	// CreatedUs is when it was granted.
	CreatedUs int64 `bun:"created_us,notnull,default:0,type:bigint" json:"created_us"`
	// Origin is the grant that carried-over credits come from; 0 for a grant's
	// own lot.
	Origin int64 `bun:"origin,notnull,default:0,type:bigint" json:"origin"`
	// Claws is what has been clawed back so far, by source, as JSON.
	Claws string `bun:"claws,nullzero,type:text" json:"-"`
	// Noticed means that an event has announced its expiry; see
	// [NoticeExpiring].
	Noticed bool `bun:"noticed,notnull,default:false,type:boolean" json:"-"`
}

// Marks implements dialect.Marked.
func (*Lot) Marks() []string {
	return []string{"user_uuid", "lot", "granted", "free", "held"}
}

// Indexes declares the table's indexes. The first is the order in which lots
// are spent; the second lists what expires soon over all accounts. The second
// costs a grant one index entry and other verbs nothing, because its columns
// never change.
func (*Lot) Indexes() []dialect.Index {
	return []dialect.Index{
		{Name: "credits_lots_burn_idx", Columns: []string{"user_uuid", "live", "expires_us", "paid", "lot"}},
		{Name: "credits_lots_expires_us_idx", Columns: []string{"expires_us", "user_uuid", "lot"}},
	}
}

// ShardKey implements dialect.Sharded.
func (*Lot) ShardKey() string { return "user_uuid" }

// HoldRecord is a row of credits_holds, a hold. It is state: audit.Rebuild
// restores it.
type HoldRecord struct {
	bun.BaseModel `bun:"table:credits_holds,alias:h"`

	UserUUID string `bun:"user_uuid,pk,type:varchar(255)" chameleon:"exact" json:"user_uuid"`
	// HoldSeq is the OpSeq of the operation that made it.
	HoldSeq int64 `bun:"hold_seq,pk,type:bigint" json:"hold_seq"`
	// HoldKey is the idempotency key of that operation.
	HoldKey string `bun:"hold_key,notnull,type:varchar(255)" chameleon:"bytes" json:"-"`
	// Amount was held originally; Captured is how much of it has been spent,
	// and Remaining how much is still held.
	Amount    int64 `bun:"amount,notnull,default:0,type:bigint" chameleon:"amount" json:"amount"`
	Captured  int64 `bun:"captured,notnull,default:0,type:bigint" chameleon:"amount" json:"captured"`
	Remaining int64 `bun:"remaining,notnull,default:0,type:bigint" chameleon:"amount" json:"remaining"`
	// Status is one of the Hold constants.
	Status HoldStatus `bun:"status,notnull,type:varchar(20)" json:"status"`
	// DueUs is when it times out, math.MaxInt64 for never.
	DueUs     int64 `bun:"due_us,notnull,default:0,type:bigint" json:"due_us"`
	CreatedUs int64 `bun:"created_us,notnull,default:0,type:bigint" json:"created_us"`
	// TransType is the type that a capture's entries get.
	TransType string `bun:"trans_type,notnull,type:varchar(50)" json:"trans_type"`
	// Allocations is what is still held of each lot, as JSON.
	Allocations string `bun:"allocations,nullzero,type:text" json:"-"`
}

// Marks implements dialect.Marked.
func (*HoldRecord) Marks() []string {
	return []string{"user_uuid", "hold_seq", "hold_key", "amount"}
}

// Indexes declares the table's indexes.
func (*HoldRecord) Indexes() []dialect.Index {
	return []dialect.Index{
		{Name: "credits_holds_due_idx", Columns: []string{"user_uuid", "status", "due_us"}},
	}
}

// ShardKey implements dialect.Sharded.
func (*HoldRecord) ShardKey() string { return "user_uuid" }
