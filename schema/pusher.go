package schema

import (
	"context"
	"slices"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// pusher prepares a push of models to db.
func (o Options) pusher(db bun.IDB, models []any) (*pusher, error) {
	name := dialect.Of(db).Engine
	eng, err := engineOf(name)
	if err != nil {
		return nil, err
	}
	if o.Sharded && name == dialect.SQLite {
		return nil, valid.Failf("Sharded", "an SQLite file has no shards")
	}
	want, err := readModels(db, models)
	if err != nil {
		return nil, err
	}
	if o.NoIndexes {
		for i := range want {
			want[i].Indexes = nil
		}
	}
	records, err := recordTable(db)
	if err != nil {
		return nil, err
	}
	return &pusher{name: name, eng: eng, want: want, records: records, options: o}, nil
}

// pusher is a push in progress.
type pusher struct {
	name dialect.Engine
	eng  engine
	want []modelTable
	// records is the table of pushes.
	records modelTable
	// result is what the push has made so far, pending what its open transaction has made.
	result  Result
	pending []Change

	options Options
}

// plan is what a push will do.
type plan struct {
	// changes, those of large tables last.
	changes []Change
	// record creates the table of pushes, or adds to it.
	record []Change
	// recorded means that the table of pushes exists.
	recorded bool
	// found contains the models' tables that exist.
	found live
	// tables are those that the changes affect.
	tables map[string]modelTable
}

// look reports whether nothing is missing.
func (p *pusher) look(ctx context.Context, db bun.IDB) (bool, error) {
	q, done, err := reader(ctx, db)
	if err != nil {
		return false, err
	}
	defer done()
	_, lacks, err := p.missing(ctx, q)
	return err == nil && len(lacks) == 0, err
}

// missing finds what the database lacks, through q. It returns a
// *ForeignTablesError for tables that are not ours, and an *AutoTimesError.
func (p *pusher) missing(ctx context.Context, q bun.IConn) (live, []missing, error) {
	found, err := p.eng.inspect(ctx, q, append(slices.Clone(p.want), p.records))
	if err != nil {
		return nil, nil, err
	}
	if err := foreign(p.eng, found, p.want); err != nil {
		return nil, nil, err
	}
	if err := p.options.checkKeys(p.eng, found, p.want); err != nil {
		return nil, nil, err
	}
	if err := p.options.lay(p.eng, found, p.want); err != nil {
		return nil, nil, err
	}
	if err := autoTimes(p.eng, found, p.want); err != nil {
		return nil, nil, err
	}
	lacks, err := compare(p.eng, found, p.want)
	return found, lacks, err
}

// plan finds what the database lacks and plans it, through q. What would make it fail is
// found now, before anything is written.
func (p *pusher) plan(ctx context.Context, q bun.IConn, apart bool) (*plan, error) {
	found, lacks, err := p.missing(ctx, q)
	made := &plan{found: found, recorded: found[RecordTable] != nil, tables: make(map[string]modelTable)}
	if err != nil || len(lacks) == 0 {
		return made, err
	}
	if err := foreign(p.eng, found, []modelTable{p.records}); err != nil {
		return made, err
	}
	planner := planner{name: p.name, eng: p.eng, q: q, large: p.options.large(), apart: apart}
	if made.changes, err = planner.all(ctx, lacks, made.tables); err != nil {
		return made, err
	}
	if err := taken(ctx, q, p.eng, made.changes); err != nil {
		return made, err
	}
	lacks, err = compare(p.eng, found, []modelTable{p.records})
	if err == nil {
		made.record, err = planner.all(ctx, lacks, made.tables)
	}
	if p.eng.rollsBack() {
		slices.SortStableFunc(made.changes, func(a, b Change) int { return rank(a) - rank(b) })
	}
	return made, err
}

// rank puts changes outside the push's transaction last.
func rank(c Change) int {
	if c.Online {
		return 1
	}
	return 0
}

// all plans the additions to several tables.
func (p planner) all(ctx context.Context, lacks []missing, tables map[string]modelTable) ([]Change, error) {
	var all []Change
	for _, m := range lacks {
		changes, err := p.changes(ctx, m)
		if err != nil {
			return nil, err
		}
		for _, c := range changes {
			if err := guard(c); err != nil {
				return nil, err
			}
			tables[c.Table] = m.want
		}
		all = append(all, changes...)
	}
	return all, nil
}

// check returns what prevents a plan: missing rights, or rows that share a value.
func (p *pusher) check(ctx context.Context, q bun.IConn, made *plan) error {
	rights, err := p.rights(ctx, q, made)
	if err != nil {
		return err
	}
	if err := refuse(p.name, rights); err != nil {
		return err
	}
	return planner{name: p.name, eng: p.eng, q: q}.duplicates(ctx, made)
}
