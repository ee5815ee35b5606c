package credits

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits/internal/column"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/valid"
	"github.com/chameleon-go/chameleon/list"
)

// MaxStatementTypes is the most types that one statement filters by.
const MaxStatementTypes = 100

// StatementParams ask for a page of an account's statement.
type StatementParams struct {
	UserUUID string
	// Types keeps the lines whose [StatementLine].Type is one of these, byte
	// for byte; empty keeps all.
	Types []string
	// From and To bound the time of lines in the ledger's time: From is
	// included, To is not; zero is no bound.
	From, To time.Time
	// OldestFirst lists the oldest line first.
	OldestFirst bool
	// WithoutHolds leaves out the operations that move no credits by their
	// nature: hold, extend, release and timeout. Captures stay.
	WithoutHolds bool
	// Cursor is the [list.Page].Next of the page before, empty for the
	// first page. It holds for the same account, filters and order only.
	Cursor string
	// Limit is how many lines to read at most; 0 means list.DefaultLimit, and
	// list.MaxLimit is the maximum.
	Limit int
}

// StatementLine is one operation on an account, with all of its entries; or a
// row that another program wrote, which is Legacy.
type StatementLine struct {
	// Key is the operation's idempotency key. Legacy rows have none, nor have
	// timeouts of holds, which the clock causes.
	Key string `json:"-"`
	// Kind is the operation's verb, empty on legacy rows.
	Kind Kind `json:"kind"`
	// Type is the transaction type of the operation's first entry.
	Type string `json:"type"`
	// Amount is what the operation did to the balance, in credits: positive or
	// negative. An entry on a grant that had expired by then did nothing to it.
	Amount int64 `json:"amount"`
	// Credits is the sum of the entries: Amount, and what was moved on grants
	// that had expired, such as a refund that came too late to be of use.
	Credits int64 `json:"credits"`
	// Held is what the operation added to (positive) or took from what is held.
	Held int64 `json:"held"`
	// At is the time of the operation, UTC; zero on an undated legacy row.
	At time.Time `json:"at,omitzero"`
	// Balance is the account's balance after the operation, Available what
	// could be spent. Both are 0 on legacy rows, which are not in them.
	Balance   int64 `json:"balance"`
	Available int64 `json:"available"`
	// OrderNo and GenID are the order or generation that it is tied to.
	OrderNo string `json:"order_no,omitempty"`
	GenID   string `json:"gen_id,omitempty"`
	// Metadata is the caller's JSON object as it is stored.
	Metadata string `json:"metadata,omitempty"`
	// Allocations are the operation's entries, in the order of writing.
	Allocations []Allocation `json:"allocations,omitempty"`
	// Legacy marks a row that another program wrote. It is not part of the
	// ledger until it is adopted.
	Legacy bool `json:"legacy"`
}

// Allocation is the part of an operation that one grant bears: one entry.
type Allocation struct {
	// Seq numbers the account's entries; 0 on legacy rows.
	Seq int64 `json:"seq"`
	// Lot is the grant: the Seq of the entry that granted it. It is -1 for what
	// is owed, and 0 on legacy rows.
	Lot int64 `json:"lot"`
	// Type is the entry's own transaction type. It differs from the line's
	// where an operation does several things: pays debt, carries over, or gives
	// back what a capture left.
	Type string `json:"type"`
	// Credits and Held are what was added or taken.
	Credits int64 `json:"credits"`
	Held    int64 `json:"held"`
	// ExpiresAt is when the grant expires, zero for never. On legacy rows it is
	// also zero when ExpiredAt does not parse.
	ExpiresAt time.Time `json:"expires_at,omitzero"`
	// ExpiredAt is the column as it is stored: an ISO 8601 UTC time, empty for
	// never; whatever the other program wrote on legacy rows.
	ExpiredAt string `json:"expired_at,omitempty"`
	// Balance and Available are the account's after this entry.
	Balance   int64 `json:"balance"`
	Available int64 `json:"available"`
}

// Statement reads a page of an account's history, one line an operation,
// newest first or oldest first. An operation's entries are never split: a line
// has them all, so that a page holds at most Limit operations and as many
// entries as those have.
//
// Pages are stable: lines that are added meanwhile neither repeat nor hide
// others. History does not change, so that a line reads the same at any time.
// Without filters a page costs the same at any place of a history of any
// length; filters by type read over the lines that they leave out.
//
// Rows that other programs wrote into credits_trans and that the ledger has
// not adopted are lines of their own, marked Legacy and without a running
// balance, at their created_at among the others; at the same microsecond they
// are older than the ledger's operations, and among themselves ordered by id.
// Those without a readable created_at come last in either order, by id in that
// order, and not at all when From or To is given. An account's legacy rows are
// sorted anew for each page; they have no index by time.
//
// Errors: *InvalidError, also for a cursor that is not one or belongs to other
// params; *dialect.Error. An account that does not exist has no lines.
func Statement(ctx context.Context, db bun.IDB, p StatementParams) (*list.Page[StatementLine], error) {
	if _, err := p.reader(db); err != nil {
		return nil, err
	}
	ctx, db, done, err := dialect.Reading(ctx, db)
	if err != nil {
		return nil, err
	}
	defer done()
	r, err := p.reader(db)
	if err != nil {
		return nil, err
	}
	page, err := r.read(ctx)
	return page, dialect.Classify(err)
}

// reader checks the params.
func (p StatementParams) reader(db bun.IDB) (*statementReader, error) {
	err := valid.First(checkAccount("UserUUID", p.UserUUID), checkTypes(p.Types), checkPeriod(p.From, p.To))
	if err != nil {
		return nil, err
	}
	r := &statementReader{db: db, caps: dialect.Of(db), p: p, from: beginning, to: column.Never}
	if r.limit, err = pageLimit(p.Limit); err != nil {
		return nil, err
	}
	if !p.From.IsZero() {
		r.from = p.From.UnixMicro()
	}
	if !p.To.IsZero() {
		r.to = ceilMicro(p.To)
	}
	r.after, err = parsePlace(p.Cursor, p.scope())
	return r, err
}

// scope is what a cursor is bound to.
func (p StatementParams) scope() string {
	types := slices.Clone(p.Types)
	slices.Sort(types)
	types = slices.Compact(types)
	return fmt.Sprintf("statement %q %q %d %d %t %t", p.UserUUID, types,
		microsOrZero(p.From), microsOrZero(p.To), p.OldestFirst, p.WithoutHolds)
}

func microsOrZero(at time.Time) int64 {
	if at.IsZero() {
		return 0
	}
	return at.UnixMicro()
}

// ceilMicro rounds an excluded end up: what happens in the microsecond that a
// finer time lies in happens before it.
func ceilMicro(at time.Time) int64 {
	us := at.UnixMicro()
	if at.After(time.UnixMicro(us)) {
		us++
	}
	return us
}

func checkTypes(types []string) error {
	if len(types) > MaxStatementTypes {
		return valid.Failf("Types", "%d types, more than %d", len(types), MaxStatementTypes)
	}
	for _, name := range types {
		if err := valid.Identifier("Types", name, maxTypeRunes); err != nil {
			return err
		}
	}
	return nil
}

func checkPeriod(from, to time.Time) error {
	err := valid.First(checkTime("From", from), checkTime("To", to))
	if err == nil && !from.IsZero() && !to.IsZero() && !from.Before(to) {
		return valid.Failf("To", "not after From")
	}
	return err
}
