package schema

import (
	"context"
	"database/sql"
	"slices"
	"strings"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
)

// PlanReport is what a push would do and what it would leave alone. It is plain data,
// for JSON; Text is for people, and SQL and InverseSQL are for another migration
// tool.
type PlanReport struct {
	// Engine is the engine whose SQL the statements are.
	Engine dialect.Engine `json:"engine"`
	// Changes are the additions in the order in which they would be made, empty
	// when the database is up to date.
	Changes []Change `json:"changes,omitempty"`
	// Record is what a push does first: create [RecordTable], or add to it.
	Record []Change `json:"record,omitempty"`
	// Resumes is the number of an unfinished push that the next one continues; 0
	// for none.
	Resumes int64 `json:"resumes,omitempty"`
	// Rights are the privileges that the push needs. It does not begin unless
	// all are granted.
	Rights []Right `json:"rights,omitempty"`
	// Duplicates are rows that share a value which is to become unique. The push
	// does not begin while there are any.
	Duplicates []Duplicate `json:"duplicates,omitempty"`
	// Left is what exists and stays as it is, with the reason: the first MaxLeft of
	// LeftInAll.
	Left      []LeftAlone `json:"left,omitempty"`
	LeftInAll int         `json:"left_in_all,omitempty"`
}

// MaxLeft bounds a plan's list of things that it leaves alone.
const MaxLeft = 1000

// UpToDate reports whether nothing is missing.
func (r *PlanReport) UpToDate() bool { return len(r.Changes) == 0 }

// Plan reports what [Push] would do now, without doing it: it only reads and takes no
// lock. It works for a role that may read the catalog and the tables, in READ ONLY
// sessions and in a caller's transaction.
//
// Errors: a *[ForeignTablesError], an *[AutoTimesError], a *[PushError] and an
// *dialect.InvalidError, as Push would return them before it writes anything; and else a
// *dialect.Error.
func Plan(ctx context.Context, db bun.IDB, models ...any) (*PlanReport, error) {
	return Options{}.Plan(ctx, db, models...)
}

// Plan is [Plan] with options.
//
// Errors: those of [Plan].
func (o Options) Plan(ctx context.Context, db bun.IDB, models ...any) (*PlanReport, error) {
	p, err := o.pusher(db, models)
	if err != nil {
		return &PlanReport{}, err
	}
	q, done, err := reader(ctx, db)
	if err != nil {
		return &PlanReport{Engine: p.name}, explain(p.name, err)
	}
	defer done()
	_, callers := dialect.TxOf(db)
	report, err := p.report(ctx, q, !callers && (p.name != dialect.PostgreSQL || aside(db) != nil))
	return report, explain(p.name, err)
}

// report makes a plan through q and describes it completely.
func (p *pusher) report(ctx context.Context, q bun.IConn, apart bool) (*PlanReport, error) {
	r := &PlanReport{Engine: p.name}
	made, err := p.plan(ctx, q, apart)
	if err != nil {
		return r, err
	}
	r.Changes, r.Record = made.changes, made.record
	if r.Rights, err = p.rights(ctx, q, made); err != nil {
		return r, err
	}
	if r.Duplicates, err = (planner{name: p.name, eng: p.eng, q: q}).findDuplicates(ctx, made); err != nil {
		return r, err
	}
	if r.Resumes, err = p.resumes(ctx, q, made); err != nil {
		return r, err
	}
	left, err := p.left(ctx, q, made.found)
	r.Left, r.LeftInAll = left[:min(len(left), MaxLeft)], len(left)
	return r, err
}

// resumes returns the number of the push that the next one would continue.
func (p *pusher) resumes(ctx context.Context, q bun.IConn, made *plan) (int64, error) {
	if !made.recorded || len(made.changes) == 0 {
		return 0, nil
	}
	j := journal{p.eng, q}
	last, err := j.last(ctx)
	if err != nil || last == nil || last.State == Done {
		return 0, err
	}
	whole, err := j.settle(ctx, last)
	if err != nil || whole {
		return 0, err
	}
	return last.ID, nil
}

// LeftAlone is something that exists and that a push leaves as it is.
type LeftAlone struct {
	// Table is the table, and Column or Index the part of it; both are empty for
	// the table as a whole.
	Table  string `json:"table"`
	Column string `json:"column,omitempty"`
	Index  string `json:"index,omitempty"`
	// Reason says why.
	Reason string `json:"reason"`
}

// left lists what a push leaves alone: what no model names, and what a model has with
// another type.
func (p *pusher) left(ctx context.Context, q bun.IConn, found live) ([]LeftAlone, error) {
	var left []LeftAlone
	for _, want := range p.want {
		table := found[want.Name]
		if table == nil {
			continue
		}
		left = append(left, table.leftColumns(p.eng, want)...)
		left = append(left, table.leftIndexes(p.eng, want)...)
	}
	others, err := p.eng.others(ctx, q, append(slices.Clone(p.want), p.records))
	return append(left, others...), err
}

func (t *liveTable) leftColumns(eng engine, want modelTable) (left []LeftAlone) {
	for _, name := range t.columns {
		at := slices.IndexFunc(want.Columns, func(c modelColumn) bool { return eng.sameName(c.Name, name) })
		if at < 0 {
			left = append(left, LeftAlone{Table: t.name, Column: name, Reason: "no model names the column"})
			continue
		}
		if reason := t.otherType(eng, want.Columns[at], name); reason != "" {
			left = append(left, LeftAlone{Table: t.name, Column: name, Reason: reason})
		}
	}
	return left
}

func (t *liveTable) leftIndexes(eng engine, want modelTable) (left []LeftAlone) {
	for _, idx := range t.indexes {
		ours := slices.ContainsFunc(want.Indexes, func(w dialect.Index) bool {
			return eng.sameName(w.Name, idx.name) || idx.does(eng, w)
		})
		if !ours && !idx.primary {
			left = append(left, LeftAlone{Table: t.name, Index: idx.name, Reason: "no model names the index"})
		}
	}
	return left
}

// otherType says how a column's type differs from the model's.
func (t *liveTable) otherType(eng engine, c modelColumn, name string) string {
	typ := t.types[strings.ToLower(name)]
	switch {
	case !eng.fits(c, typ):
		return "it is of the type " + typ + ", and a push changes no column: the model's type is " + c.Type
	case (c.Amount || c.AutoIncrement) && narrow(eng, typ):
		return "it is of the type " + typ + ", and a push widens no column: the adoption does, on demand (adopt.Params.Widen)"
	}
	return ""
}

// narrow reports whether an integer type, as named in the catalog, has less than 64 bits.
// SQLite's integers all have 64.
func narrow(eng engine, typ string) bool {
	if _, ok := eng.(sqliteEngine); ok {
		return false
	}
	switch typ {
	case "int", "integer", "smallint", "mediumint", "tinyint":
		return true
	}
	return false
}

// leftTables reads rows of a name and of what has it.
func leftTables(ctx context.Context, q bun.IConn, query string, args []any) (left []LeftAlone, err error) {
	err = each(ctx, q, query, args, func(rows *sql.Rows) error {
		var name, kind string
		if err := rows.Scan(&name, &kind); err != nil {
			return err
		}
		left = append(left, LeftAlone{Table: name, Reason: "no model names the " + strings.TrimPrefix(kind, "base ")})
		return nil
	})
	return left, err
}
