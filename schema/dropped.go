package schema

import (
	"slices"
)

// dropped lists what an undo drops, by table.
type dropped []*droppedTable

// droppedTable is a table that an undo drops in whole or in part.
type droppedTable struct {
	name string
	// whole means that the table itself is dropped.
	whole bool
	// columns and indexes are those that the push made and that still exist; defaults are
	// the columns'.
	columns, defaults, indexes []string
}

// droppedBy returns which existing things undoing a push drops.
func droppedBy(eng engine, push *Pushed, found live) dropped {
	var all dropped
	for _, c := range push.Changes[:push.Made] {
		table := found[wanted(eng, c.Table)]
		if table == nil {
			continue
		}
		at := slices.IndexFunc(all, func(t *droppedTable) bool { return t.name == c.Table })
		if at < 0 {
			at = len(all)
			all = append(all, &droppedTable{name: c.Table})
		}
		t := all[at]
		t.whole = t.whole || c.Kind == AddTable
		for i, column := range c.Columns {
			if table.hasColumn(eng, column) && !slices.Contains(t.columns, column) {
				t.columns, t.defaults = append(t.columns, column), append(t.defaults, c.Defaults[i])
			}
		}
		t.indexes = append(t.indexes, c.Indexes...)
		if c.Index != "" {
			t.indexes = append(t.indexes, c.Index)
		}
	}
	return all
}

func (d dropped) names() []string {
	names := make([]string, len(d))
	for i, t := range d {
		names[i] = t.name
	}
	return names
}

// has reports whether names contain name, as the engine compares them.
func has(eng engine, names []string, name string) bool {
	return slices.ContainsFunc(names, func(n string) bool { return eng.sameName(n, name) })
}

// attached lists other columns and indexes on what is dropped.
func attached(eng engine, gone dropped, found live) (objects []Dependent) {
	for _, t := range gone {
		table := found[wanted(eng, t.name)]
		for _, column := range table.columns {
			if t.whole && !has(eng, t.columns, column) {
				objects = append(objects, Dependent{Table: t.name, Kind: "column", Name: column})
			}
		}
		for _, idx := range table.indexes {
			on := t.whole || slices.ContainsFunc(idx.columns, func(c string) bool { return has(eng, t.columns, c) })
			if on && !idx.primary && !has(eng, t.indexes, idx.name) {
				objects = append(objects, Dependent{Table: t.name, Kind: "index", Name: idx.name})
			}
		}
	}
	return objects
}
