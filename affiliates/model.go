package affiliates

import (
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/users"
)

// Commission is a row of the table affiliates: what a referrer earned by one
// order. Amounts are in the smallest unit of the order's currency.
type Commission struct {
	bun.BaseModel `bun:"table:affiliates,alias:a"`

	ID int64 `bun:"id,pk,autoincrement,type:bigint" json:"id"`
	// UserUUID is the referrer, who earns.
	UserUUID string `bun:"user_uuid,notnull,type:varchar(255)" chameleon:"exact" json:"user_uuid"`
	// OrderUUID is the order's number. The column's name is the original's.
	OrderUUID string `bun:"order_uuid,nullzero,type:varchar(255)" chameleon:"exact" json:"order_uuid,omitempty"`
	// CustomerEmail is the referred user's email when they paid.
	CustomerEmail string `bun:"customer_email,nullzero,type:varchar(255)" json:"customer_email,omitempty"`
	OrderAmount   int64  `bun:"order_amount,notnull,type:bigint,default:0" chameleon:"amount" json:"order_amount"`
	// CommissionRate is in whole percent, 0 to 100.
	CommissionRate int64 `bun:"commission_rate,notnull,type:integer,default:0" json:"commission_rate"`
	// CommissionAmount is what is earned, after refunds.
	CommissionAmount int64     `bun:"commission_amount,notnull,type:bigint,default:0" chameleon:"amount" json:"commission_amount"`
	Status           Status    `bun:"status,nullzero,type:varchar(50)" chameleon:"exact" json:"status,omitempty"`
	CreatedAt        time.Time `bun:"created_at,nullzero,type:timestamptz" json:"created_at,omitzero"`

	// OrderKey repeats the order's number under a uniqueness rule, so that an
	// order earns once. It is a column of its own because rows that other
	// programs write leave it NULL and may hold any OrderUUID, even twice.
	OrderKey string `bun:"order_key,nullzero,type:varchar(255)" chameleon:"exact" json:"-"`
	// CustomerUUID is the referred user.
	CustomerUUID string `bun:"customer_uuid,nullzero,type:varchar(255)" chameleon:"exact" json:"customer_uuid,omitempty"`
	// Currency is the order's.
	Currency string `bun:"currency,nullzero,type:varchar(10)" json:"currency,omitempty"`
	// ReversedAmount is the commission that refunds took back, in all.
	ReversedAmount int64     `bun:"reversed_amount,notnull,type:bigint,default:0" chameleon:"amount" json:"reversed_amount"`
	ApprovedAt     time.Time `bun:"approved_at,nullzero,type:timestamptz" json:"approved_at,omitzero"`
	RejectedAt     time.Time `bun:"rejected_at,nullzero,type:timestamptz" json:"rejected_at,omitzero"`
	// RefundRejectedAt is when a full refund rejected it, zero when somebody did:
	// it comes back when that refund fails.
	RefundRejectedAt time.Time `bun:"refund_rejected_at,nullzero,type:timestamptz" json:"refund_rejected_at,omitzero"`
	PaidAt           time.Time `bun:"paid_at,nullzero,type:timestamptz" json:"paid_at,omitzero"`
	// PaidAmount is what was paid out, in money or as credits. It stays when a
	// refund reduces CommissionAmount afterwards. Zero on rows that another
	// program marked as paid: CommissionAmount was paid then.
	PaidAmount int64 `bun:"paid_amount,nullzero,type:bigint" chameleon:"amount" json:"paid_amount"`
	// ConvertedAt is when the commission was paid out in credits, and
	// ConvertedCredits how many; zero when it was paid in money.
	ConvertedAt      time.Time `bun:"converted_at,nullzero,type:timestamptz" json:"converted_at,omitzero"`
	ConvertedCredits int64     `bun:"converted_credits,nullzero,type:bigint" chameleon:"amount" json:"converted_credits"`
	// ConvertedExpireAt is when those credits expire, zero for never.
	ConvertedExpireAt time.Time `bun:"converted_expire_at,nullzero,type:timestamptz" json:"converted_expire_at,omitzero"`
	UpdatedAt         time.Time `bun:"updated_at,nullzero,type:timestamptz" json:"updated_at,omitzero"`
	// ClawBacks is what refunds and disputes did to the converted credits, as a
	// JSON array: the calls of the ledger, so that they can be made again. It is
	// empty when the commission was not converted, or by an older version.
	ClawBacks string `bun:"claw_backs,nullzero,type:text" json:"-"`
}

// Marks implements dialect.Marked.
func (*Commission) Marks() []string {
	return []string{"id", "user_uuid", "order_uuid", "commission_amount"}
}

// Indexes implements dialect.Indexed.
func (*Commission) Indexes() []dialect.Index {
	return []dialect.Index{
		{Name: "affiliates_order_key_unique", Columns: []string{"order_key"}, Unique: true},
		{Name: "affiliates_order_uuid_idx", Columns: []string{"order_uuid"}},
		{Name: "affiliates_user_uuid_created_at_idx", Columns: []string{"user_uuid", "created_at", "id"}, Times: []string{"created_at"}},
		{Name: "affiliates_status_created_at_idx", Columns: []string{"status", "created_at", "id"}, Times: []string{"created_at"}},
		{Name: "affiliates_created_at_idx", Columns: []string{"created_at", "id"}, Times: []string{"created_at"}},
		{Name: "affiliates_customer_uuid_idx", Columns: []string{"customer_uuid"}},
	}
}

// Models returns this package's table and those of users and the ledger, for
// schema.Push.
func Models() []any {
	return append(users.Models(), &Commission{})
}
