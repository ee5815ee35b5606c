package transfer

import (
	"slices"
	"strings"
)

// LeftColumn is a column unknown to the models that was not moved, because the
// target has no column of that name that takes its values. To keep it, add it to
// the target first.
type LeftColumn struct {
	Table  string `json:"table"`
	Column string `json:"column"`
	// Type is the source's.
	Type string `json:"type"`
}

// lacking lists the tables and columns of the models that a database lacks.
func lacking(tables []*table, live map[string]*liveTable) (missing []string) {
	for _, t := range tables {
		found, ok := live[t.name]
		if !ok {
			missing = append(missing, t.name)
			continue
		}
		for _, c := range t.columns {
			if found.column(c.name) == nil {
				missing = append(missing, t.name+"."+c.name)
			}
		}
	}
	return missing
}

// match determines what is moved between two tables that have all of the model's columns:
// those and any others that both have. It returns what is left behind.
func (t *table) match(from, to *liveTable) (left []LeftColumn) {
	key := longest(t.keyColumns(), from.key, to.key)
	for i, c := range t.columns {
		if c.kind == kindText && (from.column(c.name).isJSON() || to.column(c.name).isJSON()) {
			t.columns[i].kind = kindJSON
		}
	}
	for _, c := range from.columns {
		if t.has(c.name) {
			continue
		}
		if k, ok := shared(c, to.column(c.name)); ok {
			t.columns = append(t.columns, column{name: c.name, kind: k})
		} else {
			left = append(left, LeftColumn{Table: t.name, Column: c.name, Type: c.typ})
		}
	}
	t.order(key)
	return left
}

// longest returns the key that identifies rows on both sides: in the sharded layout it
// includes the account.
func longest(model []string, live ...[]string) []string {
	key := model
	for _, other := range live {
		covers := !slices.ContainsFunc(model, func(name string) bool { return !slices.Contains(other, name) })
		if covers && len(other) > len(key) {
			key = other
		}
	}
	return key
}

// shared returns the kind of a column that both tables have and no model knows.
func shared(a, b *liveColumn) (kind, bool) {
	if b == nil || a.isBinary() || b.isBinary() {
		return 0, false
	}
	x, y := kindOfType(a.typ), kindOfType(b.typ)
	pair := func(one, other kind) bool { return x == one && y == other || x == other && y == one }
	switch {
	case x == y:
		return x, a.typ != "bytea" && a.typ != "bit" && b.typ != "bytea" && b.typ != "bit"
	case pair(kindInt, kindBool):
		return kindBool, true
	case pair(kindText, kindJSON):
		return kindJSON, true
	}
	return 0, false
}

// kindOfType returns the kind of a type as an engine's catalog names it. Unknown types are
// moved as text.
func kindOfType(typ string) kind {
	switch base, _, _ := strings.Cut(typ, "("); {
	case strings.HasSuffix(base, "int") || base == "integer":
		return kindInt
	case base == "boolean" || base == "bool":
		return kindBool
	case strings.HasPrefix(base, "timestamp") || base == "datetime":
		return kindTime
	case strings.HasPrefix(base, "double") || base == "real" || base == "float":
		return kindFloat
	case base == "json" || base == "jsonb":
		return kindJSON
	}
	return kindText
}
