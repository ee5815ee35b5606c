package schema

import (
	"context"
	"errors"
	"fmt"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/width"
)

// MaxPushes is how many of the latest pushes a status lists.
const MaxPushes = 100

// StatusReport says how a database stands to the models. It is plain data, for JSON;
// Text is for people.
type StatusReport struct {
	// Engine is the database's engine, Version this module's version.
	Engine  dialect.Engine `json:"engine"`
	Version string         `json:"version"`
	// UpToDate means that nothing is missing: no Pending, no Problem.
	UpToDate bool `json:"up_to_date"`
	// Pushes are those that are recorded, the latest first. Of a database that was
	// pushed before pushes were recorded, or by another tool, there are none.
	Pushes []*Pushed `json:"pushes,omitempty"`
	// PushesHidden means that the user may not read the record: whoever serves requests
	// need not.
	PushesHidden bool `json:"pushes_hidden,omitempty"`
	// Pending is what a push would add.
	Pending []Change `json:"pending,omitempty"`
	// Problem is what keeps a push from being planned, such as tables of others, and
	// Refused the error that says so: a *ForeignTablesError, an *AutoTimesError or a
	// *PushError.
	Problem string `json:"problem,omitempty"`
	Refused error  `json:"-"`
	// Rights and Duplicates are those of the plan: see PlanReport.
	Rights     []Right     `json:"rights,omitempty"`
	Duplicates []Duplicate `json:"duplicates,omitempty"`
	// Invalid are indexes on the models' tables that do not do their work.
	Invalid []InvalidIndex `json:"invalid,omitempty"`
	// Former are indexes that an earlier version's push made and this one does not use.
	Former []FormerIndex `json:"former,omitempty"`
	// Narrow are columns of ids and amounts that have less than 64 bits.
	Narrow []NarrowColumns `json:"narrow,omitempty"`
}

// InvalidIndex is an index that no query uses, or that does not enforce
// uniqueness.
type InvalidIndex struct {
	Table   string `json:"table"`
	Index   string `json:"index"`
	Problem string `json:"problem"`
	// Remedy removes it. The next push recreates it if it is ours.
	Remedy string `json:"remedy"`
}

// NarrowColumns are 32-bit columns of a table.
type NarrowColumns struct {
	Table   string   `json:"table"`
	Columns []string `json:"columns,omitempty"`
	// Key is the numbered key, if it is among them, and MaxKey the most that it holds.
	Key    string `json:"key,omitempty"`
	MaxKey int64  `json:"max_key,omitempty"`
	// Statement makes them 64-bit. It rewrites the table, under a lock.
	Statement string `json:"statement"`
}

// Status says which pushes are recorded, what is pending, and what is wrong with what
// is there. Like [Plan] it only reads.
//
// Errors: an *dialect.InvalidError for models that cannot be pushed, and else a
// *dialect.Error. What keeps a push from being planned is in the report.
func Status(ctx context.Context, db bun.IDB, models ...any) (*StatusReport, error) {
	return Options{}.Status(ctx, db, models...)
}

// Status is [Status] with options.
//
// Errors: those of [Status].
func (o Options) Status(ctx context.Context, db bun.IDB, models ...any) (*StatusReport, error) {
	p, err := o.pusher(db, models)
	if err != nil {
		return &StatusReport{}, err
	}
	r := &StatusReport{Engine: p.name, Version: version()}
	if err := o.planned(ctx, db, models, r); err != nil {
		return r, err
	}
	if err := p.standing(ctx, db, r); err != nil {
		return r, explain(p.name, err)
	}
	seen := make(map[string]bool)
	for _, model := range models {
		narrow, err := width.TableOf(ctx, db, model)
		if err != nil {
			return r, explain(p.name, err)
		}
		if narrow != nil && !seen[narrow.Name] {
			seen[narrow.Name] = true
			r.Narrow = append(r.Narrow, NarrowColumns{narrow.Name, narrow.Columns, narrow.Key, narrow.MaxKey, narrow.Statement})
		}
	}
	return r, nil
}

// planned fills in the parts that come from a plan.
func (o Options) planned(ctx context.Context, db bun.IDB, models []any, r *StatusReport) error {
	plan, err := o.Plan(ctx, db, models...)
	var pushErr *PushError
	if errors.Is(err, ErrForeignTables) || errors.Is(err, ErrAutoTimes) || errors.As(err, &pushErr) {
		r.Problem, r.Refused = err.Error(), err
		return nil
	}
	r.Pending, r.Rights, r.Duplicates = plan.Changes, plan.Rights, plan.Duplicates
	r.UpToDate = err == nil && plan.UpToDate()
	return err
}

// standing fills in what is recorded, and the unusable indexes.
func (p *pusher) standing(ctx context.Context, db bun.IDB, r *StatusReport) error {
	q, done, err := reader(ctx, db)
	if err != nil {
		return err
	}
	defer done()
	found, err := p.eng.inspect(ctx, q, append([]modelTable{p.records}, p.want...))
	if err != nil {
		return err
	}
	for _, want := range p.want {
		table := found[want.Name]
		if table == nil {
			continue
		}
		for _, idx := range table.indexes {
			if idx.broken != "" {
				r.Invalid = append(r.Invalid, InvalidIndex{
					Table: table.name, Index: idx.name, Problem: idx.broken, Remedy: p.eng.dropIndex(table.name, idx),
				})
			}
		}
	}
	if found[RecordTable] == nil || foreign(p.eng, found, []modelTable{p.records}) != nil {
		return nil
	}
	j := journal{p.eng, q}
	r.Pushes, err = j.list(ctx, fmt.Sprintf("ORDER BY id DESC LIMIT %d", MaxPushes))
	if errors.Is(dialect.Classify(err), dialect.ErrPermission) {
		r.PushesHidden = true // whoever serves requests need not read it
		return nil
	}
	if err != nil {
		return err
	}
	for _, push := range r.Pushes {
		if push.State != Unfinished {
			continue
		}
		whole, err := j.settle(ctx, push)
		if err != nil {
			return err
		}
		if whole {
			push.State = Done // it died before it could record that
		}
	}
	r.Former = p.former(found, r.Pushes)
	return nil
}
