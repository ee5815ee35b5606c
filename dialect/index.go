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
	// Times are those of Columns that hold times which other programs may write, and
	// by which rows are listed or counted. SQLite stores whatever text they write: there
	// the index holds such times in the one form in which they are compared, and has
	// _utc behind its name. Other engines have a type for times.
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

// Marked is implemented by models that say by which columns a table that exists
// is known to be theirs, and not another's of the same name: columns that every
// version of it has. Without it they are all those that must have a value.
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
// A push gives the column a default of true where it adds it to a table of the
// original's; every row of ours says false, which bun would else leave to the
// default.
type Original bool

// IsZero reports that no Original is to be replaced by the column's default.
func (Original) IsZero() bool { return false }

// Sharded is implemented by models whose rows can be spread over servers.
type Sharded interface {
	// ShardKey is the column by which they are. A row's never changes.
	ShardKey() string
}

// AppendOnly is implemented by models of history: rows are added, or moved to an
// archive, and their values stay, but that the columns it names may become NULL or cease
// to be. So counts tell whether a part of such a table is another than it was.
type AppendOnly interface {
	AppendOnly() []string
}
