package doctor

import (
	"context"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/sessions"
	"github.com/chameleon-go/chameleon/internal/shown"
)

// faults reports every setting for which verbs refuse a handle that chameleon did not
// open.
func (e *exam) faults(ctx context.Context) error {
	var found []sessions.Fault
	remedy := "open the handle with chameleon.Open, or set it in the driver's configuration"
	err := e.read(ctx, func(ctx context.Context, q bun.IDB) error {
		switch {
		case e.caps.Engine == dialect.PostgreSQL:
			var s sessions.Postgres
			err := q.QueryRowContext(ctx, "SELECT "+sessions.AskPostgres).Scan(s.Dest()...)
			found, remedy = s.Faults(), remedy+" or by ALTER ROLE … SET"
			return err
		case e.caps.IsMySQL():
			var s sessions.MySQL
			err := q.QueryRowContext(ctx, "SELECT "+sessions.AskMySQL).Scan(s.Dest()...)
			found = s.Faults()
			return err
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, f := range found {
		e.findf(f.Code, Error, remedy, "%s %s: %s", f.Setting, shown.Line(f.Problem), f.Effect)
	}
	return nil
}
