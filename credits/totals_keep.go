package credits

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/archived"
	"github.com/chameleon-go/chameleon/internal/totals"
	"github.com/chameleon-go/chameleon/internal/valid"
	"github.com/chameleon-go/chameleon/internal/width"
)

const (
	// segmentEntries is how many entries a segment has.
	segmentEntries = 10_000
	// maxUnfit is how many segments one call leaves out because they cannot be counted.
	maxUnfit = 2 * maxRanges
	// quarterUs is a quarter of an hour in microseconds.
	quarterUs = totals.Quarter * second
)

// KeepTotalsParams are the parameters of [KeepTotals].
type KeepTotalsParams struct {
	// At is the present; zero means now.
	At time.Time
}

// KeepTotalsResult is the result of [KeepTotals].
type KeepTotalsResult struct {
	// Counted is the number of entries that were added to totals.
	Counted int64 `json:"counted"`
	// Uncounted is the number of entries whose totals were discarded because entries
	// had been added to them or removed since. They are counted again by later calls.
	Uncounted int64 `json:"uncounted,omitempty"`
}

// KeepTotals adds entries to totals of quarters of an hour, hours and days, ten thousand
// in a transaction, in the order of the table. [Totals] reads these together with the
// entries that are in none yet. It only saves reading: the package maintain runs it. It can
// be interrupted at any time, several processes can run it at once, and no charge waits for
// it.
//
// A call counts what the call before saw, once that is a minute ago and no transaction
// that was open then may still add to it. PostgreSQL says so itself; a transaction that
// stays open holds up the counting. MySQL and MariaDB are asked for the rows that others
// hold, and SQLite has one writer. Entries of other programs are counted when the ledger
// has taken them over, and until then are read, with the nine thousand or so around each.
//
// With each call, a few of the totals are compared with the number of entries that they
// are of, archived ones included. If these differ, because rows were imported with ids of
// their own or deleted, all totals are discarded, and later calls count again.
//
// Over shards, on a handle of which that is not known, and on TiDB, whose ids have no
// order, it does nothing.
//
// Errors: *InvalidError for a field of p; *dialect.Error, after which what was counted
// stays, and the result says how much.
func KeepTotals(ctx context.Context, db *bun.DB, p KeepTotalsParams) (*KeepTotalsResult, error) {
	at, err := valid.Time("At", p.At)
	if err != nil {
		return nil, err
	}
	k := totalsKeeper{db: db, at: at, size: segmentEntries}
	err = k.keep(ctx)
	return &k.result, err
}

// totalsKeeper counts entries.
type totalsKeeper struct {
	db     *bun.DB
	at     time.Time
	size   int
	result KeepTotalsResult
}

func (k *totalsKeeper) keep(ctx context.Context) error {
	if caps := dialect.Of(k.db); !caps.LocksTogether() || caps.IsTiDB() {
		return nil
	}
	if err := k.check(ctx); err != nil {
		return err
	}
	var to int64
	var settled bool
	err := k.guarded(ctx, func(ctx context.Context, tx bun.Tx) (err error) {
		to, settled, err = settledMark(ctx, tx, k.at)
		return err
	})
	if err != nil {
		return err
	}
	if settled {
		if err := k.upTo(ctx, to); err != nil {
			return err
		}
	}
	return k.guarded(ctx, func(ctx context.Context, tx bun.Tx) error {
		return renewMark(ctx, tx, k.at)
	})
}

// guarded is a transaction of the one that counts.
func (k *totalsKeeper) guarded(ctx context.Context, fn func(ctx context.Context, tx bun.Tx) error) error {
	return dialect.InTx(ctx, k.db, func(ctx context.Context, tx bun.Tx) error {
		if err := totals.Guard(ctx, tx, totalsSeries); err != nil {
			return err
		}
		return dialect.Classify(fn(ctx, tx))
	})
}

// upTo counts all segments up to an id.
func (k *totalsKeeper) upTo(ctx context.Context, to int64) error {
	from, unfit := everything().from, 0
	for unfit < maxUnfit {
		var next *idRange
		var counted int64
		err := k.guarded(ctx, func(ctx context.Context, tx bun.Tx) (err error) {
			counted = 0
			if next, err = k.next(ctx, tx, from, to); err != nil || next == nil {
				return err
			}
			counted, err = count(ctx, tx, *next)
			return err
		})
		if err != nil || next == nil {
			return err
		}
		if counted == 0 {
			unfit++
		}
		k.result.Counted += counted
		from = next.to
	}
	return nil
}

