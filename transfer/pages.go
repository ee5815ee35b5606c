package transfer

import (
	"context"

	"github.com/chameleon-go/chameleon/dialect"
)

// pages reads a table that is written to at the same time. If an index has the key's
// order, rows are read in pages, each of which is complete before anything is written:
// with a rollback journal SQLite would otherwise wait for itself. If not, each page would
// sort the whole table, so a second connection reads everything at once.
type pages struct {
	side  *side
	t     *table
	part  part
	paged bool
	close func()

	all  *stream
	page [][]value
	end  bool
}

// openTarget begins to read a part of a table of the target.
func (c *copier) openTarget(ctx context.Context, t *table, p part) (*pages, error) {
	r := &pages{side: c.to, t: t, part: p, close: func() {}}
	r.paged = c.to.caps.Engine == dialect.SQLite || t.numbered()
	if r.paged {
		return r, nil
	}
	reader, err := connect(ctx, c.to.db)
	if err != nil {
		return nil, err
	}
	if r.all, err = reader.open(ctx, reader.conn, t, p); err != nil {
		reader.close()
		return nil, dialect.Classify(err)
	}
	r.close = func() {
		r.all.close()
		reader.close()
	}
	return r, nil
}

// numbered reports whether t's key is a single number.
func (t *table) numbered() bool { return len(t.key) == 1 && t.columns[t.key[0]].kind == kindInt }

// next returns the next row, nil at the end.
func (r *pages) next(ctx context.Context) ([]value, error) {
	if !r.paged {
		return r.all.next()
	}
	if len(r.page) == 0 && !r.end {
		if err := r.turn(ctx); err != nil {
			return nil, dialect.Classify(err)
		}
	}
	if len(r.page) == 0 {
		return nil, nil //nolint:nilnil // the end
	}
	row := r.page[0]
	r.page = r.page[1:]
	r.part.after = row
	return row, nil
}

// turn reads the next page of rows.
func (r *pages) turn(ctx context.Context) error {
	r.part.limit = batchRows
	rows, err := r.side.open(ctx, r.side.conn, r.t, r.part)
	if err != nil {
		return err
	}
	defer rows.close()
	var b batch
	for !b.full() {
		row, err := rows.next()
		if err != nil {
			return err
		}
		if row == nil {
			r.end = len(b.rows) < batchRows
			break
		}
		b.add(row)
	}
	r.page = b.rows
	return nil
}
