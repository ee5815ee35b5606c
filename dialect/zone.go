package dialect

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"

	"github.com/chameleon-go/chameleon/internal/sessions"
)

// Times are stored as UTC. MySQL's and MariaDB's times say nothing of their
// zone, and on a handle that somebody else opened three settings decide what
// they mean: the dialect's WithTimeLocation writes them, the driver's location
// reads them, and the session's time_zone is what a timestamp column is
// converted from and to (a datetime column is not). What works on such a handle
// looks at the three first, by one statement a connection or a caller's
// transaction, and makes up for what it finds. Handles of chameleon.Open are in
// UTC, and PostgreSQL's and SQLite's times carry their offset.

// zone describes how a handle's settings treat times.
type zone struct {
	session string // the session's time_zone where that is not UTC, else empty
	plain   bool   // bun writes and the driver reads times in UTC
}

// zoneMatters reports whether the time zone of db has to be checked.
func zoneMatters(db bun.IDB) bool {
	caps := Of(db)
	return caps.Foreign && caps.IsMySQL()
}

// queryRower is a *sql.Conn or a *sql.Tx.
type queryRower interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// readZone asks the session behind q, and looks at the dialect. The other settings come
// with the answer and are checked too: connections of a pool may differ.
//
// It returns an *InvalidError as factsOf does.
func readZone(ctx context.Context, q queryRower, d schema.Dialect) (z zone, err error) {
	var name string
	var shown any
	var utc bool
	var s sessions.MySQL
	if err := q.QueryRowContext(ctx, askZone()).Scan(append(s.Dest(), &name, &shown, &utc)...); err != nil {
		return z, err
	}
	if err := unfit(s.Faults()); err != nil {
		return z, err
	}
	if !utc {
		z.session = name
	}
	z.plain = true
	read, located := shown.(time.Time)
	for at := range zoneSamples {
		if located {
			_, offset := at.In(read.Location()).Zone()
			z.plain = z.plain && offset == 0
		}
		written := string(d.AppendTime(nil, at))
		z.plain = z.plain && written == "'"+at.Format(time.DateTime)+"'"
	}
	return z, nil
}

// askZone shows the driver a time, and compares the session's zone with UTC.
func askZone() string {
	b := strings.Builder{}
	b.WriteString("SELECT " + sessions.AskMySQL + ", @@session.time_zone, CAST('2000-01-15 12:00:00' AS DATETIME), 1")
	for at := range zoneSamples {
		fmt.Fprintf(&b, " AND UNIX_TIMESTAMP('%s') = %d", at.Format(time.DateTime), at.Unix())
	}
	return b.String()
}

// zoneSamples yields moments of summers and winters within MySQL's timestamps: a
// zone may be UTC for half a year.
func zoneSamples(yield func(time.Time) bool) {
	for year := 1995; year <= 2035; year += 8 {
		for _, month := range []time.Month{time.January, time.July} {
			if !yield(time.Date(year, month, 15, 12, 0, 0, 0, time.UTC)) {
				return
			}
		}
	}
}

func zoneError(remedy, format string, args ...any) *Error {
	return &Error{Kind: KindTimeZone, Engine: MySQL, Err: fmt.Errorf(format, args...), Remedy: remedy}
}
