package schema

import "github.com/chameleon-go/chameleon/dialect"

// Kind is a kind of [Change].
type Kind string

// The changes that a push makes. It makes no others: nothing is ever dropped,
// renamed, narrowed or rewritten.
const (
	AddTable   Kind = "add table"
	AddColumns Kind = "add column"
	AddIndex   Kind = "add index"
)

// Blocking says what a statement blocks while it runs.
type Blocking string

// What a statement of a push blocks. A push backs off from a table that it
// cannot lock promptly, so that nobody queues behind it; see [Options].LockWait.
const (
	// BlocksNothing: the table is new, or writes continue while the statement
	// runs.
	BlocksNothing Blocking = ""
	// BlocksBriefly: the table is locked for a moment, however many rows it has.
	BlocksBriefly Blocking = "briefly"
	// BlocksWrites: writes wait until all rows of the table have been read.
	BlocksWrites Blocking = "writes"
)

// Change is one statement of a push and what it is for.
type Change struct {
	// Kind says what is added.
	Kind Kind `json:"kind"`
	// Table is the table that is created or added to.
	Table string `json:"table"`
	// Columns are the columns that are added, for AddTable all of them.
	Columns []string `json:"columns,omitempty"`
	// Defaults are the defaults of Columns as SQL spells them, "" for none.
	Defaults []string `json:"defaults,omitempty"`
	// Index is the index that is added, for AddIndex.
	Index string `json:"index,omitempty"`
	// Indexes are those that the CREATE TABLE includes, for AddTable.
	Indexes []string `json:"indexes,omitempty"`
	// Clears is a statement to run before Statement: it drops the invalid index
	// that a failed CREATE INDEX CONCURRENTLY left under the same name.
	Clears string `json:"clears,omitempty"`
	// Statement is the SQL that makes the change.
	Statement string `json:"statement"`
	// Reverse is the SQL that reverses it, in this order.
	Reverse []string `json:"reverse,omitempty"`
	// Rows is the number of rows in the table, for an index on an existing
	// table: exact if it is small, otherwise the server's estimate.
	Rows int64 `json:"rows,omitempty"`
	// Blocks says what Statement blocks while it runs.
	Blocks Blocking `json:"blocks,omitempty"`
	// Online means that the index of a large table is built while writes continue,
	// outside the push's transaction: a push that fails in the meantime leaves what
	// it has made, and the next one continues.
	Online bool `json:"online,omitempty"`
}

// addTable creates a table and, if they need statements of their own, its indexes.
func addTable(eng engine, t modelTable) []Change {
	table := Change{
		Kind: AddTable, Table: t.Name,
		Statement: createTable(eng, t),
		Reverse:   []string{"DROP TABLE " + eng.quote(t.Name)},
	}
	table.columns(t.Columns)
	if eng.inlineIndexes() {
		for _, idx := range t.Indexes {
			table.Indexes = append(table.Indexes, idx.Name)
		}
		return []Change{table}
	}
	changes := []Change{table}
	for _, idx := range t.Indexes {
		changes = append(changes, plainIndex(eng, t.Name, idx))
	}
	return changes
}

// columns records the columns that a change adds.
func (c *Change) columns(cols []modelColumn) {
	for _, col := range cols {
		c.Columns = append(c.Columns, col.Name)
		c.Defaults = append(c.Defaults, col.Default)
	}
}

// addColumns adds columns to an existing table in one statement.
func addColumns(eng engine, t *liveTable, cols []modelColumn) Change {
	change := Change{Kind: AddColumns, Table: t.name, Blocks: BlocksBriefly}
	change.columns(cols)
	var reverse string
	change.Statement, reverse = alterColumns(eng, t, cols)
	change.Reverse = []string{reverse}
	return change
}

// plainIndex creates an index within the push's transaction, if it has one.
func plainIndex(eng engine, table string, idx dialect.Index) Change {
	change := Change{Kind: AddIndex, Table: table, Index: idx.Name}
	var reverse string
	change.Statement, reverse = eng.createIndex(table, idx)
	change.Reverse = []string{reverse}
	return change
}
