package transfer

import (
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// table describes what is moved of one table: the columns that both sides have, by name.
type table struct {
	name    string
	columns []column
	// key are the positions of the columns that identify a row and order the table.
	key []int
	// counter is the column whose numbers the database generates, if any.
	counter string
	// history are the columns of an append-only table that may become NULL or stop being
	// NULL; nil for tables whose rows change.
	history []string
}

type column struct {
	name string
	kind kind
	// model means that a model has the column.
	model bool
}

// keyColumns are the names of t's key.
func (t *table) keyColumns() []string {
	names := make([]string, len(t.key))
	for i, at := range t.key {
		names[i] = t.columns[at].name
	}
	return names
}

// keyText names a row in errors.
func (t *table) keyText(row []value) string {
	parts := make([]string, len(t.key))
	for i, at := range t.key {
		c, v := t.columns[at], row[at]
		parts[i] = c.name + " "
		if c.kind == kindText {
			parts[i] += strconv.Quote(v.s)
		} else {
			parts[i] += strconv.FormatInt(v.n, 10)
		}
	}
	return strings.Join(parts, ", ")
}

// less orders rows by t's key: numbers by size, texts by their bytes. Streams of all
// engines have this order.
func (t *table) compare(a, b []value) int {
	for _, at := range t.key {
		var order int
		if t.columns[at].kind == kindText {
			order = strings.Compare(a[at].s, b[at].s)
		} else if a[at].n != b[at].n {
			order = -1
			if a[at].n > b[at].n {
				order = 1
			}
		}
		if order != 0 {
			return order
		}
	}
	return 0
}

// same reports whether two rows with the same key have the same values.
func (t *table) same(a, b []value) bool {
	for i, c := range t.columns {
		if !same(c.kind, a[i], b[i]) {
			return false
		}
	}
	return true
}

const fieldModels = "Models"

// readModels reads the tables of models, each once.
func readModels(db *bun.DB, models []any) ([]*table, error) {
	if len(models) == 0 {
		return nil, valid.Failf(fieldModels, "is empty")
	}
	var tables []*table
	for _, model := range models {
		typ := reflect.TypeOf(model)
		if typ == nil || typ.Kind() != reflect.Pointer || typ.Elem().Kind() != reflect.Struct {
			return nil, valid.Failf(fieldModels, "a %T is not a pointer to a struct", model)
		}
		t, err := readModel(db, typ.Elem())
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(tables, func(o *table) bool { return o.name == t.name }) {
			tables = append(tables, t)
		}
	}
	return tables, nil
}

func readModel(db *bun.DB, typ reflect.Type) (*table, error) {
	read := db.Table(typ)
	t := &table{name: read.Name}
	var keys []string
	for _, f := range read.Fields {
		declared, _ := f.Tag.Option("type")
		k, ok := modelKind(declared)
		if !ok {
			return nil, valid.Failf(fieldModels, "column %s.%s has the type %q, which is not understood", t.name, f.Name, declared)
		}
		t.columns = append(t.columns, column{name: f.Name, kind: k, model: true})
		if f.IsPK {
			keys = append(keys, f.Name)
		}
		if f.AutoIncrement {
			t.counter = f.Name
		}
	}
	if history, ok := reflect.TypeAssert[dialect.AppendOnly](reflect.New(typ)); ok {
		t.history = history.AppendOnly()
	}
	t.order(keys)
	return t, nil
}

// order sorts the columns by name, so that a row's form does not depend on their order in
// the model, and finds the key's positions.
func (t *table) order(keys []string) {
	slices.SortFunc(t.columns, func(a, b column) int { return strings.Compare(a.name, b.name) })
	t.key = nil
	for _, key := range keys {
		t.key = append(t.key, slices.IndexFunc(t.columns, func(c column) bool { return c.name == key }))
	}
}

func (t *table) has(name string) bool {
	return slices.ContainsFunc(t.columns, func(c column) bool { return c.name == name })
}

// modelKind is the kind of a type in a bun tag.
func modelKind(declared string) (kind, bool) {
	base, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(declared)), "(")
	switch base {
	case "bigint", "integer", "smallint":
		return kindInt, true
	case "boolean":
		return kindBool, true
	case "varchar", "text":
		return kindText, true
	case "timestamptz":
		return kindTime, true
	case "double precision":
		return kindFloat, true
	}
	return 0, false
}
