package credits

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits/internal/column"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/archived"
	"github.com/chameleon-go/chameleon/internal/page"
	"github.com/chameleon-go/chameleon/internal/valid"
	"github.com/chameleon-go/chameleon/list"
)

// DefaultExpiringWithin is how far [ExpiringSoon] looks ahead by default.
const DefaultExpiringWithin = 7 * 24 * time.Hour

// ExpiringSoonParams name a page of grants that expire soon.
type ExpiringSoonParams struct {
	// UserUUID is the account; empty means all accounts.
	UserUUID string
	// Within and To bound how far to look ahead: for a duration after At, or up
	// to a moment. A grant that expires exactly at To is not listed; one that
	// expires at the end of Within is. Set at most one of them; without either,
	// Within is [DefaultExpiringWithin].
	Within time.Duration
	To     time.Time
	// At is the moment to look from, zero for now. An account whose latest
	// operation is later is shown as of that operation, since an account's time
	// never runs backwards.
	At time.Time
	// Cursor is the Next of the page before, empty for the
	// first. It holds for the same UserUUID, Within and To.
	Cursor string
	// Limit is how many grants to read at most; 0 means list.DefaultLimit, and
	// list.MaxLimit is the maximum.
	Limit int
}

// ExpiringSoonResult is a page of grants that expire soon.
type ExpiringSoonResult struct {
	list.Page[ExpiringGrant]
	// SetAside are accounts, in a page of all accounts, whose rows contradict
	// one another. What their grants hold is not known, and they are left out.
	SetAside []AccountError `json:"set_aside,omitempty"`
}

// ExpiringGrant is a grant with credits that will expire unless they are spent.
type ExpiringGrant struct {
	UserUUID string `json:"user_uuid"`
	// GrantKey is the grant's idempotency key, Type its transaction type and
	// OrderNo its order, if it has one.
	GrantKey string `json:"-"`
	Type     string `json:"type"`
	OrderNo  string `json:"order_no,omitempty"`
	// Lot is its number: the Seq of the entry that granted it.
	Lot int64 `json:"lot"`
	// Granted is the original amount, Amount what can still be spent, and Held
	// what holds reserve; in credits. Held credits expire too unless they are
	// captured before.
	Granted int64 `json:"granted"`
	Amount  int64 `json:"amount"`
	Held    int64 `json:"held"`
	// Paid tells a purchase from a gift.
	Paid bool `json:"paid"`
	// GrantedAt and ExpiresAt are UTC.
	GrantedAt time.Time `json:"granted_at,omitzero"`
	ExpiresAt time.Time `json:"expires_at,omitzero"`
}

// ExpiringSoon lists grants, of one account or of all, that still have credits to
// spend and that expire after At and before To, or within Within, soonest first.
// Amounts are exact whether or not timed-out holds have been swept: what those held
// is free again, less any debt that it pays.
//
// Grants of one account are listed in the order in which they are spent; grants
// of all accounts by expiry, then by account, then by grant. A page may be
// shorter than Limit, or even empty, while Next is set: fully held grants, and
// grants that a charge has just used up, are filtered out after the page is
// read.
//
// Errors: *InvalidError; *CorruptError when the account's rows contradict one
// another; *SweepError in a list of all accounts when that is so of some,
// together with the page of the others and its Next; *dialect.Error.
func ExpiringSoon(ctx context.Context, db bun.IDB, p ExpiringSoonParams) (*ExpiringSoonResult, error) {
	at := nowOr(p.At)
	until, err := p.until(at)
	if err != nil {
		return nil, err
	}
	limit, err := page.Limit(p.Limit)
	if err != nil {
		return nil, err
	}
	after, err := parsePlace(p.Cursor, p.scope())
	if err != nil {
		return nil, err
	}
	if err := dialect.CheckSession(ctx, db); err != nil {
		return nil, err
	}
	lots, err := p.list(ctx, db, at, until, after, limit+1)
	if err != nil {
		return nil, dialect.Classify(err)
	}
	result := &ExpiringSoonResult{Page: *page.Of[ExpiringGrant](nil, "")}
	if len(lots) > limit {
		lots = lots[:limit]
		result.Next = placeOfLot(&lots[limit-1]).cursor(p.scope())
	}
	rows, err := candidates(ctx, db, lots, at)
	if err != nil {
		return nil, dialect.Classify(err)
	}
	if result.SetAside, err = p.settle(ctx, db, rows, at); err != nil {
		return nil, dialect.Classify(err)
	}
	for i := range rows {
		if rows[i].Free > 0 {
			result.Items = append(result.Items, rows[i].grant())
		}
	}
	if len(result.SetAside) > 0 {
		return result, &SweepError{SetAside: result.SetAside}
	}
	return result, nil
}

