package schema

import (
	"fmt"
	"reflect"
	"regexp"
	"strconv"
	"strings"

	"github.com/uptrace/bun"
	bunschema "github.com/uptrace/bun/schema"

	"github.com/chameleon-go/chameleon/dialect"
)

// Table is what a model wants, in no engine's words.
type Table struct {
	Name    string
	Columns []Column
	Indexes []dialect.Index
}

// Column is one column of a [Table].
type Column struct {
	Name string
	// Type is the base type in lower case: bigint, integer, smallint, boolean,
	// varchar, text, timestamptz, double precision.
	Type string
	// Size is a varchar's length in characters.
	Size int
	// NotNull forbids NULL.
	NotNull bool
	// Default is a constant as SQL spells it (0, false, 'x'), empty for none.
	Default string
	// PK makes the column part of the primary key.
	PK bool
	// AutoIncrement lets the engine number the rows.
	AutoIncrement bool
	// Compare says how values of the column compare.
	Compare Compare
}

// Compare says how values of a text column compare.
type Compare string

// How a column compares: as the engine likes, byte for byte, or byte for byte
// trailing blanks included.
const (
	CompareText  Compare = ""
	CompareExact Compare = "exact"
	CompareBytes Compare = "bytes"
)

// canFill reports whether rows that exist get a value for the column when it
// is added: NULL or its default.
func (c Column) canFill() bool { return !c.NotNull || c.Default != "" }

// Read returns the tables that models want, in the models' order. Models are
// pointers to structs, nil or not. It fails on a model that cannot be pushed
// to every engine the same way: a column without a type, a default that is no
// constant, a unique index with a condition.
func Read(db *bun.DB, models []any) ([]Table, error) {
	tables := make([]Table, 0, len(models))
	seen := make(map[string]bool, len(models))
	for _, model := range models {
		typ := reflect.TypeOf(model)
		for typ.Kind() == reflect.Pointer {
			typ = typ.Elem()
		}
		table, err := readTable(db.Table(typ), reflect.New(typ).Interface())
		if err != nil {
			return nil, err
		}
		if seen[table.Name] {
			return nil, fmt.Errorf("schema: two models of the table %s", table.Name)
		}
		seen[table.Name] = true
		tables = append(tables, table)
	}
	return tables, nil
}

func readTable(t *bunschema.Table, model any) (Table, error) {
	table := Table{Name: t.Name}
	names := make(map[string]bool, len(t.Fields))
	for _, f := range t.Fields {
		col, err := readColumn(f)
		if err != nil {
			return table, fmt.Errorf("schema: column %s.%s: %w", t.Name, f.Name, err)
		}
		names[col.Name] = true
		table.Columns = append(table.Columns, col)
	}
	indexed, ok := model.(dialect.Indexed)
	if !ok {
		return table, nil
	}
	for _, idx := range indexed.Indexes() {
		if idx.Unique && idx.Where != "" {
			return table, fmt.Errorf("schema: index %s: unique with a condition is not unique on every engine", idx.Name)
		}
		for _, col := range idx.Columns {
			if !names[col] {
				return table, fmt.Errorf("schema: index %s: table %s has no column %s", idx.Name, t.Name, col)
			}
		}
		table.Indexes = append(table.Indexes, idx)
	}
	return table, nil
}

func readColumn(f *bunschema.Field) (Column, error) {
	col := Column{
		Name:          f.Name,
		NotNull:       f.NotNull || f.IsPK,
		Default:       f.SQLDefault,
		PK:            f.IsPK,
		AutoIncrement: f.AutoIncrement,
		Compare:       Compare(f.StructField.Tag.Get("chameleon")),
	}
	// bun fills its own fields with a type that it guesses from Go's.
	declared, _ := f.Tag.Option("type")
	var err error
	if col.Type, col.Size, err = parseType(declared); err != nil {
		return col, err
	}
	switch {
	case col.Compare != CompareText && col.Compare != CompareExact && col.Compare != CompareBytes:
		return col, fmt.Errorf("unknown chameleon tag %q", col.Compare)
	case col.Compare != CompareText && col.Type != "varchar":
		return col, fmt.Errorf("chameleon tag %q on a %s", col.Compare, col.Type)
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

// isConstant reports whether a default is the same value whenever and by
// whatever engine it is taken. Others would make SQLite rebuild the table.
func isConstant(s string) bool {
	return regexp.MustCompile(`^(-?\d+(\.\d+)?|true|false|'([^'\\]|'')*')$`).MatchString(s)
}
