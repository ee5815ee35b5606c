package schema

import "github.com/chameleon-go/chameleon/dialect"

// Kind is a kind of [Change].
type Kind string

// The changes that a push makes. It makes no other: nothing is ever dropped,
// renamed, narrowed or rewritten.
const (
	AddTable   Kind = "add table"
	AddColumns Kind = "add column"
	AddIndex   Kind = "add index"
)

// Change is one statement of a push and what it is for.
type Change struct {
	// Kind says what is added.
	Kind Kind `json:"kind"`
	// Table is the table that is created or added to.
	Table string `json:"table"`
	// Columns are the columns that are added, for AddColumns.
	Columns []string `json:"columns,omitempty"`
	// Index is the index that is added, for AddIndex.
	Index string `json:"index,omitempty"`
	// Statement is the SQL that makes the change.
	Statement string `json:"statement"`
	// Reverse is the SQL that takes it back, in this order.
	Reverse []string `json:"reverse,omitempty"`
}

// addTable creates a table and, where they are statements of their own, its
// indexes.
func addTable(eng engine, t modelTable) []Change {
	changes := []Change{{
		Kind: AddTable, Table: t.Name,
		Statement: createTable(eng, t),
		Reverse:   []string{"DROP TABLE " + eng.quote(t.Name)},
	}}
	if eng.inlineIndexes() {
		return changes
	}
	for _, idx := range t.Indexes {
		changes = append(changes, addIndex(eng, t.Name, idx))
	}
	return changes
}

// addColumns adds columns to a table that exists, by one statement.
func addColumns(eng engine, t *liveTable, cols []modelColumn) Change {
	change := Change{Kind: AddColumns, Table: t.name}
	for _, col := range cols {
		change.Columns = append(change.Columns, col.Name)
	}
	var reverse string
	change.Statement, reverse = alterColumns(eng, t, cols)
	change.Reverse = []string{reverse}
	return change
}

// addIndex creates an index of a table that exists.
func addIndex(eng engine, table string, idx dialect.Index) Change {
	change := Change{Kind: AddIndex, Table: table, Index: idx.Name}
	var reverse string
	change.Statement, reverse = eng.createIndex(table, idx)
	change.Reverse = []string{reverse}
	return change
}