func (p ExpiringSoonParams) scope() string {
	return fmt.Sprintf("expiring %q %d %d", p.UserUUID, p.Within, microsOrZero(p.To))
}

// until checks the params and returns the end of the window.
func (p ExpiringSoonParams) until(at int64) (int64, error) {
	err := valid.First(checkTime("At", p.At), checkTime("To", p.To))
	if err == nil && p.UserUUID != "" {
		err = checkAccount("UserUUID", p.UserUUID)
	}
	within := p.Within
	switch {
	case err != nil:
		return 0, err
	case within < 0:
		return 0, valid.Failf("Within", "%v is negative", within)
	case within != 0 && !p.To.IsZero():
		return 0, valid.Failf("Within", "set together with To")
	case !p.To.IsZero():
		if p.To.UnixMicro() <= at {
			return 0, valid.Failf("To", "not after At")
		}
		return p.To.UnixMicro() - 1, nil
	case within == 0:
		within = DefaultExpiringWithin
	}
	return at + within.Microseconds(), nil
}

// candidate is a lot in the window, with the entry that granted it and columns of its account's
// row.
type candidate struct {
	Lot       `bun:",extend"`
	OpKey     string
	TransType string
	OrderNo   string `bun:",nullzero"`
	// Stale means that a hold of the account has timed out and has not been swept, so the
	// rows are not up to date.
	Stale bool
}

func (c *candidate) grant() ExpiringGrant {
	return ExpiringGrant{
		UserUUID: c.UserUUID, GrantKey: c.OpKey, Type: c.TransType, OrderNo: c.OrderNo,
		Lot: c.Lot.Lot, Granted: c.Granted, Amount: c.Free, Held: c.Held, Paid: c.Paid,
		GrantedAt: column.Time(c.CreatedUs), ExpiresAt: expiryTime(c.ExpiresUs),
	}
}

// list reads which lots are in the window, with their immutable columns. It walks an index and
// stops at the limit.
func (p ExpiringSoonParams) list(
	ctx context.Context, db bun.IDB, at, until int64, after *place, limit int,
) ([]Lot, error) {
	where, args := "live = ? AND expires_us > ? AND expires_us <= ?", []any{true, at, min(until, column.Never-1)}
	if p.UserUUID != "" {
		where += " AND user_uuid = ?"
		args = append(args, p.UserUUID)
	}
	if after != nil {
		condition, more := p.after(after)
		where += " AND " + condition
		args = append(args, more...)
	}
	var lots []Lot
	err := db.NewRaw("SELECT user_uuid, lot, paid, expires_us FROM credits_lots WHERE "+where+" ORDER BY "+p.order()+" LIMIT ?",
		append(args, limit)...).Scan(ctx, &lots)
	return lots, err
}

