package schema

import (
	"context"
	"errors"
	"slices"

	"ariga.io/atlas/sql/migrate"
	atlas "ariga.io/atlas/sql/schema"

	"github.com/chameleon-go/chameleon/dialect"
)

// inspect reads what the database's current schema (PostgreSQL: the first one
// of the search_path that exists) holds of the wanted tables. Other tables are
// not read. The result is nil when the database has no current schema.
func inspect(ctx context.Context, drv migrate.Driver, want []Table) (*atlas.Schema, error) {
	names := make([]string, len(want))
	for i, t := range want {
		names[i] = t.Name
	}
	live, err := drv.InspectSchema(ctx, "", &atlas.InspectOptions{
		Mode: atlas.InspectSchemas | atlas.InspectTables, Tables: names,
	})
	if atlas.IsNotExistError(err) {
		return nil, errNoSchema
	}
	return live, err
}

// errNoSchema is a PostgreSQL search_path that names no schema that exists.
var errNoSchema = errors.New("the connection has no current schema: create it, or correct the search_path")

// hasIndex reports whether live has the index that want declares: one of that
// name, or one that does the same under another name.
func hasIndex(live *atlas.Table, want dialect.Index) bool {
	return slices.ContainsFunc(live.Indexes, func(idx *atlas.Index) bool {
		return idx.Name == want.Name || sameIndex(idx, want)
	})
}

// sameIndex reports whether idx covers the columns of want in order, whole
// columns of all rows, with the same uniqueness.
func sameIndex(idx *atlas.Index, want dialect.Index) bool {
	if idx.Unique != want.Unique || want.Where != "" || len(idx.Parts) != len(want.Columns) || isPartial(idx) {
		return false
	}
	for i, part := range idx.Parts {
		if part.C == nil || part.C.Name != want.Columns[i] || part.Desc || isPrefix(part) {
			return false
		}
	}
	return true
}
