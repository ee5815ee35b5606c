package generations

import (
	"context"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/totals"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// generationTotals is the series of the totals of generations.
const generationTotals = "generations"

// endings are the spellings of the statuses that no verb takes a generation out of:
// [Status.Foreign] has their equivalents.
func endings() []Status {
	return []Status{
		StatusCompleted, "success", "succeeded", "complete", "done", "finished",
		StatusFailed, "fail", "failure", "error", "canceled", "cancelled", "timeout",
	}
}

// hasEnded restricts q to generations that are counted.
func hasEnded(q *bun.SelectQuery) *bun.SelectQuery { return totals.Among(q, endings()) }

// total is what the generation adds to the totals of when it was created, false if it is
// in none and read itself: what has not ended will change.
func (g *Generation) total() (totals.Sum, bool) {
	is, _ := g.Status.Foreign()
	name := string(is) + " " + g.Provider
	ends := is == StatusCompleted || is == StatusFailed
	return totals.Sum{Name: name, N: 1}, ends && valid.IsName(g.Provider) && len(name) <= totals.MaxName
}

// named is what a total of the name counts.
func named(name string) (Status, string) {
	status, provider, _ := strings.Cut(name, " ")
	return Status(status), provider
}

// counted is how generations of the table are counted.
func counted() totals.Table[Generation] {
	return totals.Table[Generation]{
		Series: generationTotals, Time: "created_at", Columns: countedBy(), Where: hasEnded,
		Row: func(g *Generation) (int64, time.Time, totals.Sum, bool) {
			sum, ok := g.total()
			return g.ID, g.CreatedAt, sum, ok
		},
	}
}

// countedArchived is counted for those of the archive, which are in the same totals.
func countedArchived() totals.Table[ArchivedGeneration] {
	return totals.Table[ArchivedGeneration]{
		Series: generationTotals, Time: "created_at", Columns: countedBy(), Where: hasEnded,
		Row: func(g *ArchivedGeneration) (int64, time.Time, totals.Sum, bool) {
			sum, ok := g.total()
			return g.ID, g.CreatedAt, sum, ok
		},
	}
}

func countedBy() []string { return []string{"id", "created_at", "status", "provider"} }

// KeepTotalsParams are the parameters of [KeepTotals].
type KeepTotalsParams struct {
	// At is the present; zero means now. Later generations are left out.
	At time.Time
}

// KeepTotalsResult is the result of [KeepTotals].
type KeepTotalsResult struct {
	// Counted is the number of generations that were added to totals.
	Counted int64 `json:"counted"`
}

// KeepTotals adds the generations that ended since it last ran to totals of quarters of
// an hour, hours and days. [Stats] and [CountByStatus] read these together with the
// generations that are in none yet, so their numbers are the same whether KeepTotals
// runs or not; it only saves reading. The package maintain runs it. It can be interrupted
// at any time, and several processes can run it at once.
//
// Generations that another program inserts or ends need nothing, whenever that happens
// and whatever time they have, nor do those that are archived. After another program has
// deleted generations that had ended, or changed their status, provider or time, run
// [RebuildTotals].
//
// It counts where rows of several accounts are on one server: on a handle to shards, and
// on one of which that is not known, it does nothing, because no transaction holds there
// what is to be in a total together with the total.
//
// Errors: *InvalidError for a field of p; *dialect.Error, after which what was counted
// stays, and the result says how much.
func KeepTotals(ctx context.Context, db *bun.DB, p KeepTotalsParams) (*KeepTotalsResult, error) {
	at, err := valid.Time("At", p.At)
	if err != nil {
		return nil, err
	}
	result := &KeepTotalsResult{}
	if !dialect.Of(db).LocksTogether() {
		return result, nil
	}
	live, err := counted().Keep(ctx, db, at)
	result.Counted = live
	if err != nil {
		return result, err
	}
	moved, err := countedArchived().Keep(ctx, db, at)
	result.Counted += moved
	return result, err
}

// RebuildTotalsParams name the time whose totals are discarded.
type RebuildTotalsParams struct {
	// From and To are the time range, in whole days of UTC; zero means no bound.
	From, To time.Time
}

// RebuildTotalsResult is the result of [RebuildTotals].
type RebuildTotalsResult struct {
	// Uncounted is the number of generations that were in discarded totals.
	Uncounted int64 `json:"uncounted"`
}

// RebuildTotals discards totals, so that statistics count the generations themselves
// until [KeepTotals] has counted them again. It is needed after another program has
// deleted or changed generations that had ended; From and To are when these were created.
// Over shards, where there are none, it does nothing.
//
// Errors: *InvalidError for a field of p; *dialect.Error, after which earlier days are
// done, and the result says how much.
func RebuildTotals(ctx context.Context, db *bun.DB, p RebuildTotalsParams) (*RebuildTotalsResult, error) {
	from, to, err := totals.Bounds(p.From, p.To)
	if err != nil {
		return nil, err
	}
	if dialect.Of(db).Sharded {
		return &RebuildTotalsResult{}, nil
	}
	// The table comes last once more: what an archive gave back meanwhile is there.
	n, err := totals.Rebuild(ctx, db, generationTotals, from, to, (*Generation)(nil), (*ArchivedGeneration)(nil), (*Generation)(nil))
	return &RebuildTotalsResult{Uncounted: n}, err
}