// candidates reads what is left of lots, in their order, and skips empty ones. It is one
// statement, so that the open lot on an account's row and the lots' own rows are consistent.
// Each part names the accounts, which a router over shards needs in order to join them.
func candidates(ctx context.Context, db bun.IDB, lots []Lot, at int64) ([]candidate, error) {
	if len(lots) == 0 {
		return nil, nil
	}
	type key struct {
		user string
		lot  int64
	}
	places := make(map[key]int, len(lots))
	var users []string
	var numbers []int64
	for i, l := range lots {
		places[key{l.UserUUID, l.Lot}] = i
		users = append(users, l.UserUUID)
		numbers = append(numbers, l.Lot)
	}
	slices.Sort(users)
	users, numbers = slices.Compact(users), distinct(numbers)
	var rows []candidate
	err := db.NewRaw("SELECT l.user_uuid, l.lot, l.granted, l.held, l.paid, l.live, l.expires_us, l.created_us, "+
		"CASE WHEN l.lot = a.open_lot THEN a.open_left + l.free ELSE l.free END AS free, "+
		"CASE WHEN a.active_holds > 0 AND a.next_event_us <= ?0 THEN ?1 ELSE ?2 END AS stale, "+
		entryOf("op_key")+", "+entryOf("trans_type")+", "+entryOf("order_no")+" "+
		"FROM credits_lots AS l JOIN credits AS a ON a.user_uuid = l.user_uuid AND a.user_uuid IN (?5) "+
		"WHERE l.user_uuid IN (?5) AND l.lot IN (?4) AND l.live = ?3 AND l.expires_us >= ?6 AND l.expires_us <= ?7",
		at, true, false, true, bun.List(numbers), bun.List(users), lots[0].ExpiresUs, lots[len(lots)-1].ExpiresUs).Scan(ctx, &rows)
	rows = slices.DeleteFunc(rows, func(c candidate) bool {
		_, wanted := places[key{c.UserUUID, c.Lot.Lot}]
		return !wanted
	})
	slices.SortFunc(rows, func(x, y candidate) int {
		return places[key{x.UserUUID, x.Lot.Lot}] - places[key{y.UserUUID, y.Lot.Lot}]
	})
	return rows, err
}

// entryOf reads a column of the first entry of the grant that made the lot. A join might read
// the whole history of a page's accounts.
func entryOf(column string) string {
	live := "(SELECT t." + column + " FROM credits_trans AS t WHERE t.user_uuid = l.user_uuid AND t.user_uuid IN (?5) AND t.seq = " +
		"(SELECT o.op_seq FROM credits_trans AS o WHERE o.user_uuid = l.user_uuid AND o.user_uuid IN (?5) AND o.seq = l.lot))"
	return "COALESCE(" + live + ", " + archived.Entries.Of(live) + ") AS " + column
}

// order is that of an index: within an account, the order in which grants burn.
func (p ExpiringSoonParams) order() string {
	if p.UserUUID != "" {
		return burnOrder
	}
	return "expires_us, user_uuid, lot"
}

// after returns the condition for what comes after the previous page.
func (p ExpiringSoonParams) after(last *place) (string, []any) {
	if p.UserUUID != "" {
		paid := last.kind == placePaid
		return "expires_us >= ? AND (expires_us > ? OR paid > ? OR (paid = ? AND lot > ?))",
			[]any{last.at, last.at, paid, paid, last.id}
	}
	return "expires_us >= ? AND (expires_us > ? OR user_uuid > ? OR (user_uuid = ? AND lot > ?))",
		[]any{last.at, last.at, last.user, last.user, last.id}
}

// placeOfLot returns where the list continues after a lot.
func placeOfLot(l *Lot) place {
	p := place{at: l.ExpiresUs, id: l.Lot, user: l.UserUUID}
	if l.Paid {
		p.kind = placePaid
	}
	return p
}

// settle updates the amounts of stale accounts' lots to time at. In a list of all accounts, a
// broken account is set aside, with nothing free.
func (p ExpiringSoonParams) settle(
	ctx context.Context, db bun.IDB, rows []candidate, at int64,
) (aside []AccountError, err error) {
	byUser := map[string][]*candidate{}
	var users []string
	for i := range rows {
		if user := rows[i].UserUUID; rows[i].Stale {
			if byUser[user] == nil {
				users = append(users, user)
			}
			byUser[user] = append(byUser[user], &rows[i])
		}
	}
	for _, user := range users {
		a, err := lookAhead(ctx, db, user, at)
		broken := p.UserUUID == "" && errors.Is(err, ErrCorrupt)
		if err != nil && !broken {
			return nil, err
		}
		if broken {
			aside = append(aside, AccountError{UserUUID: user, Err: err})
		}
		for _, c := range byUser[user] {
			if broken {
				c.Free = 0
			} else {
				c.settle(a)
			}
		}
	}
	return aside, nil
}

// settle updates a candidate's amounts from an account that was brought to a later time. A lot
// that is not in memory there has not changed.
func (c *candidate) settle(a *account) {
	l := a.lots[c.Lot.Lot]
	if l == nil {
		return
	}
	c.Free, c.Held = l.Free, l.Held
	if a.expired(l) {
		c.Free = 0
	}
}
