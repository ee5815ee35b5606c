package dialect

// Index is declared beside a model: a table's indexes other than its primary
// key. Push creates those that are missing.
type Index struct {
	// Name is the index's name in the database.
	Name string
	// Columns in order.
	Columns []string
	// Unique makes it a uniqueness rule.
	Unique bool
	// Where restricts the index to some rows, on engines that have partial
	// indexes (PostgreSQL, SQLite). MySQL indexes every row. A unique index
	// must not rely on it.
	Where string
}

// Indexed is implemented by models that declare indexes.
type Indexed interface {
	Indexes() []Index
}
