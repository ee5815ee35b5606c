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

// lay gives tables the layout for shards if the options ask for it, or if the tables that
// exist have it: what such a database lacks later is added in its layout, whoever pushes. A
// table that was laid out stays so when the push looks at the database again.
func (o Options) lay(eng engine, found live, want []modelTable) error {
	if _, ok := eng.(sqliteEngine); ok {
		return nil
	}
	laid := func(t modelTable) bool { return found[t.Name] != nil && found[t.Name].sharded(eng, t) }
	sharded := o.Sharded || slices.ContainsFunc(want, laid)
	for i := range want {
		t := &want[i]
		if t.ShardKey == "" || !sharded || found[t.Name] != nil && !laid(*t) {
			continue
		}
		if err := t.shard(); err != nil {
			return err
		}
	}
	return nil
}

// sharded reports whether the table is laid out for shards: its primary key holds the shard
// key, which the model's alone does not.
func (t *liveTable) sharded(eng engine, want modelTable) bool {
	own := slices.ContainsFunc(want.Columns, func(c modelColumn) bool { return c.PK && c.Name == want.ShardKey })
	return want.ShardKey != "" && !own && slices.ContainsFunc(t.indexes, func(idx *liveIndex) bool {
		return idx.primary && slices.ContainsFunc(idx.columns, func(c string) bool { return eng.sameName(c, want.ShardKey) })
	})
}

// shard adds the shard key to the primary key and to every unique index. It comes last in an
// index, and in the primary key by its position in the model: on MySQL a generated number
// has to come first.
func (t *modelTable) shard() error {
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
