package credits

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits/internal/column"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/page"
	"github.com/chameleon-go/chameleon/internal/valid"
	"github.com/chameleon-go/chameleon/list"
)

// MaxStatementTypes is the maximum number of types that a statement can filter
// by.
const MaxStatementTypes = 100

// StatementParams name a page of an account's statement.
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
	// WithoutHolds leaves out operations that never move credits: hold, extend,
	// release and timeout. Captures stay.
	WithoutHolds bool
	// Cursor is the [list.Page].Next of the page before, empty for the
	// first page. It holds for the same account, filters and order only.
	Cursor string
	// Limit is how many lines to read at most; 0 means list.DefaultLimit, and
	// list.MaxLimit is the maximum.
	Limit int
}

// StatementLine is one operation on an account with all of its entries, or a
// row that another program wrote, which is Legacy.
type StatementLine struct {
	// Key is the operation's idempotency key. Legacy rows and timeouts of holds
	// have none.
	Key string `json:"-"`
	// Kind is the operation's verb, empty on legacy rows.
	Kind Kind `json:"kind"`
	// Type is the transaction type of the operation's first entry.
	Type string `json:"type"`
	// Amount is the operation's effect on the balance in credits, positive or
	// negative. An entry on a grant that had already expired has none.
	Amount int64 `json:"amount"`
	// Credits is the sum of the entries: Amount plus what was moved on expired
	// grants, such as a refund that came too late to be spent.
	Credits int64 `json:"credits"`
	// Held is what the operation added to (positive) or took from (negative)
	// held credits.
	Held int64 `json:"held"`
	// At is the time of the operation, UTC; zero on an undated legacy row.
	At time.Time `json:"at,omitzero"`
	// Balance is the account's balance after the operation, Available what
	// could be spent. Both are 0 on legacy rows, which they do not include.
	Balance   int64 `json:"balance"`
	Available int64 `json:"available"`
	// OrderNo and GenID are the order or generation that it belongs to.
	OrderNo string `json:"order_no,omitempty"`
	GenID   string `json:"gen_id,omitempty"`
	// Metadata is the caller's JSON object as it is stored.
	Metadata string `json:"metadata,omitempty"`
	// Allocations are the operation's entries, in the order of writing.
	Allocations []Allocation `json:"allocations,omitempty"`
	// Legacy marks a row that another program wrote and that is not yet part of
	// the ledger.
	Legacy bool `json:"legacy"`
}

// Allocation is one grant's part of an operation: one entry.
type Allocation struct {
	// Seq numbers the account's entries; 0 on legacy rows.
	Seq int64 `json:"seq"`
	// Lot is the grant: the Seq of the entry that granted it. It is -1 for
	// debt, and 0 on legacy rows.
	Lot int64 `json:"lot"`
	// Type is the entry's own transaction type. It differs from the line's
	// where an operation does several things: pays debt, carries credits over,
	// or returns what a capture left.
	Type string `json:"type"`
	// Credits and Held are what was added or, if negative, taken.
	Credits int64 `json:"credits"`
	Held    int64 `json:"held"`
	// ExpiresAt is when the grant expires, zero for never. On legacy rows it is
	// also zero when ExpiredAt does not parse.
	ExpiresAt time.Time `json:"expires_at,omitzero"`
	// ExpiredAt is the column as stored: an ISO 8601 UTC time, empty for never;
	// on legacy rows, whatever the other program wrote.
	ExpiredAt string `json:"expired_at,omitempty"`
	// Balance and Available are the account's after this entry.
	Balance   int64 `json:"balance"`
	Available int64 `json:"available"`
}

// Statement reads a page of an account's history, one line per operation,
// newest or oldest first. A line has all entries of its operation, so a page
// has at most Limit operations and however many entries they have.
//
// Pages are stable: lines added in the meantime neither repeat nor hide others.
// History does not change, so a line always reads the same. Without filters, a
// page costs the same anywhere in a history of any length; a filter by type
// reads past the lines that it leaves out.
//
// Rows in credits_trans that other programs wrote and the ledger has not taken
// over are lines of their own, marked Legacy and without a running balance.
// They are placed by their created_at; at the same microsecond they count as
// older than the ledger's operations, and are ordered by ID among themselves.
// Rows without a readable created_at come last in either order, and are left
// out if From or To is set. Legacy rows have no index by time, and are sorted
// for each page. Rows that are taken over while the pages of a statement are
// read stay what they were to it: Legacy, and in their place.
//
// An account that does not exist has no lines.
//
// Errors: *InvalidError, also for a malformed Cursor or one that belongs to
// other params; *dialect.Error.
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
	if r.limit, err = page.Limit(p.Limit); err != nil {
		return nil, err
	}
	if !p.From.IsZero() {
		r.from = p.From.UnixMicro()
	}
	if !p.To.IsZero() {
		r.to = ceilMicro(p.To)
	}
	if r.after, err = parsePlace(p.Cursor, p.scope()); r.after != nil {
		r.since = r.after.since
	}
	return r, err
}

// scope returns what a cursor is bound to.
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

// ceilMicro rounds an excluded end up: what happens within the same microsecond as a more precise
// time happens before it.
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
