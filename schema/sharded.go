package schema

import (
	"slices"
	"strings"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// shardKey returns the column of a model that determines a row's shard, empty for a table
// that is not sharded.
func shardKey(model any) string {
	if sharded, ok := model.(dialect.Sharded); ok {
		return sharded.ShardKey()
	}
	return ""
}

// lay adds the shard key to the primary key and to every unique index. It comes last in an
// index, and in the primary key by its position in the model: on MySQL a generated number
// has to come first.
func (o Options) lay(eng dialect.Engine, tables []modelTable) error {
	if !o.Sharded {
		return nil
	}
	if eng == dialect.SQLite {
		return valid.Failf("Sharded", "an SQLite file has no shards")
	}
	for i := range tables {
		t := &tables[i]
		if t.ShardKey == "" {
			continue
		}
		found := false
		for j := range t.Columns {
			if t.Columns[j].Name == t.ShardKey {
				t.Columns[j].PK, t.Columns[j].NotNull, found = true, true, true
			}
		}
		if !found {
			return valid.Failf(fieldModels, "table %s has no shard key column %s", t.Name, t.ShardKey)
		}
		for j := range t.Indexes {
			idx := &t.Indexes[j]
			if idx.Unique && !slices.Contains(idx.Columns, t.ShardKey) {
				idx.Columns = append(slices.Clone(idx.Columns), t.ShardKey)
			}
		}
	}
	return nil
}

// checkKeys refuses an existing table whose keys do not fit the sharded layout, because a
// push only adds and cannot change them.
func (o Options) checkKeys(eng engine, found live, want []modelTable) error {
	if !o.Sharded {
		return nil
	}
	for _, t := range want {
		is := found[t.Name]
		if is == nil || t.ShardKey == "" {
			continue
		}
		for _, idx := range is.indexes {
			has := slices.ContainsFunc(idx.columns, func(c string) bool { return eng.sameName(c, t.ShardKey) })
			if idx.unique && !has {
				return &PushError{
					Table: t.Name, Index: idx.name, Columns: idx.columns,
					Problem: "the table exists with a key (" + strings.Join(idx.columns, ", ") + ") that lacks " + t.ShardKey +
						", which a sharded table cannot have: copy its rows into a table that a sharded push made",
				}
			}
		}
	}
	return nil
}
