package schema

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/uptrace/bun"
	bunschema "github.com/uptrace/bun/schema"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/valid"
	"github.com/chameleon-go/chameleon/internal/width"
)

// modelTable is a table as a model declares it, independent of the engine.
type modelTable struct {
	Name    string
	Columns []modelColumn
	Indexes []dialect.Index
	// Marks are the columns by which an existing table is recognized as ours.
	Marks []string
	// Own is the column by which an existing table is recognized as ours and not the
	// original application's, empty if that does not matter.
	Own string
	// ShardKey is the column by which a sharded table is distributed, empty for none.
	ShardKey string
	// ArchiveOf is the table whose archive this is, empty for none, and twin is that table
	// if it exists and its collations matter.
	ArchiveOf string
	twin      *liveTable
	// Filled is the percentage of a page that new rows fill; 0 for all.
	Filled int
}

// modelColumn is one column of a [modelTable].
type modelColumn struct {
	Name string
	// Type is the base type in lower case: bigint, integer, smallint, boolean,
	// varchar, text, timestamptz, double precision.
	Type string
	// Size is a varchar's length in characters.
	Size int
	// NotNull forbids NULL.
	NotNull bool
	// Default is a constant in SQL (0, false, 'x'), empty for none.
	Default string
	// PK makes the column part of the primary key.
	PK bool
	// AutoIncrement makes the engine number the rows.
	AutoIncrement bool
	// Compare says how values of the column compare.
	Compare comparison
	// Original means that the column marks rows of the original application: a boolean
	// whose default is true when a push adds it to one of the original's tables, so that
	// every row that the original inserts is marked.
	Original bool
	// Amount means that the column holds credits or money, in 64 bits.
	Amount bool
}

// comparison says how values of a text column compare.
type comparison string

// How a column compares: by the engine's default; byte for byte; byte for byte including
// trailing spaces; or byte for byte and in byte order, so that an index serves prefixes.
const (
	compareText    comparison = ""
	compareExact   comparison = "exact"
	compareBytes   comparison = "bytes"
	compareOrdered comparison = "ordered"
)

// canFill reports whether existing rows get a value for the column when it is added: NULL
// or its default.
func (c modelColumn) canFill() bool { return !c.NotNull || c.Default != "" }

// readModels returns the tables of models in order; duplicates count once. It returns an
// *InvalidError for a model that cannot be pushed to every engine in the same way: a column
// without a type, a default that is not constant, a unique index with a condition.
func readModels(db bun.IDB, models []any) ([]modelTable, error) {
	tables := make([]modelTable, 0, len(models))
	seen := make(map[string]reflect.Type, len(models))
	for _, model := range models {
		typ := reflect.TypeOf(model)
		if typ == nil || typ.Kind() != reflect.Pointer || typ.Elem().Kind() != reflect.Struct {
			return nil, valid.Failf(fieldModels, "a %T is not a pointer to a struct", model)
		}
		typ = typ.Elem()
		table, err := readTable(db.Dialect().Tables().Get(typ), reflect.New(typ).Interface())
		if err != nil {
			return nil, valid.Failf(fieldModels, "%v", err)
		}
		table.indexTimes(dialect.Of(db).Engine == dialect.SQLite)
		switch other, again := seen[table.Name]; {
		case !again:
			seen[table.Name] = typ
			tables = append(tables, table)
		case other != typ:
			return nil, valid.Failf(fieldModels, "%v and %v are two models of the table %s", other, typ, table.Name)
		}
	}
	return tables, nil
}

// fieldModels names the argument in errors.
const fieldModels = "models"

