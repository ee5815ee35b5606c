package archive

import (
	"context"
	"errors"
	"slices"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
)

// columnsOf lists the columns of a table, quoted, all of which the other one must
// have: other programs may have added some, and what they hold moves with the rest.
func columnsOf(ctx context.Context, db *bun.DB, from, into string) ([]string, error) {
	has, err := tableColumns(ctx, db, from)
	if err != nil {
		return nil, err
	}
	takes, err := tableColumns(ctx, db, into)
	if err != nil {
		return nil, err
	}
	missing := slices.DeleteFunc(slices.Clone(has), func(c string) bool { return slices.Contains(takes, c) })
	if len(missing) > 0 {
		return nil, &ColumnsError{From: from, Into: into, Missing: missing}
	}
	// The account comes first, where routers over shards look for it.
	names := []string{"user_uuid"}
	for _, c := range has {
		if c != "user_uuid" {
			names = append(names, string(db.QueryGen().AppendIdent(nil, c)))
		}
	}
	return names, nil
}

func tableColumns(ctx context.Context, db *bun.DB, table string) ([]string, error) {
	//nolint:unqueryvet // it is asked which columns there are
	rows, err := db.QueryContext(ctx, "SELECT * FROM "+table+" WHERE user_uuid = '' LIMIT 0")
	if err != nil {
		return nil, dialect.Classify(err)
	}
	defer func() { _ = rows.Close() }() // there are none
	names, err := rows.Columns()
	return names, dialect.Classify(errors.Join(err, rows.Err()))
}
