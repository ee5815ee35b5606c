package doctor

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/dialect/handle"
	"github.com/chameleon-go/chameleon/internal/shown"
)

// slowAnswer is from when on a round trip to the database is long: a charge is one,
// and a payment some ten.
const slowAnswer = 50 * time.Millisecond

// connection measures the fastest of three round trips.
func (e *exam) connection(ctx context.Context) error {
	fastest := time.Duration(1<<63 - 1)
	err := e.read(ctx, func(ctx context.Context, q bun.IDB) error {
		for range 3 {
			began := time.Now()
			var one int
			if err := q.NewRaw("SELECT 1").Scan(ctx, &one); err != nil {
				return err
			}
			fastest = min(fastest, time.Since(began))
		}
		return nil
	})
	if err == nil && fastest >= slowAnswer {
		e.findf("far_away", Warning, "run the application in the database's region, or look for what slows the network or the server down",
			"one round trip to the database takes %s", fastest.Round(time.Millisecond))
	}
	return err
}

// version reads the server's version.
func (e *exam) version(ctx context.Context) error {
	query, minimum := "SELECT version()", handle.Version{8, 0}
	switch e.caps.Engine {
	case dialect.SQLite:
		query, minimum = "SELECT sqlite_version()", handle.Version{3, 35}
	case dialect.PostgreSQL:
		query, minimum = "SHOW server_version", handle.Version{14}
	}
	err := e.read(ctx, func(ctx context.Context, q bun.IDB) error {
		return q.NewRaw(query).Scan(ctx, &e.report.Version)
	})
	if err != nil {
		return err
	}
	if strings.Contains(e.report.Version, "MariaDB") {
		e.caps.Engine, e.report.Engine, minimum = dialect.MariaDB, dialect.MariaDB, handle.Version{10, 11}
	}
	return handle.RequireVersion(e.caps.Engine, e.report.Version, minimum)
}

// clock compares the database's clock with this machine's, at the middle of a round
// trip.
func (e *exam) clock(ctx context.Context) error {
	query := "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS bigint)"
	switch {
	case e.caps.Engine == dialect.SQLite:
		return skipped("SQLite's clock is this machine's")
	case e.caps.IsMySQL():
		query = "SELECT CAST(UNIX_TIMESTAMP(SYSDATE(6)) * 1000000 AS SIGNED)"
	}
	return e.read(ctx, func(ctx context.Context, q bun.IDB) error {
		began := time.Now()
		var us int64
		if err := q.NewRaw(query).Scan(ctx, &us); err != nil {
			return err
		}
		took := time.Since(began)
		here := began.Add(took / 2)
		if !e.p.At.IsZero() {
			here = e.p.At
		}
		e.compare(here.Sub(time.UnixMicro(us)), took)
		return nil
	})
}

// compare judges by how much this machine's clock is ahead.
func (e *exam) compare(ahead, took time.Duration) {
	const tolerance = 30 * time.Second
	word, by := "ahead of", ahead
	if ahead < 0 {
		word, by = "behind", -ahead
	}
	remedy := "set the clocks of this machine and of the database's server by NTP"
	switch by = (by - took).Round(time.Second); {
	case ahead > credits.DefaultMaxAhead:
		e.findf("clock_wrong", Error, remedy, "this machine's clock is %s %s the database's: verbs that write return credits.ErrClock", by, word)
	case by > tolerance:
		e.findf("clock_off", Warning, remedy, "this machine's clock is %s %s the database's", by, word)
	}
}

// setting is what a session should have.
type setting struct {
	query, want, code string
	severity          Severity
	problem, remedy   string
	// fits reports whether a value is right; nil compares with want.
	fits func(value string) bool
}

// settings looks at the session's.
func (e *exam) settings(ctx context.Context) error {
	if err := e.faults(ctx); err != nil {
		return err
	}
	return e.look(ctx, e.settingsOf())
}

// durability looks at what the server does before it acknowledges a commit.
func (e *exam) durability(ctx context.Context) error {
	return e.look(ctx, e.durabilityOf())
}

// look asks for settings. One that the server does not know is passed over.
func (e *exam) look(ctx context.Context, all []setting) error {
	for _, s := range all {
		var value string
		err := e.read(ctx, func(ctx context.Context, q bun.IDB) error { return q.NewRaw(s.query).Scan(ctx, &value) })
		switch {
		case err != nil && unreachable(err), ctx.Err() != nil:
			return err
		case err != nil:
			continue
		}
		fits := strings.EqualFold(value, s.want)
		if s.fits != nil {
			fits = s.fits(value)
		}
		if !fits {
			e.findf(s.code, s.severity, s.remedy, "%s", strings.ReplaceAll(s.problem, "{}", shown.Text(value)))
		}
	}
	return nil
}

func (e *exam) settingsOf() []setting {
	switch {
	case e.caps.Engine == dialect.PostgreSQL:
		return settingsPostgres()
	case e.caps.IsMySQL():
		return settingsMySQL()
	}
	return settingsSQLite()
}

func (e *exam) durabilityOf() []setting {
	const lost = "after a power failure the last commits may be gone, although they were acknowledged: "
	switch {
	case e.caps.Engine == dialect.PostgreSQL:
		return []setting{
			{
				query: "SHOW synchronous_commit", fits: func(v string) bool { return v != "off" }, code: "commits_unsynced", severity: Warning,
				problem: lost + "synchronous_commit is {}", remedy: "set synchronous_commit to on",
			},
			{
				query: "SHOW fsync", want: "on", code: "commits_unsynced", severity: Error,
				problem: lost + "fsync is {}, and the whole database may be damaged", remedy: "set fsync to on",
			},
		}
	case e.caps.IsMySQL():
		return []setting{{
			query: "SELECT @@innodb_flush_log_at_trx_commit", want: "1", code: "commits_unsynced", severity: Warning,
			problem: lost + "innodb_flush_log_at_trx_commit is {}", remedy: "set innodb_flush_log_at_trx_commit to 1",
		}}
	}
	return []setting{{
		query: "PRAGMA synchronous", fits: func(v string) bool { return v == "2" || v == "3" }, code: "commits_unsynced", severity: Warning,
		problem: lost + "synchronous is {}", remedy: "open the file without synchronous(NORMAL), synchronous(OFF) and WithUnsyncedCommits",
	}}
}

// utcZone reports whether a session's time zone is UTC.
func utcZone(value string) bool {
	switch strings.ToUpper(value) {
	case "UTC", "+00:00", "ETC/UTC", "GMT", "UCT", "ZULU", "ETC/UCT":
		return true
	}
	return false
}

// percent is a part of a whole, in percent.
func percent(part, whole int64) string { return fmt.Sprintf("%d %%", part*100/max(whole, 1)) }
