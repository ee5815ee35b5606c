package schema

import (
	"context"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
)

// pusher reads what a push of models into db has to know beforehand.
func (o Options) pusher(db *bun.DB, models []any) (*pusher, error) {
	name := dialect.Of(db).Engine
	eng, err := engineOf(name)
	if err != nil {
		return nil, err
	}
	want, err := readModels(db, models)
	if err != nil {
		return nil, err
	}
	if err := o.lay(name, want); err != nil {
		return nil, err
	}
	return &pusher{name: name, eng: eng, want: want, options: o}, nil
}

// pusher is one push under way.
type pusher struct {
	name dialect.Engine
	eng  engine
	want []modelTable
	done []Change

	options Options
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

// missing finds what the database lacks, through q. It returns a
// *ForeignTablesError for tables that are not ours.
func (p *pusher) missing(ctx context.Context, q bun.IConn) ([]missing, error) {
	found, err := p.eng.inspect(ctx, q, p.want)
	if err != nil {
		return nil, err
	}
	if err := foreign(p.eng, found, p.want); err != nil {
		return nil, err
	}
	if err := p.options.checkKeys(p.eng, found, p.want); err != nil {
		return nil, err
	}
	return compare(p.eng, found, p.want)
}

// tablePlan is what is going to be added for one table.
type tablePlan struct {
	table   modelTable
	changes []Change
}

// plan finds what the database lacks and plans all of it, through q.
func (p *pusher) plan(ctx context.Context, q bun.IConn) ([]tablePlan, error) {
	lacks, err := p.missing(ctx, q)
	if err != nil || len(lacks) == 0 {
		return nil, err
	}
	planner := planner{eng: p.eng, q: q}
	plans := make([]tablePlan, len(lacks))
	for i, m := range lacks {
		changes, err := planner.changes(ctx, m)
		if err != nil {
			return nil, err
		}
		for _, c := range changes {
			if err := guard(c); err != nil {
				return nil, err
			}
		}
		plans[i] = tablePlan{table: m.want, changes: changes}
	}
	return plans, nil
}

// run plans and makes all changes through q, under the lock. It can be run
// again after it failed.
func (p *pusher) run(ctx context.Context, q bun.IConn) error {
	if p.eng.rollsBack() {
		p.done = nil
	}
	plans, err := p.plan(ctx, q)
	if err != nil {
		return err
	}
	for _, plan := range plans {
		for _, c := range plan.changes {
			if _, err := q.ExecContext(ctx, c.Statement); err != nil {
				return failed(p.name, c, plan.table, err)
			}
			p.done = append(p.done, c)
		}
	}
	return nil
}
