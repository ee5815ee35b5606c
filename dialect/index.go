package dialect

// Index is declared with a model: one of a table's indexes other than its
// primary key. Push creates those that are missing.
type Index struct {
	// Name is the index's name in the database.
	Name string
	// Columns in order.
	Columns []string
	// Unique makes it a unique index.
	Unique bool
	// Where restricts the index to some rows, on engines that have partial
	// indexes (PostgreSQL, SQLite). MySQL indexes every row. A unique index
	// must not rely on it.
	Where string
	// Times are those Columns whose times other programs may write and by which rows
	// are listed or counted. SQLite stores whatever text they write; there the index
	// holds such times in the form in which they are compared, and its name has the
	// suffix _utc. Other engines have a type for times.
	Times []string
}

// Indexed is implemented by models that declare indexes.
type Indexed interface {
	Indexes() []Index
}

// Archive is implemented by models of tables that hold a part of another table's rows,
// with the same columns. Reads of both compare their texts, so that on MySQL and
// MariaDB such a table is made with the character sets and collations of the other one,
// which another program may have made.
type Archive interface {
	// ArchiveOf is the other table's name.
	ArchiveOf() string
}

// Marked is implemented by models that name the columns by which an existing
// table is recognized as theirs rather than an unrelated one of the same name:
// columns that every version of the table has. Otherwise these are all columns
// that are NOT NULL.
type Marked interface {
	Marks() []string
}

// Adoptable is implemented by models of tables that the original application has,
// too, where rows have to say whether it reads them.
type Adoptable interface {
	// OwnColumn is one that the module's table has always had and the original's
	// has not.
	OwnColumn() string
}

// Original marks rows that the original application of an adopted database wrote.
// When a push adds the column to one of the original's tables, its default is
// true; rows of this module explicitly say false.
type Original bool

// IsZero returns false, so that bun never replaces an Original by the column's
// default.
func (Original) IsZero() bool { return false }

// Sharded is implemented by models whose rows can be distributed over servers.
type Sharded interface {
	// ShardKey is the column by which rows are distributed. A row's value never
	// changes.
	ShardKey() string
}

// Updated is implemented by models whose rows change again and again in columns that no
// index holds. PostgreSQL leaves room for that beside them: what fits on the row's own
// page needs nothing of the indexes.
type Updated interface {
	// Filled is how much of a page new rows fill, in percent.
	Filled() int
}

// AppendOnly is implemented by models of history: rows are added, or moved to an
// archive, and their values stay, but that the columns it names may become NULL or cease
// to be. So counts tell whether a part of such a table is another than it was.
type AppendOnly interface {
	AppendOnly() []string
}
