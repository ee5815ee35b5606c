package doctor

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"
	bunschema "github.com/uptrace/bun/schema"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/shown"
	"github.com/chameleon-go/chameleon/internal/valid"
	"github.com/chameleon-go/chameleon/schema"
)

// The defaults of [Params].
const (
	DefaultTimeout         = 5 * time.Second
	DefaultSample          = 20
	DefaultLongTransaction = 5 * time.Minute
	DefaultStuckAfter      = time.Hour
	DefaultSlow            = time.Second
	// MaxSample is the maximum number of accounts in a sample.
	MaxSample = 1000
)

// Params configure the checks. The zero value of a field means its default.
type Params struct {
	// Models are the tables that should exist; chameleon.Doctor fills in all.
	// Checks of other tables are skipped.
	Models []any
	// Timeout limits each check.
	Timeout time.Duration
	// Sample is how many accounts are verified; negative for none.
	Sample int
	// LongTransaction is the age from which an open transaction is reported.
	LongTransaction time.Duration
	// StuckAfter is how late a grant, hold or generation may be before it is
	// reported as overdue.
	StuckAfter time.Duration
	// Slow is the mean duration from which a statement is reported as slow.
	Slow time.Duration
	// At is the time that the database's clock is compared with, zero for now.
	At time.Time
}

func (p Params) withDefaults() (Params, error) {
	for name, d := range map[string]*time.Duration{
		"Timeout": &p.Timeout, "LongTransaction": &p.LongTransaction, "StuckAfter": &p.StuckAfter, "Slow": &p.Slow,
	} {
		if *d < 0 {
			return p, valid.Failf(name, "%v is negative", *d)
		}
	}
	if p.Sample > MaxSample {
		return p, valid.Failf("Sample", "%d is more than %d", p.Sample, MaxSample)
	}
	orDefault(&p.Timeout, DefaultTimeout)
	orDefault(&p.Sample, DefaultSample)
	orDefault(&p.LongTransaction, DefaultLongTransaction)
	orDefault(&p.StuckAfter, DefaultStuckAfter)
	orDefault(&p.Slow, DefaultSlow)
	return p, nil
}

func orDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// Run examines a database. A check that fails is skipped and says why; one that finds
// that the database cannot be reached is the last.
//
// Errors: *InvalidError for a field of p; *dialect.Error when ctx ends, with what was
// found until then.
func Run(ctx context.Context, db *bun.DB, p Params) (*Report, error) {
	p, err := p.withDefaults()
	if err != nil {
		return nil, err
	}
	caps := dialect.Of(db)
	if !caps.Engine.Valid() {
		return nil, valid.Failf("db", "the engine %s is not supported", shown.Text(string(caps.Engine)))
	}
	e := &exam{db: db, p: p, caps: caps, began: time.Now(), report: &Report{Engine: caps.Engine, At: time.Now().UTC()}}
	if !p.At.IsZero() {
		e.report.At = p.At.UTC()
	}
	for _, c := range checks() {
		err := e.limited(ctx, c.run)
		if ctx.Err() != nil {
			e.report.sort()
			return e.report, dialect.Classify(ctx.Err())
		}
		if unreachable(err) {
			e.add(reached(dialect.Classify(err)))
			break
		}
		e.report.Checks = append(e.report.Checks, Check{Name: c.name, Skipped: reason(err)})
	}
	e.report.sort()
	return e.report, nil
}

// unreachable reports whether an error says that the database is not there, rather
// than that a check went wrong.
func unreachable(err error) bool {
	for _, kind := range []error{
		dialect.ErrUnavailable, dialect.ErrUnauthenticated, dialect.ErrNoDatabase, dialect.ErrTLS, dialect.ErrTooManyConnections,
		dialect.ErrUnsupportedVersion,
	} {
		if errors.Is(dialect.Classify(err), kind) {
			return true
		}
	}
	return false
}

// reason says in a line why a check was skipped.
func reason(err error) string {
	if err == nil {
		return ""
	}
	if why, ok := errors.AsType[skipped](err); ok {
		return string(why)
	}
	if e, ok := errors.AsType[*dialect.Error](dialect.Classify(err)); ok && e.Kind != dialect.KindOther {
		return e.Kind.String()
	}
	return shown.Line(err.Error())
}

// skipped is why a check could not be made.
type skipped string

func (s skipped) Error() string { return string(s) }

// exam is one examination.
type exam struct {
	db     *bun.DB
	p      Params
	caps   dialect.Capabilities
	began  time.Time
	report *Report
	// status is how the database stands to the models, nil until it is known.
	status *schema.StatusReport
	// there are the wanted tables that exist and may be read, as checks found.
	there []*bunschema.Table
}

func (e *exam) add(f Finding) { e.report.Findings = append(e.report.Findings, f) }

// find adds a finding of no troubleshooting case.
func (e *exam) findf(code string, severity Severity, remedy, format string, args ...any) {
	e.add(Finding{Code: code, Severity: severity, Problem: fmt.Sprintf(format, args...), Remedy: remedy})
}

func (e *exam) limited(ctx context.Context, run func(*exam, context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, e.p.Timeout)
	defer cancel()
	return run(e, ctx)
}

// read calls fn with a handle that only reads, where the engine can say so, and whose
// statements the server ends in time.
func (e *exam) read(ctx context.Context, fn func(ctx context.Context, q bun.IDB) error) error {
	if e.caps.IsMySQL() {
		return e.readMySQL(ctx, fn)
	}
	return e.db.RunInTx(ctx, &sql.TxOptions{ReadOnly: true}, func(_ context.Context, tx bun.Tx) error {
		if e.caps.Engine == dialect.PostgreSQL {
			_, err := tx.ExecContext(ctx, fmt.Sprintf("SET LOCAL statement_timeout = %d", max(e.p.Timeout.Milliseconds(), 1)))
			if err != nil {
				return err
			}
		}
		return fn(ctx, tx)
	})
}

// has reports whether a wanted table is there.
func (e *exam) has(table string) bool {
	for _, t := range e.there {
		if t.Name == table {
			return true
		}
	}
	return false
}

// check is something to look at.
type check struct {
	name string
	run  func(*exam, context.Context) error
}

// checks are all, in order: what the later ones need is found by the earlier.
func checks() []check {
	return []check{
		{"connection", (*exam).connection},
		{"version", (*exam).version},
		{"tls", (*exam).tls},
		{"clock", (*exam).clock},
		{"settings", (*exam).settings},
		{"durability", (*exam).durability},
		{"encoding", (*exam).encoding},
		{"schema", (*exam).schema},
		{"indexes", (*exam).indexes},
		{"rights", (*exam).rights},
		{"widths", (*exam).widths},
		{"ids", (*exam).ids},
		{"times", (*exam).times},
		{"required columns", (*exam).required},
		{"transactions", (*exam).transactions},
		{"connections", (*exam).connections},
		{"pooler", (*exam).pooler},
		{"slow queries", (*exam).slowQueries},
		{"overdue grants and holds", (*exam).overdue},
		{"stuck generations", (*exam).stuck},
		{"rows to adopt", (*exam).unadopted},
		{"ledger", (*exam).ledger},
		{"plaintext keys", (*exam).plaintext},
	}
}
