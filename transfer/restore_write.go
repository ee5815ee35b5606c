package transfer

import (
	"context"
	"slices"

	"github.com/uptrace/bun"
)

// write replaces the database's rows with the archive's in one transaction, which may be
// retried.
func (s *restore) write(ctx context.Context, tx bun.Tx) error {
	if err := s.empty(ctx, tx); err != nil {
		return err
	}
	if s.params.Replace {
		for _, t := range s.tables {
			if _, err := tx.ExecContext(ctx, "DELETE FROM "+s.to.quote(t.name)); err != nil {
				return err
			}
		}
	}
	if err := s.file.rewind(); err != nil {
		return err
	}
	w := &restoreWriter{restore: s, ctx: ctx, tx: tx}
	s.result.Rows = 0
	if _, err := readArchive(s.file.reader, s.params.MaxBytes, w); err != nil {
		return err
	}
	for _, t := range s.tables {
		if err := s.to.number(ctx, tx, t); err != nil {
			return err
		}
	}
	return nil
}

// restoreWriter writes the rows of an archive while it is read for the second time.
type restoreWriter struct {
	*restore
	ctx context.Context //nolint:containedctx // of one transaction, as the writer is
	tx  bun.Tx

	t *table // nil for one that is skipped
	// from are the positions of t's columns in the archive's rows.
	from    []int
	written digest
	pending batch
}

func (w *restoreWriter) table(name string, columns []column) error {
	w.t, w.written, w.pending = nil, digest{}, batch{}
	w.meter.turn(PhaseRestore, name)
	at := slices.IndexFunc(w.tables, func(t *table) bool { return t.name == name })
	if at < 0 {
		return nil
	}
	w.t = w.tables[at]
	w.from = make([]int, len(w.t.columns))
	for i, c := range w.t.columns {
		w.from[i] = slices.IndexFunc(columns, func(o column) bool { return o.name == c.name })
		if w.from[i] < 0 {
			return malformed("it is not the archive that was checked")
		}
	}
	return nil
}

func (w *restoreWriter) rows(rows [][]value) error {
	if w.t == nil {
		return nil
	}
	for _, held := range rows {
		row := make([]value, len(w.from))
		for i, at := range w.from {
			row[i] = held[at]
		}
		w.written.add(w.t, row)
		if w.pending.add(row); w.pending.full() {
			if err := w.flush(); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *restoreWriter) flush() error {
	rows := w.pending.rows
	w.pending = batch{}
	if err := w.to.insert(w.ctx, w.tx, w.t, rows); err != nil {
		return err
	}
	w.result.Rows += int64(len(rows))
	w.meter.step(int64(len(rows)))
	return nil
}

// end reads back what was written to the table.
func (w *restoreWriter) end(*digest) error {
	if w.t == nil {
		return nil
	}
	if err := w.flush(); err != nil {
		return err
	}
	w.meter.turn(PhaseVerify, w.t.name)
	got, err := w.to.sum(w.ctx, w.tx, w.t, w.meter)
	if err != nil {
		return err
	}
	return mismatch(w.t, &w.written, &got)
}
