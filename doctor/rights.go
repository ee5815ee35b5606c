package doctor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"

	"github.com/chameleon-go/chameleon/dialect"
)

// deletedFrom are the tables from which verbs delete rows that serve requests:
// audit.Rebuild deletes from others, too. A test of the root package holds the list to
// the code.
func deletedFrom() []string {
	return []string{
		"user_identities", "orders", "payments", "apikeys", "generations", "posts", "post_slugs", "feedbacks",
		"ai_provider_keys", "chameleon_events", "chameleon_totals",
	}
}

// rightsOn are the rights that verbs need on a table.
func rightsOn(table string) []string {
	rights := []string{"SELECT", "INSERT", "UPDATE"}
	if slices.Contains(deletedFrom(), table) {
		rights = append(rights, "DELETE")
	}
	return rights
}

// rights asks for each right that is needed.
func (e *exam) rights(ctx context.Context) error {
	switch {
	case e.caps.Engine == dialect.PostgreSQL:
		return e.rightsPostgres(ctx)
	case e.caps.IsMySQL():
		return e.rightsMySQL(ctx)
	}
	return e.rightsSQLite(ctx)
}

// readable leaves the tables out of which later checks could read nothing.
func (e *exam) readable(missing map[string][]string) {
	e.there = slices.DeleteFunc(e.there, func(t *schema.Table) bool { return slices.Contains(missing[t.Name], "SELECT") })
}

// lacksRights tells of a table; create of the right to make tables.
func (e *exam) lacksRights(table string, missing []string) {
	if len(missing) == 0 {
		return
	}
	rights := strings.Join(missing, ", ")
	e.add(Finding{
		Code: "right_missing", Severity: Error, Case: CasePermissionDenied,
		Problem: fmt.Sprintf("the database's user has no right to %s on %s", rights, table),
		Remedy:  fmt.Sprintf("GRANT %s ON %s to it, or connect as another user (check the credentials in DATABASE_URL)", rights, table),
	})
}

func (e *exam) lacksCreate() {
	e.add(Finding{
		Code: "no_create", Severity: Info, Case: CasePermissionDenied,
		Problem: "the database's user may not CREATE tables: it serves requests, and cannot push",
		Remedy:  "push with another user; or GRANT CREATE to this one",
	})
}

func (e *exam) rightsPostgres(ctx context.Context) error {
	return e.read(ctx, func(ctx context.Context, q bun.IDB) error {
		missing := map[string][]string{}
		for _, t := range e.there {
			for _, right := range rightsOn(t.Name) {
				var has bool
				err := q.NewRaw("SELECT has_table_privilege(to_regclass(quote_ident(?)), ?)", t.Name, right).Scan(ctx, &has)
				if err != nil {
					return err
				}
				if !has {
					missing[t.Name] = append(missing[t.Name], right)
				}
			}
			e.lacksRights(t.Name, missing[t.Name])
		}
		e.readable(missing)
		if err := e.sequencesPostgres(ctx, q); err != nil {
			return err
		}
		var create bool
		err := q.NewRaw("SELECT COALESCE(has_schema_privilege(current_schema(), 'CREATE'), false)").Scan(ctx, &create)
		if err == nil && !create {
			e.lacksCreate()
		}
		return err
	})
}

// sequencesPostgres looks at the sequences of serial columns, which have rights of
// their own; those of identity columns need none.
func (e *exam) sequencesPostgres(ctx context.Context, q bun.IDB) error {
	for _, t := range e.there {
		var names []string
		err := q.NewRaw("SELECT s.oid::regclass::text FROM pg_class AS s JOIN pg_depend AS d ON d.objid = s.oid "+
			"AND d.classid = 'pg_class'::regclass AND d.deptype = 'a' WHERE s.relkind = 'S' "+
			"AND d.refobjid = to_regclass(quote_ident(?)) AND NOT CASE WHEN s.relkind = 'S' THEN has_sequence_privilege(s.oid, 'USAGE') ELSE true END", t.Name).Scan(ctx, &names)
		if err != nil {
			return err
		}
		for _, name := range names {
			e.lacksRights("SEQUENCE "+name, []string{"USAGE"})
		}
	}
	return nil
}

// rightsMySQL has the server explain statements: it asks for the rights that their
// execution takes, those of roles included, and executes nothing.
func (e *exam) rightsMySQL(ctx context.Context) error {
	statements := map[string]string{
		"SELECT": "EXPLAIN SELECT 1 FROM ? WHERE 1 = 0", "INSERT": "EXPLAIN INSERT INTO ? () VALUES ()",
		"UPDATE": "EXPLAIN UPDATE ? SET ?1 = ?1 WHERE 1 = 0", "DELETE": "EXPLAIN DELETE FROM ? WHERE 1 = 0",
	}
	return e.read(ctx, func(ctx context.Context, q bun.IDB) error {
		missing := map[string][]string{}
		for _, t := range e.there {
			for _, right := range rightsOn(t.Name) {
				statement := strings.ReplaceAll(strings.Replace(statements[right], "?", "`"+t.Name+"`", 1), "?1", "`"+t.PKs[0].Name+"`")
				_, err := q.ExecContext(ctx, statement)
				switch err = dialect.Classify(err); {
				case errors.Is(err, dialect.ErrPermission):
					missing[t.Name] = append(missing[t.Name], right)
				case ctx.Err() != nil, err != nil && unreachable(err):
					return err
				}
			}
			e.lacksRights(t.Name, missing[t.Name])
		}
		e.readable(missing)
		return nil
	})
}

// rightsSQLite begins a transaction that could write, and ends it.
func (e *exam) rightsSQLite(ctx context.Context) error {
	err := e.db.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.ExecContext(ctx, "UPDATE sqlite_sequence SET seq = seq WHERE 1 = 0")
		return err
	})
	err = dialect.Classify(err)
	if errors.Is(err, dialect.ErrPermission) {
		e.add(Finding{
			Code: "read_only", Severity: Error, Case: CasePermissionDenied, Problem: "the file cannot be written",
			Remedy: "let the process write the file and its directory; take mode=ro and query_only out of DATABASE_URL",
		})
		return nil
	}
	if errors.Is(err, dialect.ErrSchemaMissing) {
		return nil // no table yet
	}
	return err
}
