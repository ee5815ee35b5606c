// Package column says what the ledger's columns hold: times, expiries, debts and
// holds. The code that posts operations and the audit, which replays them with code
// of its own, share these definitions and nothing of how either computes.
package column

import (
	"math"
	"time"
)

// Never is an expiry or timeout that never comes. Times are whole UTC microseconds
// since 1970, and the largest number sorts last on every engine.
const Never = math.MaxInt64

// DebtLot is the lot number of what an account owes. Its entries never expire, so
// that a debt cannot run out.
const DebtLot = -1

// isoMicros has a fixed width, so that two of its strings compare as their
// times do, and JavaScript's Date parses it.
const isoMicros = "2006-01-02T15:04:05.000000Z"

// Time is the time of a column that ends in _us.
func Time(us int64) time.Time { return time.UnixMicro(us).UTC() }

// ExpiryText is what expired_at holds beside expires_us: "" for never.
func ExpiryText(us int64) string {
	if us == Never {
		return ""
	}
	return Time(us).Format(isoMicros)
}

// Earned is total_credits with a grant. It is a lifetime's sum that nothing is
// decided by, and so stops at the largest number in place of refusing a purchase.
func Earned(total, amount int64) int64 {
	if amount > math.MaxInt64-total {
		return math.MaxInt64
	}
	return total + amount
}

// HoldPart is what a hold still holds of one lot. The column allocations is a JSON
// array of these, in the order in which the lots were drawn.
type HoldPart struct {
	Lot    int64 `json:"lot"`
	Amount int64 `json:"amount"`
}

// OpenPart is what the account's row holds of its open lot, of which free is free: all of
// it, or on an account with a low-balance mark what can be spent of it without reaching
// below the mark. A balance that is low already has nowhere to fall.
func OpenPart(free, available, mark int64) int64 {
	if mark == 0 || available < mark {
		return free
	}
	return min(free, available-mark)
}
