package postgres

import (
	"strconv"

	"github.com/jackc/pgx/v5"
)

// replans are the numbers of executions on one connection at which a prepared
// statement is planned again.
//
// PostgreSQL keeps the plan of a prepared statement until the next ANALYZE. One made
// while a table that had been analyzed was empty reads the whole table, which is right for
// a few rows and slow for many: in a new database, charges became slower with each one
// until autovacuum noticed, a minute later.
var replans = map[int]bool{1 << 8: true, 1 << 11: true, 1 << 14: true} //nolint:gochecknoglobals // a constant

// planned is a statement that a connection has prepared.
type planned struct {
	text string
	runs int
}

// replanned is the text to send for a prepared statement: as it is or, after some
// executions, with a comment that makes it a new one for pgx and the server.
func (c *conn) replanned(text string) string {
	p := c.plans[text]
	if p == nil {
		p = &planned{text: text}
		if c.plans == nil || len(c.plans) >= cacheCapacity {
			c.plans = map[string]*planned{}
		}
		c.plans[text] = p
	}
	p.runs++
	if replans[p.runs] {
		p.text = text + "\n-- planned again at execution " + strconv.Itoa(p.runs)
	}
	return p.text
}

// keepsPlan reports whether the first argument asks pgx to prepare a statement and keep it.
func keepsPlan(first any) bool { return first == any(pgx.QueryExecModeCacheStatement) }
