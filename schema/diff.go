package schema

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
)

// missing is what one table lacks.
type missing struct {
	want    modelTable
	live    *liveTable // nil: the table itself is missing
	columns []modelColumn
	indexes []missingIndex
}

// compare determines what found lacks of want. Everything is matched by name, and indexes
// also by what they do. What exists with another type is left alone. It returns a
// *PushError for another index under the name of one of ours.
func compare(eng engine, found live, want []modelTable) ([]missing, error) {
	var all []missing
	for _, table := range want {
		m := missing{want: table, live: found[table.Name]}
		if m.live == nil {
			if twin := found[table.ArchiveOf]; twin != nil && twin.collations != nil {
				m.want.twin = twin
			}
			all = append(all, m)
			continue
		}
		for _, col := range table.Columns {
			if !m.live.hasColumn(eng, col.Name) {
				if col.Original && !m.live.hasColumn(eng, table.Own) {
					col.Default = "true"
				}
				m.columns = append(m.columns, col)
			}
		}
		for _, idx := range table.Indexes {
			lacks, err := m.live.lacksIndex(eng, idx)
			if err != nil {
				return nil, err
			}
			if lacks != nil {
				m.indexes = append(m.indexes, *lacks)
			}
		}
		if len(m.columns)+len(m.indexes) > 0 {
			all = append(all, m)
		}
	}
	return all, nil
}

// planner turns what is missing into changes.
type planner struct {
	name dialect.Engine
	eng  engine
	q    bun.IConn
	// large is the number of rows from which a table is large.
	large int64
	// apart means that statements can run outside the push's transaction.
	apart bool
}

// changes plans a table's additions in the required order. It returns a *PushError for a
// column that cannot be added.
func (p planner) changes(ctx context.Context, m missing) ([]Change, error) {
	if m.live == nil {
		return addTable(p.eng, m.want), nil
	}
	changes, err := p.columns(ctx, m)
	if err != nil || len(m.indexes) == 0 {
		return changes, err
	}
	rows, large, err := p.rows(ctx, m.live.name)
	if err != nil {
		return nil, err
	}
	for _, idx := range m.indexes {
		c := p.eng.addIndex(m.live, idx, large, p.apart)
		c.Rows = rows
		changes = append(changes, c)
	}
	return changes, nil
}

// rows counts a table's rows up to the number that matters, and estimates them beyond.
func (p planner) rows(ctx context.Context, table string) (rows int64, large bool, err error) {
	rows, err = number(ctx, p.q, fmt.Sprintf("SELECT COUNT(*) FROM (SELECT 1 FROM %s LIMIT %d) AS few", p.eng.quote(table), p.large))
	if err != nil || rows < p.large {
		return rows, false, err
	}
	estimate, err := p.eng.estimate(ctx, p.q, table)
	return max(rows, estimate), true, err
}

// columns plans the columns that a table lacks.
func (p planner) columns(ctx context.Context, m missing) ([]Change, error) {
	if len(m.columns) == 0 {
		return nil, nil
	}
	empty, err := p.screen(ctx, m)
	if err != nil {
		return nil, err
	}
	return p.eng.addColumns(m.live, m.columns, empty), nil
}

// screen refuses columns that cannot be added: a part of the primary key, or a column that
// requires a value while there are rows, which have none (engines fail or, like MySQL,
// invent a value). empty is only set if it matters.
func (p planner) screen(ctx context.Context, m missing) (empty bool, err error) {
	for _, col := range m.columns {
		if col.PK {
			return false, &PushError{
				Table: m.want.Name, Columns: []string{col.Name},
				Problem: "it belongs to the primary key, which an existing table cannot be given",
			}
		}
		if col.canFill() || empty {
			continue
		}
		if empty, err = p.isEmpty(ctx, m.live.name); err != nil {
			return false, err
		}
		if !empty {
			return false, &PushError{
				Table: m.want.Name, Columns: []string{col.Name},
				Problem: "the table holds rows, and the column is NOT NULL and has no default:" +
					" add it by hand, fill it, and push again",
			}
		}
	}
	return empty, nil
}

func (p planner) isEmpty(ctx context.Context, table string) (bool, error) {
	var one int
	query := fmt.Sprintf("SELECT 1 FROM %s LIMIT 1", p.eng.quote(table))
	rows, err := p.q.QueryContext(ctx, query)
	if err != nil {
		return false, err
	}
	defer func() { _ = rows.Close() }()
	if !rows.Next() {
		return true, rows.Err()
	}
	return false, rows.Scan(&one)
}
