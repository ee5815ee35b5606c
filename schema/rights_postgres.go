package schema

import (
	"context"

	"github.com/uptrace/bun"
)

// rights asks PostgreSQL itself. An index also needs the right to create in the schema.
func (eng postgresEngine) rights(ctx context.Context, q bun.IConn, needs []need) ([]Right, error) {
	var schema, user string
	var create bool
	err := q.QueryRowContext(ctx, "SELECT COALESCE(current_schema(), ''), current_user,"+
		" COALESCE(has_schema_privilege(current_schema(), 'CREATE'), true)").Scan(&schema, &user, &create)
	if err != nil {
		return nil, err
	}
	inSchema := Right{
		Right: "CREATE", On: "SCHEMA " + eng.quote(schema), Granted: create,
		Grant: "GRANT CREATE ON SCHEMA " + eng.quote(schema) + " TO " + eng.quote(user),
	}
	all := []Right{inSchema}
	for _, n := range needs {
		switch n.what {
		case toCreate, toLock: // a table's owner may lock it
		case toAlter, toDrop:
			owner, err := eng.owner(ctx, q, n.table, user)
			if err != nil {
				return nil, err
			}
			all = append(all, owner)
		case toRecord:
			records, err := eng.records(ctx, q, user)
			if err != nil {
				return nil, err
			}
			all = append(all, records...)
		}
	}
	return all, nil
}

// owner is the right of a table's owner, which members of the owner's role also have.
func (eng postgresEngine) owner(ctx context.Context, q bun.IConn, table, user string) (Right, error) {
	var owner string
	var is bool
	err := q.QueryRowContext(ctx, "SELECT pg_catalog.pg_get_userbyid(t.relowner), pg_catalog.pg_has_role(t.relowner, 'USAGE')"+
		" FROM pg_catalog.pg_class t JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace"+
		" WHERE n.nspname = current_schema() AND t.relname = $1", table).Scan(&owner, &is)
	return Right{
		Right: "OWNER", On: "TABLE " + eng.quote(table), Granted: is,
		Grant: "GRANT " + eng.quote(owner) + " TO " + eng.quote(user),
	}, err
}

// records returns the rights on the table of pushes.
func (eng postgresEngine) records(ctx context.Context, q bun.IConn, user string) (all []Right, err error) {
	for _, right := range []string{"SELECT", "INSERT", "UPDATE"} {
		r := Right{
			Right: right, On: "TABLE " + eng.quote(RecordTable),
			Grant: "GRANT " + right + " ON TABLE " + eng.quote(RecordTable) + " TO " + eng.quote(user),
		}
		err := q.QueryRowContext(ctx, "SELECT pg_catalog.has_table_privilege(t.oid, $2)"+
			" FROM pg_catalog.pg_class t JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace"+
			" WHERE n.nspname = current_schema() AND t.relname = $1", RecordTable, right).Scan(&r.Granted)
		if err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return all, nil
}

func (postgresEngine) ownsWhatItMakes() bool { return true }