// next is the first range from an id on, up to another, that can be a segment: as many
// entries as one has, or those that are left between two.
func (k *totalsKeeper) next(ctx context.Context, tx bun.Tx, from, to int64) (*idRange, error) {
	segments, err := readSegments(ctx, tx)
	if err != nil {
		return nil, err
	}
	for _, r := range open(segments) {
		between := r.to <= to
		r.from, r.to = max(r.from, from), min(r.to, to+1)
		if r.from >= r.to {
			continue
		}
		var first struct{ N, Least, Most int64 }
		query := archived.Entries.OrderedText("id", k.size, "SELECT id FROM credits_trans WHERE id >= ? AND id < ?")
		err := tx.NewRaw("SELECT COUNT(*) AS n, COALESCE(MIN(id), 0) AS least, COALESCE(MAX(id), 0) AS most FROM ("+query+") AS found", r.from, r.to, r.from, r.to).
			Scan(ctx, &first)
		if err != nil {
			return nil, err
		}
		if r.from == everything().from {
			r.from = first.Least
		}
		switch {
		case first.N == int64(k.size):
			r.to = first.Most + 1
			return &r, nil
		case between && first.N > 0:
			return &r, nil
		}
	}
	return nil, nil
}

// count puts the entries of a range into totals, and returns how many these are, 0 if it
// cannot be done now.
func count(ctx context.Context, tx bun.Tx, r idRange) (int64, error) {
	if r.to-r.from <= 0 { // wider than a number
		return 0, nil
	}
	if free, err := freeOfLocks(ctx, tx, r); err != nil || !free {
		return 0, err
	}
	var all struct{ N, Numbered, First, Last int64 }
	of := archived.Entries.Both("SELECT seq, at_us FROM credits_trans WHERE id >= ? AND id < ?", r.from, r.to)
	err := tx.NewRaw("SELECT COUNT(*) AS n, COUNT(seq) AS numbered, COALESCE(MIN(at_us), 0) AS first, COALESCE(MAX(at_us), 0) AS last "+
		"FROM (?) AS entries", of).Scan(ctx, &all)
	if err != nil || all.Numbered < all.N {
		return 0, err
	}
	quarters, err := quartersOf(ctx, tx, r)
	if errors.Is(dialect.Classify(err), dialect.ErrSumTooLarge) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	if held, err := totals.Add(ctx, tx, totalsSeries, quarters); err != nil || !held {
		return 0, err
	}
	segment := &totals.Total{Series: segmentsSeries, Width: r.to - r.from, Start: r.from, Sum: totals.Sum{
		Name: segmentRow, N: all.N, Gross: all.First, Refunded: all.Last,
	}}
	_, err = tx.NewInsert().Model(segment).ExcludeColumn("id").Exec(ctx)
	return all.N, err
}

// quartersOf adds up the entries of a range by the quarter of an hour and their class.
func quartersOf(ctx context.Context, tx bun.Tx, r idRange) (map[int64][]totals.Sum, error) {
	var rows []struct {
		Start              int64
		Class              statsClass
		Positive, Negative width.Sum
		Entries            int64
	}
	us := strconv.Itoa(quarterUs)
	of := archived.Entries.Both("SELECT "+classOf(dialect.Of(tx))+" AS class, credits, at_us - ((at_us % "+us+") + "+us+") % "+us+" AS start "+
		"FROM credits_trans WHERE id >= ? AND id < ? AND credits <> 0", r.from, r.to)
	err := tx.NewRaw("SELECT start, class, COALESCE(SUM(CASE WHEN credits > 0 THEN credits END), 0) AS positive, "+
		"COALESCE(SUM(CASE WHEN credits < 0 THEN -credits END), 0) AS negative, COUNT(*) AS entries "+
		"FROM (?) AS entries GROUP BY start, class", of).Scan(ctx, &rows)
	quarters := make(map[int64][]totals.Sum, len(rows))
	for _, row := range rows {
		quarters[row.Start/second] = append(quarters[row.Start/second], totals.Sum{
			Name: classNames()[row.Class], N: row.Entries, Gross: int64(row.Positive), Refunded: int64(row.Negative),
		})
	}
	return quarters, err
}
