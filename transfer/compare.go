package transfer

import (
	"context"

	"github.com/uptrace/bun"
)

// memoryRows limits the rows that a comparison keeps until it may write them.
const memoryRows = 16 << 20

// comparison makes a table of the target, or a part of it, equal to the source's.
//
// Both are read in the same order and merged. Rows of the target that are missing from
// the source or differ there are deleted on the way, and rows that the target lacks are
// inserted at the end. So no row is inserted beside one that is about to be deleted and
// shares a unique value with it, as when two users have swapped their addresses or a key
// has moved to another row. Rows to insert wait in memory; if there are too many, a second
// pass finds them again.
type comparison struct {
	*copier
	t    *table
	part part

	read    digest // of the source
	stale   batch  // to delete
	missing batch  // to insert
	many    bool   // missing is not all of it
	removed int64
}

// compare returns the checksum of the source's part and whether anything was written.
func (c *copier) compare(ctx context.Context, t *table, p part) (*digest, bool, error) {
	m := &comparison{copier: c, t: t, part: p}
	c.meter.turn(PhaseCompare, t.name)
	err := m.walk(ctx, m.differs)
	if err == nil {
		err = m.remove(ctx)
	}
	if err == nil && m.many {
		m.missing, m.read = batch{}, digest{}
		err = m.walk(ctx, m.lacks)
	}
	if err == nil {
		err = m.insert(ctx)
	}
	written := c.done[t.name].Written
	return &m.read, m.removed > 0 || written > 0, err
}

// walk calls fn with each pair of rows that have the same key; one of them may be nil.
func (m *comparison) walk(ctx context.Context, fn func(ctx context.Context, ours, theirs []value) error) error {
	source, err := m.from.open(ctx, m.snapshot, m.t, m.part)
	if err != nil {
		return err
	}
	defer source.close()
	target, err := m.openTarget(ctx, m.t, m.part)
	if err != nil {
		return err
	}
	defer target.close()
	theirs, err := source.next()
	var ours []value
	if err == nil {
		ours, err = target.next(ctx)
	}
	for err == nil && (theirs != nil || ours != nil) {
		order := 1
		switch {
		case ours == nil:
			order = -1
		case theirs != nil:
			order = m.t.compare(theirs, ours)
		}
		switch {
		case order < 0:
			err = fn(ctx, nil, theirs)
		case order > 0:
			err = fn(ctx, ours, nil)
		default:
			err = fn(ctx, ours, theirs)
		}
		if err == nil && order <= 0 {
			if m.read.add(m.t, theirs); m.read.rows%batchRows == 0 {
				m.meter.step(batchRows)
			}
			theirs, err = source.next()
		}
		if err == nil && order >= 0 {
			ours, err = target.next(ctx)
		}
	}
	m.meter.step(m.read.rows % batchRows)
	return err
}

// differs deletes rows that differ from the source's, and collects those that are missing.
func (m *comparison) differs(ctx context.Context, ours, theirs []value) error {
	if ours != nil && theirs != nil && m.t.same(ours, theirs) {
		return nil
	}
	if theirs != nil && !m.many {
		m.missing.add(theirs)
		if m.missing.bytes > memoryRows {
			m.many, m.missing = true, batch{}
		}
	}
	if ours == nil {
		return nil
	}
	if m.stale.add(ours); m.stale.full() {
		return m.remove(ctx)
	}
	return nil
}

// lacks inserts what is still missing.
func (m *comparison) lacks(ctx context.Context, ours, theirs []value) error {
	if ours != nil {
		return nil
	}
	if m.missing.add(theirs); m.missing.full() {
		return m.insert(ctx)
	}
	return nil
}

// remove deletes the rows that are stale.
func (m *comparison) remove(ctx context.Context) error {
	stale := m.stale
	m.stale = batch{}
	if len(stale.rows) == 0 {
		return nil
	}
	st := m.states[m.t.name]
	next := *st
	next.Rows -= int64(len(stale.rows))
	m.removed += int64(len(stale.rows))
	m.done[m.t.name].Removed += int64(len(stale.rows))
	return m.to.write(ctx, st, next, func(ctx context.Context, tx bun.Tx) error {
		return m.to.remove(ctx, tx, m.t, stale.rows)
	})
}

// insert writes the missing rows in batches.
func (m *comparison) insert(ctx context.Context) error {
	missing, st := m.missing.rows, m.states[m.t.name]
	m.missing = batch{}
	for len(missing) > 0 {
		var b batch
		for len(missing) > 0 && !b.full() {
			b.add(missing[0])
			missing = missing[1:]
		}
		next := *st
		next.Rows += int64(len(b.rows))
		err := m.to.write(ctx, st, next, func(ctx context.Context, tx bun.Tx) error {
			return m.to.insert(ctx, tx, m.t, b.rows)
		})
		if err != nil {
			return err
		}
		m.done[m.t.name].Written += int64(len(b.rows))
	}
	return nil
}
