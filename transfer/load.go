package transfer

import (
	"context"

	"github.com/uptrace/bun"
)

// load fills a table of the target, starting after the row where an earlier run stopped.
// It reads the next batch while one is written, and returns the checksum of what it read.
func (c *copier) load(ctx context.Context, t *table) (*digest, error) {
	st, read := c.states[t.name], &digest{}
	var p part
	if st.LastKey != "" {
		after, err := t.rowOf(st.LastKey)
		if err != nil {
			return nil, err
		}
		p.after = after
	}
	c.meter.turn(PhaseCopy, t.name)
	err := c.batches(ctx, t, p, read, func(b *batch) error {
		next := *st
		next.LastKey, next.Rows = t.keyOf(b.last()), st.Rows+int64(len(b.rows))
		err := c.to.write(ctx, st, next, func(ctx context.Context, tx bun.Tx) error {
			return c.to.insert(ctx, tx, t, b.rows)
		})
		c.done[t.name].Written += int64(len(b.rows))
		c.meter.step(int64(len(b.rows)))
		return err
	})
	if err != nil {
		return nil, err
	}
	next := *st
	next.LastKey, next.Loaded = "", true
	return read, c.to.write(ctx, st, next, func(context.Context, bun.Tx) error { return nil })
}

// batches reads a part of a table of the source in another goroutine, into read's
// checksum, and calls fn for each batch. At most three batches are in memory.
func (c *copier) batches(ctx context.Context, t *table, p part, read *digest, fn func(*batch) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	full := make(chan *batch)
	failed := make(chan error, 1)
	go func() {
		defer close(full)
		failed <- c.fill(ctx, t, p, read, full)
	}()
	var err error
	for b := range full {
		if err == nil {
			if err = fn(b); err != nil {
				cancel()
			}
		}
	}
	if readErr := <-failed; err == nil {
		err = readErr
	}
	return err
}

// fill reads rows into batches.
func (c *copier) fill(ctx context.Context, t *table, p part, read *digest, full chan<- *batch) error {
	rows, err := c.from.open(ctx, c.snapshot, t, p)
	if err != nil {
		return err
	}
	defer rows.close()
	b := &batch{}
	send := func() error {
		select {
		case full <- b:
			b = &batch{}
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	for {
		row, err := rows.next()
		if err != nil {
			return err
		}
		if row == nil {
			break
		}
		read.add(t, row)
		if b.add(row); b.full() {
			if err := send(); err != nil {
				return err
			}
		}
	}
	if len(b.rows) > 0 {
		return send()
	}
	return nil
}

// verify reads a table of the target back and compares it with what was read from the
// source.
func (c *copier) verify(ctx context.Context, t *table, want *digest) error {
	c.meter.turn(PhaseVerify, t.name)
	var got digest
	err := c.to.reading(ctx, func(tx bun.Tx) (err error) {
		got, err = c.to.sum(ctx, tx, t, c.meter)
		return err
	})
	if err != nil {
		return err
	}
	return mismatch(t, want, &got)
}

// sum computes the checksum of a table.
func (s *side) sum(ctx context.Context, q bun.IConn, t *table, m *meter) (d digest, err error) {
	rows, err := s.open(ctx, q, t, part{})
	if err != nil {
		return d, err
	}
	defer rows.close()
	for {
		row, err := rows.next()
		if err != nil || row == nil {
			m.step(d.rows % batchRows)
			return d, err
		}
		if d.add(t, row); d.rows%batchRows == 0 {
			m.step(batchRows)
		}
	}
}

func mismatch(t *table, want, got *digest) error {
	if got.same(want) {
		return nil
	}
	return &MismatchError{
		Table: t.name, WantRows: want.rows, WantChecksum: want.String(), Rows: got.rows, Checksum: got.String(),
	}
}
