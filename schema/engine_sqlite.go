package schema

import (
	"fmt"
	"slices"
	"strings"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/moment"
)

type sqliteEngine struct{}

func (eng sqliteEngine) column(c modelColumn, _ *liveTable) string {
	spelled := eng.quote(c.Name) + " " + sqliteType(c) + columnRest(c)
	if eng.inlineKey(c) {
		spelled += " PRIMARY KEY AUTOINCREMENT"
	}
	return spelled
}

// sqliteType returns the declared type, by which the driver recognizes times and booleans.
// Text compares byte for byte anyway. A generated key has to be INTEGER, which has 64 bits.
// A length has no effect and documents the column.
func sqliteType(c modelColumn) string {
	switch {
	case c.AutoIncrement:
		return "integer"
	case c.Type == "varchar":
		return fmt.Sprintf("varchar(%d)", c.Size)
	case c.Type == "timestamptz":
		return "timestamp"
	}
	return c.Type
}

// inlineKey: SQLite generates numbers only for a key that the column itself declares.
func (sqliteEngine) inlineKey(c modelColumn) bool { return c.AutoIncrement }

func (sqliteEngine) tableOptions(modelTable) string { return "" }

func (sqliteEngine) inlineIndexes() bool { return false }

func (sqliteEngine) rollsBack() bool { return true }

func (eng sqliteEngine) createIndex(table string, idx dialect.Index) (statement, reverse string) {
	parts := make([]string, len(idx.Columns))
	for i, column := range idx.Columns {
		parts[i] = eng.quote(column)
		if slices.Contains(idx.Times, column) {
			parts[i] = "(" + moment.OnSQLite(parts[i]) + ")"
		}
	}
	return createIndexOf(eng, table, idx, strings.Join(parts, ", "))
}

// indexTimes makes the table's indexes contain times as they are compared on SQLite. Their
// names differ from those of older versions' indexes on these columns, which stay.
func (t *modelTable) indexTimes(sqlite bool) {
	for i := range t.Indexes {
		switch idx := &t.Indexes[i]; {
		case len(idx.Times) == 0:
		case sqlite:
			idx.Name += "_utc"
		default:
			idx.Times = nil
		}
	}
}

// addIndex builds an index within the push. SQLite has one writer at a time.
func (eng sqliteEngine) addIndex(t *liveTable, idx missingIndex, _, _ bool) Change {
	change := plainIndex(eng, t.name, idx.Index)
	change.Blocks = BlocksWrites
	return change
}

func (sqliteEngine) otherwise(string, error) string { return "" }

func (sqliteEngine) frame() (begin, commit, session string) { return "BEGIN IMMEDIATE", "COMMIT", "" }

// addColumns adds one column per statement. SQLite refuses to add a NOT NULL column without
// a default even to an empty table. Other tools rebuild the table and lose what they do not
// model; here the column is added first and then made NOT NULL, which SQLite supports since
// 3.53.
func (eng sqliteEngine) addColumns(t *liveTable, cols []modelColumn, empty bool) []Change {
	var changes []Change
	for _, col := range cols {
		added := addColumns(eng, t, []modelColumn{col})
		if col.canFill() || !empty {
			changes = append(changes, added)
			continue
		}
		added.Statement = strings.TrimSuffix(added.Statement, columnRest(col))
		alter := "ALTER TABLE " + eng.quote(t.name) + " ALTER COLUMN " + eng.quote(col.Name)
		changes = append(changes, added, Change{
			Kind: AddColumns, Table: t.name, Columns: []string{col.Name},
			Statement: alter + " SET NOT NULL",
			Reverse:   []string{alter + " DROP NOT NULL"},
		})
	}
	return changes
}
