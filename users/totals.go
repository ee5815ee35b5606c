package users

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/internal/totals"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// signUpTotals is the series of the totals of sign-ups.
const signUpTotals = "sign_ups"

// counted is how users are counted.
func counted() totals.Table[User] {
	return totals.Table[User]{
		Series: signUpTotals, Time: "created_at", Columns: []string{"id", "created_at"},
		Where: func(q *bun.SelectQuery) *bun.SelectQuery { return q },
		Row: func(u *User) (int64, time.Time, totals.Sum, bool) {
			return u.ID, u.CreatedAt, totals.Sum{N: 1}, true
		},
	}
}

// KeepTotalsParams are the parameters of [KeepTotals].
type KeepTotalsParams struct {
	// At is the present; zero means now. Later sign-ups are left out.
	At time.Time
}

// KeepTotalsResult is the result of [KeepTotals].
type KeepTotalsResult struct {
	// Counted is the number of users that were added to totals.
	Counted int64 `json:"counted"`
}

// KeepTotals counts the users who signed up since it last ran into totals of quarters
// of an hour, hours and days. [SignUpsPerDay] and [Count] read these together with the
// users who are in none yet, so their numbers are the same whether KeepTotals runs or
// not; it only saves reading. The package maintain runs it. It can be interrupted at any
// time, and several processes can run it at once.
//
// Rows that another program inserts need nothing, whenever they arrive and whatever time
// they have. After another program has deleted users, or changed when they signed up,
// run [RebuildTotals].
//
// Errors: *InvalidError for a field of p; *dialect.Error, after which what was counted
// stays, and the result says how much.
func KeepTotals(ctx context.Context, db *bun.DB, p KeepTotalsParams) (*KeepTotalsResult, error) {
	at, err := valid.Time("At", p.At)
	if err != nil {
		return nil, err
	}
	n, err := counted().Keep(ctx, db, at)
	return &KeepTotalsResult{Counted: n}, err
}

// RebuildTotalsParams name the time whose totals are discarded.
type RebuildTotalsParams struct {
	// From and To are the time range, in whole days of UTC; zero means no bound.
	From, To time.Time
}

// RebuildTotalsResult is the result of [RebuildTotals].
type RebuildTotalsResult struct {
	// Uncounted is the number of users that were in discarded totals.
	Uncounted int64 `json:"uncounted"`
}

// RebuildTotals discards totals, so that statistics count the users themselves until
// [KeepTotals] has counted them again. It is needed after another program has deleted
// users or changed when they signed up.
//
// Errors: *InvalidError for a field of p; *dialect.Error, after which earlier days are
// done, and the result says how much.
func RebuildTotals(ctx context.Context, db *bun.DB, p RebuildTotalsParams) (*RebuildTotalsResult, error) {
	from, to, err := totals.Bounds(p.From, p.To)
	if err != nil {
		return nil, err
	}
	n, err := counted().Rebuild(ctx, db, from, to)
	return &RebuildTotalsResult{Uncounted: n}, err
}
