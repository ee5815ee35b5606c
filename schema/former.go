package schema

import (
	"slices"

	"github.com/chameleon-go/chameleon/dialect"
)

// FormerIndex is an index that a recorded push made and that none of the models declares:
// an earlier version had it. A push removes nothing, and so every write of the table
// goes on to pay for it. Do not remove it while that version still runs.
type FormerIndex struct {
	Table string `json:"table"`
	Index string `json:"index"`
	// Remedy removes it.
	Remedy string `json:"remedy"`
}

// former lists the indexes of pushes, on the models' tables, that no model declares.
func (p *pusher) former(found live, pushes []*Pushed) (former []FormerIndex) {
	for _, push := range slices.Backward(pushes) { // the oldest first
		for _, c := range push.Changes[:push.Made] {
			for _, name := range append(slices.Clone(c.Indexes), c.Index) {
				if idx := p.undeclared(found, c.Table, name); idx != nil {
					f := FormerIndex{Table: c.Table, Index: idx.name, Remedy: p.eng.dropIndex(c.Table, idx)}
					if !slices.Contains(former, f) {
						former = append(former, f)
					}
				}
			}
		}
	}
	return former
}

// undeclared is the index of that name, if it is there and the table's model declares
// none of the name; nil for another program's constraint.
func (p *pusher) undeclared(found live, table, name string) *liveIndex {
	i := slices.IndexFunc(p.want, func(t modelTable) bool { return p.eng.sameName(t.Name, table) })
	if i < 0 || name == "" || found[p.want[i].Name] == nil {
		return nil
	}
	if slices.ContainsFunc(p.want[i].Indexes, func(d dialect.Index) bool { return p.eng.sameName(d.Name, name) }) {
		return nil
	}
	for _, idx := range found[p.want[i].Name].indexes {
		if p.eng.sameName(idx.name, name) && !idx.constraint && !idx.primary {
			return idx
		}
	}
	return nil
}
