// Package archived makes statements that read a table's archive beside the table.
//
// A row is in one of the two at any time, and moves within one transaction. So one
// statement over both sees each row exactly once, whatever moves meanwhile and
// however old its snapshot is; two statements, one for each table, might not.
//
// The union costs several times a plain read: MySQL and MariaDB write it to a temporary
// table. So a read that is hot asks the table alone first, in a statement that finds
// nothing if the archive has anything of the user's, and both only if it found nothing.
package archived

import (
	"regexp"
	"strconv"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"
)

// Table is a table that has an archive of the same columns.
type Table string

// The tables: the ledger's history, and generations.
const (
	Entries     Table = "credits_trans"
	Generations Table = "generations"
)

// Archive is the name of the archive.
func (t Table) Archive() string { return string(t) + "_archive" }

// Of is the query on the table, made one on its archive. A query names the table, and
// nothing else, by the table's name as a whole word.
func (t Table) Of(query string) string {
	return regexp.MustCompile(`\b`+string(t)+`\b`).ReplaceAllLiteralString(query, t.Archive())
}

// Both is the query on the table, made one on both. Its arguments are given twice.
func (t Table) Both(query string, args ...any) schema.QueryWithArgs {
	return bun.SafeQuery(query+" UNION ALL "+t.Of(query), append(append([]any{}, args...), args...)...)
}

// Ordered is Both for the first rows in an order, which names columns of the result:
// each half reads as many by its own index.
func (t Table) Ordered(order string, limit int, query string, args ...any) schema.QueryWithArgs {
	return bun.SafeQuery(t.OrderedText(order, limit, query), append(append([]any{}, args...), args...)...)
}

// OrderedText is the text of Ordered, which wants the query's arguments twice.
func (t Table) OrderedText(order string, limit int, query string) string {
	tail := " ORDER BY " + order + " LIMIT " + strconv.Itoa(limit)
	//nolint:unqueryvet // what the query selects
	return "SELECT * FROM (" + query + tail + ") AS live UNION ALL SELECT * FROM (" + t.Of(query) + tail + ") AS archived" + tail
}
