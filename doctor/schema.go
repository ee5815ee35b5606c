package doctor

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/uptrace/bun"
	bunschema "github.com/uptrace/bun/schema"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/schema"
)

const (
	pushRemedy = "run chameleon push (chameleon plan shows the statements)"
	// notListed is why a check was left out that goes by what schema listed.
	notListed = "the check of the schema was not made"
)

// tables are the models', each once.
func (e *exam) tables() []*bunschema.Table {
	var all []*bunschema.Table
	seen := map[string]bool{}
	for _, model := range e.p.Models {
		t := e.db.Table(reflect.TypeOf(model))
		if !seen[t.Name] {
			seen[t.Name] = true
			all = append(all, t)
		}
	}
	return all
}

// wanted are the names of the models' tables.
func (e *exam) wanted() []string {
	var names []string
	for _, t := range e.tables() {
		names = append(names, t.Name)
	}
	return names
}

// field is a column of a model, nil for one that no model knows.
func (e *exam) field(table, column string) *bunschema.Field {
	for _, t := range e.tables() {
		if t.Name == table {
			return t.FieldMap[column]
		}
	}
	return nil
}

// schema asks how the database stands to the models: what a push would add, which
// later checks go by, too.
func (e *exam) schema(ctx context.Context) error {
	if len(e.p.Models) == 0 {
		return skipped("no models")
	}
	status, err := schema.Status(ctx, e.db, e.p.Models...)
	if err != nil {
		return err
	}
	e.status = status
	foreign, isForeign := errors.AsType[*schema.ForeignTablesError](status.Refused)
	auto, isAuto := errors.AsType[*schema.AutoTimesError](status.Refused)
	push, isPush := errors.AsType[*schema.PushError](status.Refused)
	switch {
	case isForeign:
		e.findf("foreign_tables", Error, "put Chameleon's tables into a schema or database of their own; see docs/operations.md", "%v", foreign)
		return nil
	case isAuto:
		for _, t := range auto.Tables {
			e.findf("times_reset", Error, t.Statement+"; then "+pushRemedy,
				"%s: the server sets %s to the current time whenever a row changes, or allows no NULL", t.Table, some(t.Columns))
		}
	case isPush:
		remedy := push.Remedy
		if remedy == "" {
			remedy = "see the problem's own text; then " + pushRemedy
		}
		e.add(Finding{Code: "push_refused", Severity: Error, Case: CaseTableMissing, Problem: push.Error(), Remedy: remedy})
	}
	missing := map[string]bool{}
	for _, change := range status.Pending {
		if change.Kind == schema.AddTable {
			missing[change.Table] = true
			if hidden, err := e.hidden(ctx, change.Table); err != nil || hidden {
				if err != nil {
					return err
				}
				continue
			}
		}
		e.lacks(change, missing[change.Table])
	}
	for _, t := range e.tables() {
		if !missing[t.Name] {
			e.there = append(e.there, t)
		}
	}
	return nil
}

// hidden tells of a table of which MySQL shows nothing, because the user has no right
// on it at all.
func (e *exam) hidden(ctx context.Context, table string) (bool, error) {
	if !e.caps.IsMySQL() {
		return false, nil
	}
	err := e.read(ctx, func(ctx context.Context, q bun.IDB) error {
		_, err := q.ExecContext(ctx, "SELECT 1 FROM ? LIMIT 0", bun.Ident(table))
		return err
	})
	switch err = dialect.Classify(err); {
	case errors.Is(err, dialect.ErrPermission):
		e.lacksRights(table, rightsOn(table))
		return true, nil
	case err != nil && unreachable(err):
		return false, err
	}
	return false, nil
}

// lacks tells of an addition; those of a missing table are told with it.
func (e *exam) lacks(change schema.Change, ofMissing bool) {
	f := Finding{Severity: Error, Case: CaseTableMissing, Remedy: pushRemedy}
	switch {
	case change.Kind == schema.AddTable:
		f.Code, f.Problem = "table_missing", "the table "+change.Table+" does not exist"
	case ofMissing, change.Clears != "": // an index that was not finished is told of by itself
		return
	case change.Kind == schema.AddIndex:
		f.Code, f.Case, f.Severity = "index_missing", CaseSlowQueries, Warning
		f.Problem = fmt.Sprintf("the index %s on %s is missing", change.Index, change.Table)
	default:
		f.Code, f.Problem = "column_missing", fmt.Sprintf("%s lacks the columns %s", change.Table, some(change.Columns))
	}
	e.add(f)
}

// indexes tells of those that do not do their work, such as one that a failed CREATE
// INDEX CONCURRENTLY left behind, under whatever name.
func (e *exam) indexes(context.Context) error {
	if e.status == nil {
		return skipped(notListed)
	}
	for _, i := range e.status.Invalid {
		e.add(Finding{
			Code: "index_invalid", Severity: Error, Case: CaseSlowQueries,
			Problem: fmt.Sprintf("the index %s on %s does not do its work: %s", i.Index, i.Table, i.Problem),
			Remedy:  i.Remedy + "; then " + again(i),
		})
	}
	for _, i := range e.status.Former {
		e.add(Finding{
			Code: "index_former", Severity: Info, Case: CaseSlowQueries,
			Problem: fmt.Sprintf("the index %s on %s is of an earlier version, no query uses it, and every write pays for it", i.Index, i.Table),
			Remedy:  i.Remedy + ", once no process of that version runs",
		})
	}
	return nil
}

// again says how an index is made anew: those for parts of texts are of no push.
func again(i schema.InvalidIndex) string {
	if i.Table == "users" && strings.HasSuffix(i.Index, "_trgm_idx") {
		return "call users.IndexSearch again, which alone does both"
	}
	return pushRemedy
}
