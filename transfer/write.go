package transfer

import (
	"context"
	"errors"
	"strings"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
)

// The limits of one INSERT. A larger row is inserted alone.
const (
	batchRows  = 1000
	batchBytes = 1 << 20
	// batchKeys limits one DELETE, because SQLite limits the depth of expressions.
	batchKeys = 200
	// rowOverhead is the memory that a value takes in addition to its text.
	rowOverhead = 40
)

// batch is a number of rows that are written together.
type batch struct {
	rows  [][]value
	bytes int
}

func (b *batch) add(row []value) {
	b.rows = append(b.rows, row)
	b.bytes += sizeOf(row)
}

func (b *batch) full() bool { return len(b.rows) >= batchRows || b.bytes >= batchBytes }

func (b *batch) last() []value { return b.rows[len(b.rows)-1] }

// sizeOf estimates the memory that a row takes.
func sizeOf(row []value) int {
	size := rowOverhead * len(row)
	for _, v := range row {
		size += len(v.s)
	}
	return size
}

// check refuses the first value that s cannot hold.
func (s *side) check(t *table, rows [][]value) error {
	live := s.columns(t)
	for _, row := range rows {
		for i, c := range t.columns {
			if problem := s.fit(c.kind, row[i], live[i]); problem != "" {
				return &ValueError{Table: t.name, Key: t.keyText(row), Column: c.name, Problem: problem}
			}
		}
	}
	return nil
}

// columns returns this side's columns of t that are moved.
func (s *side) columns(t *table) []*liveColumn {
	live := make([]*liveColumn, len(t.columns))
	for i, c := range t.columns {
		live[i] = s.live[t.name].column(c.name)
	}
	return live
}

// insert writes rows.
func (s *side) insert(ctx context.Context, tx bun.Tx, t *table, rows [][]value) error {
	if len(rows) == 0 {
		return nil
	}
	if err := s.check(t, rows); err != nil {
		return err
	}
	if in := s.copyIn(); in != nil && len(rows) >= fewRows {
		return s.blame(t, rows, s.copyRows(ctx, in, t, rows))
	}
	_, err := tx.ExecContext(ctx, s.inserts(t, rows))
	return s.blame(t, rows, err)
}

func (s *side) inserts(t *table, rows [][]value) string {
	live, names := s.columns(t), make([]string, len(t.columns))
	for i, c := range t.columns {
		names[i] = s.quote(c.name)
	}
	b := make([]byte, 0, batchBytes)
	b = append(b, "INSERT INTO "+s.quote(t.name)+" ("+strings.Join(names, ", ")+")"+
		s.overriding(s.live[t.name])+" VALUES "...)
	for r, row := range rows {
		if r > 0 {
			b = append(b, ',')
		}
		b = append(b, '(')
		for i, c := range t.columns {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendLiteral(b, s.engine, c.kind, row[i], live[i])
		}
		b = append(b, ')')
	}
	return string(b)
}

// remove deletes rows by their keys.
func (s *side) remove(ctx context.Context, tx bun.Tx, t *table, rows [][]value) error {
	live := s.columns(t)
	for len(rows) > 0 {
		n := min(len(rows), batchKeys)
		b := []byte("DELETE FROM " + s.quote(t.name) + " WHERE ")
		for r, row := range rows[:n] {
			if r > 0 {
				b = append(b, " OR "...)
			}
			b = append(b, '(')
			for i, at := range t.key {
				if i > 0 {
					b = append(b, " AND "...)
				}
				b = append(b, s.quote(t.columns[at].name)+" = "...)
				b = appendLiteral(b, s.engine, t.columns[at].kind, row[at], live[at])
			}
			b = append(b, ')')
		}
		if _, err := tx.ExecContext(ctx, string(b)); err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}

// blame names the range of rows in which the database refused one.
func (s *side) blame(t *table, rows [][]value, err error) error {
	err = dialect.Classify(err)
	if err == nil || !errors.Is(err, dialect.ErrUnique) && !errors.Is(err, dialect.ErrConstraint) {
		return err
	}
	return &RowsError{Table: t.name, First: t.keyText(rows[0]), Last: t.keyText(rows[len(rows)-1]), Err: err}
}

// number makes the database number t's next row after the existing ones.
func (s *side) number(ctx context.Context, q bun.IConn, t *table) error {
	if t.counter == "" {
		return nil
	}
	statement := s.count(t.name, t.counter)
	if statement == "" {
		return nil
	}
	_, err := q.ExecContext(ctx, statement)
	return dialect.Classify(err)
}
