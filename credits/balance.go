package credits

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits/internal/column"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/archived"
	"github.com/chameleon-go/chameleon/internal/rows"
	"github.com/chameleon-go/chameleon/internal/valid"
	"github.com/chameleon-go/chameleon/internal/width"
)

// BalanceResult is an account at one moment, in credits. An account that does
// not exist has zeros.
type BalanceResult struct {
	UserUUID string `json:"user_uuid"`
	// Available can be spent.
	Available int64 `json:"available"`
	// Held is reserved by holds.
	Held int64 `json:"held"`
	// Debt is owed; new credits pay it first.
	Debt int64 `json:"debt"`
	// Total is the sum of all grants; refunds do not count.
	Total int64 `json:"total"`
	// Expired is what was left in grants when they expired.
	Expired int64 `json:"expired"`
	// NextExpiry is when some of the available credits expire next, zero for
	// never.
	NextExpiry time.Time `json:"next_expiry,omitzero"`
	// At is the moment, UTC.
	At time.Time `json:"at,omitzero"`
}

// BalanceParams name an account and a moment.
type BalanceParams struct {
	UserUUID string
	// At is the moment, zero for now.
	At time.Time
}

// Balance reads an account as of p.At. The result is exact whether or not
// expired grants and timed-out holds have been swept. Usually that reads one
// row; a moment before the account's latest operation is summed from history,
// and a later one accounts for what will have expired by then.
//
// Errors: *InvalidError; *dialect.Error.
func Balance(ctx context.Context, db bun.IDB, p BalanceParams) (*BalanceResult, error) {
	if err := valid.First(checkAccount("UserUUID", p.UserUUID), checkTime("At", p.At)); err != nil {
		return nil, err
	}
	if err := dialect.CheckSession(ctx, db); err != nil {
		return nil, err
	}
	at := nowOr(p.At)
	out, err := balance(ctx, db, p.UserUUID, at, p.At.IsZero())
	return out, dialect.Classify(err)
}

// BalanceAt is [Balance] with p.At required; it may lie in the past or the
// future.
//
// Errors: *InvalidError, also for a zero p.At; *dialect.Error.
func BalanceAt(ctx context.Context, db bun.IDB, p BalanceParams) (*BalanceResult, error) {
	if p.At.IsZero() {
		return nil, valid.Failf("At", "empty")
	}
	return Balance(ctx, db, p)
}

// balance reads the account. With now, the account's own time is used if it is later (the
// clock of a server was ahead of ours).
func balance(ctx context.Context, db bun.IDB, user string, at int64, now bool) (*BalanceResult, error) {
	a, err := view(ctx, db, user, at, now)
	if err != nil {
		return nil, err
	}
	if a.foreign() {
		var out *BalanceResult
		if a, out, err = foreignBalance(ctx, db, user, at, now); err != nil || out != nil {
			return out, err
		}
		return a.balanceAt(ctx, at)
	}
	if at < a.loaded.AsOfUs && !now {
		return past(ctx, db, user, at)
	}
	return a.balanceAt(ctx, at)
}

// balanceAt returns the balance of an account that was brought to time at.
func (a *account) balanceAt(ctx context.Context, at int64) (*BalanceResult, error) {
	l, err := a.next(ctx)
	if err != nil {
		return nil, err
	}
	out := &BalanceResult{
		UserUUID: a.UserUUID, Available: a.available(), Held: a.HeldCredits, Debt: a.DebtCredits,
		Total: a.TotalCredits, Expired: a.ExpiredCredits, At: column.Time(max(at, a.AsOfUs)),
	}
	if l != nil {
		out.NextExpiry = expiryTime(l.ExpiresUs)
	}
	return out, nil
}

// view reads an account without locking it and brings it to time at, only in memory. With
// now, at is no earlier than the account's own time.
func view(ctx context.Context, db bun.IDB, user string, at int64, now bool) (*account, error) {
	a, err := readAccount(ctx, db, user)
	if err != nil {
		return nil, err
	}
	if now {
		at = max(at, a.AsOfUs)
	}
	if a.rowSuffices(at) {
		a.settleOpen(at)
		return a, nil
	}
	return lookAhead(ctx, db, user, at)
}