func readTable(t *bunschema.Table, model any) (modelTable, error) {
	table := modelTable{Name: t.Name, ShardKey: shardKey(model)}
	if archive, ok := model.(dialect.Archive); ok {
		table.ArchiveOf = archive.ArchiveOf()
	}
	if updated, ok := model.(dialect.Updated); ok {
		table.Filled = updated.Filled()
	}
	if adoptable, ok := model.(dialect.Adoptable); ok {
		table.Own = adoptable.OwnColumn()
	}
	names := make(map[string]bool, len(t.Fields))
	for _, f := range t.Fields {
		col, err := readColumn(f)
		if err != nil {
			return table, fmt.Errorf("column %s.%s: %w", t.Name, f.Name, err)
		}
		names[col.Name] = true
		table.Columns = append(table.Columns, col)
	}
	if err := table.mark(model); err != nil {
		return table, err
	}
	indexed, ok := model.(dialect.Indexed)
	if !ok {
		return table, nil
	}
	for _, idx := range indexed.Indexes() {
		if idx.Unique && idx.Where != "" {
			return table, fmt.Errorf("index %s: unique with a condition is not unique on every engine", idx.Name)
		}
		for _, col := range idx.Columns {
			if !names[col] {
				return table, fmt.Errorf("index %s: table %s has no column %s", idx.Name, t.Name, col)
			}
		}
		table.Indexes = append(table.Indexes, idx)
	}
	return table, nil
}

func readColumn(f *bunschema.Field) (modelColumn, error) {
	col := modelColumn{
		Name:          f.Name,
		NotNull:       f.NotNull || f.IsPK,
		Default:       f.SQLDefault,
		PK:            f.IsPK,
		AutoIncrement: f.AutoIncrement,
	}
	switch tag := f.StructField.Tag.Get("chameleon"); tag {
	case width.Tag:
		col.Amount = true
	case "original":
		col.Original = true
	default:
		col.Compare = comparison(tag)
	}
	// bun sets its own type fields to what it guesses from Go's type.
	declared, _ := f.Tag.Option("type")
	var err error
	if col.Type, col.Size, err = parseType(declared); err != nil {
		return col, err
	}
	switch {
	case !slices.Contains([]comparison{compareText, compareExact, compareBytes, compareOrdered}, col.Compare):
		return col, fmt.Errorf("unknown chameleon tag %q", col.Compare)
	case col.Compare != compareText && col.Type != "varchar":
		return col, fmt.Errorf("chameleon tag %q on a %s", col.Compare, col.Type)
	case col.Amount && col.Type != "bigint":
		return col, fmt.Errorf("chameleon tag %q on a %s", width.Tag, col.Type)
	case col.Original && (col.Type != "boolean" || col.Default != "false" || !col.NotNull):
		return col, fmt.Errorf("chameleon tag original requires a boolean column, NOT NULL and false by default")
	case col.Default != "" && col.Type == "text":
		return col, fmt.Errorf("a default on a text column, which MySQL does not have")
	case col.Default != "" && !isConstant(col.Default):
		return col, fmt.Errorf("default %q is not a constant", col.Default)
	}
	return col, nil
}

// parseType splits the type of a bun tag into its base and its length.
func parseType(s string) (base string, size int, err error) {
	base = strings.ToLower(strings.TrimSpace(s))
	if name, args, ok := strings.Cut(base, "("); ok {
		if size, err = strconv.Atoi(strings.TrimSuffix(args, ")")); err != nil {
			return "", 0, fmt.Errorf("type %q is not understood", s)
		}
		base = name
	}
	switch base {
	case "":
		return "", 0, fmt.Errorf("no type in its bun tag")
	case "varchar":
		if size < 1 {
			return "", 0, fmt.Errorf("a varchar needs a length")
		}
		return base, size, nil
	case "bigint", "integer", "smallint", "boolean", "text", "timestamptz", "double precision":
		return base, 0, nil
	}
	return "", 0, fmt.Errorf("type %q is not understood", s)
}

// isConstant reports whether a default is the same value at any time on any engine. Others
// would make SQLite rebuild the table.
func isConstant(s string) bool {
	return regexp.MustCompile(`^(-?\d+(\.\d+)?|true|false|'([^'\\]|'')*')$`).MatchString(s)
}
