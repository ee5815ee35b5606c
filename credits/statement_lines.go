package credits

import (
	"cmp"
	"context"
	"slices"

	"github.com/chameleon-go/chameleon/credits/internal/column"
)

// merge merges the two streams in the statement's order. lines then completes those of the ledger
// that are on the page.
func (r *statementReader) merge(heads []head, legacy []legacyRow) []positioned {
	merged := make([]positioned, 0, len(heads)+len(legacy))
	for i := range heads {
		merged = append(merged, positioned{place: heads[i].place()})
	}
	for i := range legacy {
		merged = append(merged, positioned{legacy[i].place(), legacy[i].line()})
	}
	slices.SortStableFunc(merged, func(x, y positioned) int {
		return x.compare(y.place, r.p.OldestFirst)
	})
	return merged
}

// compare orders places of a statement: by time, legacy rows before the
// ledger's at the same time; undated rows last in either direction.
func (p place) compare(o place, ascending bool) int {
	if (p.kind == placeUndated) != (o.kind == placeUndated) {
		if o.kind == placeUndated {
			return -1
		}
		return 1
	}
	order := cmp.Compare(p.at, o.at)
	if order == 0 && p.kind != o.kind {
		order = 1
		if p.kind == placeLegacy {
			order = -1
		}
	}
	if order == 0 {
		order = cmp.Compare(p.id, o.id)
	}
	if !ascending {
		order = -order
	}
	return order
}

// lines completes the ledger's lines on the page with all of their entries.
func (r *statementReader) lines(ctx context.Context, heads []head, merged []positioned) ([]StatementLine, error) {
	shown := 0
	for _, m := range merged {
		if m.kind == placeLedger {
			shown++
		}
	}
	heads = heads[:shown]
	more, err := rest(ctx, r.db, r.p.UserUUID, heads)
	if err != nil {
		return nil, err
	}
	lines := make([]StatementLine, len(merged))
	for i, m := range merged {
		lines[i] = m.line
		if m.kind == placeLedger {
			lines[i] = lineOf(&heads[0].Entry, more[heads[0].Seq])
			heads = heads[1:]
		}
	}
	return lines, nil
}

// lineOf summarizes an operation.
func lineOf(first *Entry, more []Entry) StatementLine {
	line := StatementLine{
		Key: first.OpKey, Kind: first.OpKind, Type: first.TransType, At: column.Time(first.AtUs),
		OrderNo: first.OrderNo, GenID: first.GenID, Metadata: first.Metadata,
		Allocations: make([]Allocation, 0, 1+len(more)),
	}
	line.add(first)
	for i := range more {
		line.add(&more[i])
	}
	return line
}

func (line *StatementLine) add(e *Entry) {
	if e.ExpiresUs > e.AtUs {
		line.Amount += e.Credits
	}
	line.Credits += e.Credits
	line.Held += e.Held
	line.Balance, line.Available = e.Balance, e.Available
	line.Allocations = append(line.Allocations, Allocation{
		Seq: e.Seq, Lot: e.Lot, Type: e.TransType, Credits: e.Credits, Held: e.Held,
		ExpiresAt: expiryTime(e.ExpiresUs), ExpiredAt: e.ExpiredAt,
		Balance: e.Balance, Available: e.Available,
	})
}