// rowSuffices reports whether the account's row alone determines its balance at time at.
// Before the account's own time, history does.
func (a *account) rowSuffices(at int64) bool {
	if a.virtual || at < a.AsOfUs {
		return true
	}
	return at < a.NextEventUs && (a.OpenLeft > 0 || a.available() == 0)
}

// settleOpen puts the open lot in the queue without reading its row: its
// expiry is all that a balance needs.
func (a *account) settleOpen(at int64) {
	a.complete = true
	if a.OpenLot != 0 && a.OpenLeft > 0 {
		a.adopt(Lot{UserUUID: a.UserUUID, Lot: a.OpenLot, Live: true, ExpiresUs: a.OpenExpiresUs})
	}
	a.AsOfUs = max(a.AsOfUs, at)
}

func readAccount(ctx context.Context, db bun.IDB, user string) (*account, error) {
	b := newBook(db, []*spec{{user: user}})
	var found []Account
	err := rows.Select[Account](db, "a.user_uuid = ?", user).Scan(ctx, &found)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return newVirtualAccount(b, user), nil
	}
	return newAccount(b, found[0]), nil
}

// pastQuery sums history by grant, then over grants. A grant's own entry is the one with its
// lot's number. Entries before a reset of the account's clock happened before it, whatever
// their times say.
//
// Each of the two tables of history sums its own entries first.
const pastQuery = `SELECT
	COALESCE(SUM(CASE WHEN expires_us > ? AND lot <> ? THEN left_in - held_in END), 0) AS available,
	COALESCE(SUM(CASE WHEN expires_us > ? THEN held_in END), 0) AS held,
	COALESCE(SUM(CASE WHEN lot = ? THEN -left_in END), 0) AS debt,
	COALESCE(SUM(granted), 0) AS total,
	COALESCE(SUM(CASE WHEN expires_us <= ? THEN left_in END), 0) AS expired,
	COALESCE(MIN(CASE WHEN expires_us > ? AND left_in > held_in THEN expires_us END), 0) AS next_us
FROM (
	SELECT lot, expires_us, SUM(left_in) AS left_in, SUM(held_in) AS held_in, SUM(granted) AS granted
	FROM (?) AS parts GROUP BY lot, expires_us
) AS lots`

const (
	pastLots = `SELECT lot, expires_us, SUM(credits) AS left_in, SUM(held) AS held_in,
	SUM(CASE WHEN seq = lot THEN credits ELSE 0 END) AS granted
FROM credits_trans WHERE user_uuid = ? AND (at_us <= ? OR seq <= (?)) GROUP BY lot, expires_us`
	pastReset = `SELECT COALESCE(MAX(reset), 0) FROM (?) AS resets`
	pastIn    = `SELECT MAX(r.seq) AS reset FROM credits_trans AS r
WHERE r.user_uuid = ? AND r.target_seq = ? AND r.at_us <= ?`
)

// past sums history: the entries up to at.
func past(ctx context.Context, db bun.IDB, user string, at int64) (*BalanceResult, error) {
	var sums struct {
		Available, Held, Debt, Total, Expired width.Sum
		NextUs                                int64
	}
	reset := bun.SafeQuery(pastReset, archived.Entries.Both(pastIn, user, resetTarget, at))
	err := db.NewRaw(pastQuery, at, column.DebtLot, at, column.DebtLot, at, at,
		archived.Entries.Both(pastLots, user, at, reset)).Scan(ctx, &sums)
	if err != nil {
		return nil, err
	}
	out := &BalanceResult{
		UserUUID: user, Available: int64(sums.Available), Held: int64(sums.Held), Debt: int64(sums.Debt),
		Total: int64(sums.Total), Expired: int64(sums.Expired), At: column.Time(at),
	}
	if sums.NextUs != 0 {
		out.NextExpiry = expiryTime(sums.NextUs)
	}
	return out, nil
}
