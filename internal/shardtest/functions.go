package shardtest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
)

// use is a function that an UPDATE, a DELETE or a DO UPDATE calls.
type use struct {
	oid     int
	columns bool // whether it is given a column
	upsert  bool
}

// Refused lists what Citus refuses of a statement that changes rows, by asking
// PostgreSQL, which has the tables: functions and casts that are VOLATILE; of an
// UPDATE or a DELETE those that are STABLE and read a column, and of a DO UPDATE all
// that are not IMMUTABLE. It is exact where names are not: what a function does
// depends on the types that it is called with.
func Refused(ctx context.Context, db *sql.DB, statement string) ([]string, error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	defer func() { _ = conn.Close() }() // nothing was written
	tree, err := parsed(ctx, conn, statement)
	if err != nil {
		return nil, err
	}
	found, values := uses(parse(tree))
	for _, of := range values {
		functions, err := castFunctions(ctx, conn, of)
		if err != nil {
			return nil, err
		}
		found = append(found, functions...)
	}
	return judge(ctx, conn, found)
}

// parsed is the statement as PostgreSQL keeps that of a function's body. Its
// parameters have the types that PostgreSQL infers.
func parsed(ctx context.Context, conn *sql.Conn, statement string) (tree string, err error) {
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return "", fmt.Errorf("begin: %w", err)
	}
	defer func() { err = errors.Join(err, tx.Rollback()) }()
	if _, err := tx.ExecContext(ctx, "PREPARE inspected AS "+statement); err != nil {
		return "", fmt.Errorf("prepare: %w", err)
	}
	defer func() { // which a rollback does not undo
		_, deallocated := tx.ExecContext(ctx, "DEALLOCATE inspected")
		err = errors.Join(err, deallocated)
	}()
	var types string
	if err := tx.QueryRowContext(ctx, "SELECT array_to_string(parameter_types, ', ') FROM pg_prepared_statements "+
		"WHERE name = 'inspected'").Scan(&types); err != nil {
		return "", fmt.Errorf("read parameters: %w", err)
	}
	if _, err := tx.ExecContext(ctx, "CREATE FUNCTION pg_temp.inspected("+types+") RETURNS void LANGUAGE sql BEGIN ATOMIC "+
		statement+"; END"); err != nil {
		return "", fmt.Errorf("keep: %w", err)
	}
	if err := tx.QueryRowContext(ctx, "SELECT prosqlbody::text FROM pg_proc WHERE proname = 'inspected' "+
		"AND pronamespace = pg_my_temp_schema()").Scan(&tree); err != nil {
		return "", fmt.Errorf("read: %w", err)
	}
	return tree, nil
}

// cast is a conversion by way of text, whose functions are those of its types.
type cast struct {
	use
	from, to string
}

// The commands of a query node.
const (
	commandUpdate = "2"
	commandDelete = "4"
)

// uses finds what the changing queries of a tree call.
func uses(tree []*node) (found []use, casts []cast) {
	for _, root := range tree {
		root.walk(func(n *node) {
			if n.name != "QUERY" {
				return
			}
			if command := n.text("commandType"); command == commandUpdate || command == commandDelete {
				for _, part := range slices.Concat(n.under("targetList"), n.under("jointree")) {
					found, casts = collect(part, false, found, casts)
				}
			}
			for _, part := range n.under("onConflict") {
				found, casts = collect(part, true, found, casts)
			}
		})
	}
	return found, casts
}

// collect adds the functions below a node.
func collect(part *node, upsert bool, found []use, casts []cast) ([]use, []cast) {
	part.walk(func(n *node) {
		oid := ""
		switch n.name {
		case "FUNCEXPR":
			oid = n.text("funcid")
		case "OPEXPR", "DISTINCTEXPR", "NULLIFEXPR", "SCALARARRAYOPEXPR":
			oid = n.text("opfuncid")
		case "COERCEVIAIO":
			casts = append(casts, cast{use{columns: readsColumn(n), upsert: upsert}, typeOf(n.under("arg")), n.text("resulttype")})
		}
		if number, err := strconv.Atoi(oid); err == nil && number > 0 {
			found = append(found, use{number, readsColumn(n), upsert})
		}
	})
	return found, casts
}

// readsColumn reports whether anything below a node is a column.
func readsColumn(n *node) bool {
	found := false
	n.walk(func(below *node) { found = found || below.name == "VAR" })
	return found
}

// typeOf is the type of an expression, under the name that its kind of node has for it.
func typeOf(nodes []*node) string {
	for _, n := range nodes {
		for _, f := range n.fields {
			switch f.name {
			case "vartype", "consttype", "paramtype", "funcresulttype", "opresulttype", "resulttype", "coalescetype", "minmaxtype", "casetype", "type":
				return f.text
			}
		}
	}
	return ""
}

// castFunctions are what writes the one type as text and reads the other from it.
func castFunctions(ctx context.Context, conn *sql.Conn, of cast) ([]use, error) {
	var out, in int
	err := conn.QueryRowContext(ctx, "SELECT (SELECT typoutput::oid::int FROM pg_type WHERE oid = $1::text::oid), "+
		"(SELECT typinput::oid::int FROM pg_type WHERE oid = $2::text::oid)", of.from, of.to).Scan(&out, &in)
	if err != nil {
		return nil, fmt.Errorf("look up a cast from %s to %s: %w", of.from, of.to, err)
	}
	return []use{{out, of.columns, of.upsert}, {in, of.columns, of.upsert}}, nil
}

// judge names the functions that Citus refuses.
func judge(ctx context.Context, conn *sql.Conn, found []use) ([]string, error) {
	var out []string
	for _, of := range found {
		var name, volatile string
		err := conn.QueryRowContext(ctx, "SELECT oid::regprocedure::text, provolatile::text FROM pg_proc WHERE oid = $1::text::oid",
			strconv.Itoa(of.oid)).Scan(&name, &volatile)
		if err != nil {
			return nil, fmt.Errorf("look up function %d: %w", of.oid, err)
		}
		switch {
		case volatile == "v":
			out = append(out, name+" is VOLATILE")
		case volatile == "s" && (of.columns || of.upsert):
			out = append(out, name+" is STABLE and reads a column")
		}
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}
