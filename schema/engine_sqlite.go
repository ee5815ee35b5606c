package schema

import (
	"context"
	"fmt"
	"strings"

	"ariga.io/atlas/sql/migrate"
	atlas "ariga.io/atlas/sql/schema"
	"ariga.io/atlas/sql/sqlite"
)

type sqliteEngine struct{}

func (sqliteEngine) open(q atlas.ExecQuerier) (migrate.Driver, error) { return sqlite.Open(q) }

func (sqliteEngine) table(*atlas.Table) {}

func (sqliteEngine) inlineIndexes() bool { return false }

func (sqliteEngine) rollsBack() bool { return true }

func (sqliteEngine) column(c modelColumn) *atlas.Column {
	col := atlas.NewColumn(c.Name).SetType(sqliteType(c)).SetNull(!c.NotNull)
	if c.Default != "" {
		// A literal, because atlas takes any other expression for one that
		// needs a rebuild of the table.
		col.SetDefault(&atlas.Literal{V: c.Default})
	}
	if c.AutoIncrement {
		col.AddAttrs(&sqlite.AutoIncrement{})
	}
	return col
}

// sqliteType is the declared type, which the driver reads to know a time or a
// boolean. Text compares byte for byte already. A numbered key must be spelled
// INTEGER, and is 64 bits wide.
func sqliteType(c modelColumn) atlas.Type {
	switch {
	case c.AutoIncrement:
		return &atlas.IntegerType{T: "integer"}
	case c.Type == "bigint", c.Type == "integer", c.Type == "smallint":
		return &atlas.IntegerType{T: c.Type}
	case c.Type == "boolean":
		return &atlas.BoolType{T: c.Type}
	case c.Type == "varchar":
		// atlas would drop the length, which documents the column.
		return &sqlite.UserDefinedType{T: fmt.Sprintf("varchar(%d)", c.Size)}
	case c.Type == "timestamptz":
		return &atlas.TimeType{T: "timestamp"}
	case c.Type == "double precision":
		return &atlas.FloatType{T: "double precision"}
	}
	return &atlas.StringType{T: "text"}
}

func (sqliteEngine) index(idx *atlas.Index, where string) {
	if where != "" {
		idx.AddAttrs(&sqlite.IndexPredicate{P: where})
	}
}

// addColumns adds one column a statement. SQLite refuses to add a NOT NULL
// column without a default even to an empty table, for which other tools
// rebuild the table and lose what they do not model: here the column is added
// first and made NOT NULL after, which SQLite can since 3.53.
func (eng sqliteEngine) addColumns(
	ctx context.Context, drv migrate.Driver, t *atlas.Table, cols []*atlas.Column, empty bool,
) ([]Change, error) {
	var changes []Change
	for _, col := range cols {
		if col.Type.Null || col.Default != nil || !empty {
			planned, err := planColumns(ctx, drv, t, []*atlas.Column{col})
			if err != nil {
				return nil, err
			}
			changes = append(changes, planned...)
			continue
		}
		loose := *col
		loose.Type = &atlas.ColumnType{Type: col.Type.Type, Null: true}
		planned, err := planColumns(ctx, drv, t, []*atlas.Column{&loose})
		if err != nil {
			return nil, err
		}
		planned[0].Statement = strings.TrimSuffix(planned[0].Statement, " NULL")
		changes = append(changes, planned[0], Change{
			Kind: AddColumns, Table: t.Name, Columns: []string{col.Name},
			Statement: fmt.Sprintf("ALTER TABLE %s ALTER COLUMN %s SET NOT NULL", eng.quote(t.Name), eng.quote(col.Name)),
			Reverse:   []string{fmt.Sprintf("ALTER TABLE %s ALTER COLUMN %s DROP NOT NULL", eng.quote(t.Name), eng.quote(col.Name))},
		})
	}
	return changes, nil
}
