// Package moment compares times as the moments that they are, whatever form they
// are stored in, and wherever a time is one that the engine cannot hold.
package moment

import (
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
)

// Column is the SQL of a time column's value, for comparisons with times, for
// orders and for indexes. SQLite keeps whatever text a program wrote, and texts of
// two forms do not compare as times do; the other engines have a type.
func Column(caps dialect.Capabilities, column string) string {
	if caps.Engine == dialect.SQLite {
		return OnSQLite(column)
	}
	return column
}

// Within restricts q to rows whose column lies between from, included, and to,
// which is not; a zero time is no bound, nor is one that lies beyond what the engine
// can hold.
func Within(q *bun.SelectQuery, column string, from, to time.Time) *bun.SelectQuery {
	caps := dialect.OfDialect(q.DB().Dialect())
	at := Column(caps, column)
	if !from.IsZero() {
		if beyond(caps, from) {
			return q.Where("1 = 0")
		}
		q = q.Where(at+" >= ?", Arg(from))
	}
	switch {
	case to.IsZero():
	case !beyond(caps, to):
		q = q.Where(at+" < ?", Arg(to))
	case from.IsZero():
		q = q.Where(at + " IS NOT NULL")
	}
	return q
}

// Arg is a time as an argument of a comparison.
func Arg(at time.Time) any {
	at = at.UTC()
	if year := at.Year(); year < 1 { // PostgreSQL alone has them, and no year 0
		return fmt.Sprintf("%04d", 1-year) + at.Format("-01-02 15:04:05.999999+00 BC")
	}
	return at
}

// Held reports whether a column of the engine's can hold a time.
func Held(caps dialect.Capabilities, at time.Time) bool {
	year := at.UTC().Year()
	if caps.Engine == dialect.PostgreSQL {
		return year > -4712 && year < 294_276
	}
	return year >= 1 && year <= lastYear
}

// lastYear is the last that MySQL and MariaDB hold, and that texts sort by.
const lastYear = 9999

func beyond(caps dialect.Capabilities, at time.Time) bool {
	return caps.Engine != dialect.PostgreSQL && at.UTC().Year() > lastYear
}
