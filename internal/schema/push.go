package schema

import (
	"context"

	atlas "ariga.io/atlas/sql/schema"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
)

// Push adds to the database what models want and it lacks, and returns the
// changes it made in their order: none on a database that is up to date.
//
// A first look without any lock finds most databases up to date and ends the
// push there. Otherwise the push takes its lock, looks again, plans everything
// and only then begins to change.
//
// Errors: *PushError for a change that cannot be made, *dialect.Error for what
// the engine reports besides. On MySQL and MariaDB, where DDL cannot be rolled
// back, the changes made before an error are returned with it.
func Push(ctx context.Context, db *bun.DB, models []any) ([]Change, error) {
	name := dialect.Of(db).Engine
	eng, err := engineOf(name)
	if err != nil {
		return nil, err
	}
	want, err := Read(db, models)
	if err != nil {
		return nil, err
	}
	p := pusher{name: name, eng: eng, want: want}
	upToDate, err := p.look(ctx, db)
	if err != nil || upToDate {
		return nil, explain(name, err)
	}
	if err = eng.locked(ctx, db, p.run); err != nil && eng.rollsBack() {
		p.done = nil
	}
	return p.done, explain(name, err)
}

// pusher is one push under way.
type pusher struct {
	name dialect.Engine
	eng  engine
	want []Table
	done []Change
}

// look reports whether nothing is missing.
func (p *pusher) look(ctx context.Context, db *bun.DB) (bool, error) {
	conn, err := db.DB.Conn(ctx)
	if err != nil {
		return false, err
	}
	defer func() { _ = conn.Close() }()
	lacks, err := p.missing(ctx, conn)
	return err == nil && len(lacks) == 0, err
}

// missing finds what the database lacks, through q.
func (p *pusher) missing(ctx context.Context, q atlas.ExecQuerier) ([]missing, error) {
	found, err := p.eng.inspect(ctx, q, p.want)
	if err != nil {
		return nil, err
	}
	return compare(p.eng, found, p.want), nil
}

// run plans and makes all changes through q, under the lock. It can be run
// again after it failed.
func (p *pusher) run(ctx context.Context, q atlas.ExecQuerier) error {
	if p.eng.rollsBack() {
		p.done = nil
	}
	lacks, err := p.missing(ctx, q)
	if err != nil || len(lacks) == 0 {
		return err
	}
	drv, err := p.eng.open(bound{ctx: ctx, q: q})
	if err != nil {
		return err
	}
	plan := planner{eng: p.eng, drv: drv, q: q}
	plans := make([][]Change, len(lacks))
	for i, m := range lacks {
		if plans[i], err = plan.changes(ctx, m); err != nil {
			return err
		}
		for _, c := range plans[i] {
			if err := guard(c); err != nil {
				return err
			}
		}
	}
	for i, m := range lacks {
		for _, c := range plans[i] {
			if _, err := q.ExecContext(ctx, c.Statement); err != nil {
				return failed(p.name, c, m.want, err)
			}
			p.done = append(p.done, c)
		}
	}
	return nil
}
