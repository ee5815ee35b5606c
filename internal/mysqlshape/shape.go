// Package mysqlshape says what a database of MySQL or MariaDB is like but for its rows, for
// those who give a test's database to another test.
package mysqlshape

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
)

// Of lists the tables of a database, and describes them, their columns, indexes and
// constraints, and the database's views, triggers, routines and events. Two databases with
// one shape differ in rows alone. What is said of the table named except is left out,
// which may be empty.
func Of(ctx context.Context, db *sql.DB, database, except string) (tables []string, shape string, err error) {
	const query = `SELECT '' AS named, CONCAT_WS(' ', 'database', default_character_set_name, default_collation_name) AS what
	FROM information_schema.schemata WHERE schema_name = ?0
UNION ALL SELECT IF(table_type = 'BASE TABLE', table_name, ''),
	CONCAT_WS(' ', table_name, table_type, engine, table_collation, create_options)
	FROM information_schema.tables WHERE table_schema = ?0 AND table_name <> ?1
UNION ALL SELECT '', CONCAT_WS(' ', table_name, column_name, ordinal_position, column_type, is_nullable,
	collation_name, column_default, extra)
	FROM information_schema.columns WHERE table_schema = ?0 AND table_name <> ?1
UNION ALL SELECT '', CONCAT_WS(' ', table_name, index_name, seq_in_index, column_name, collation, sub_part,
	non_unique, index_type)
	FROM information_schema.statistics WHERE table_schema = ?0 AND table_name <> ?1
UNION ALL SELECT '', CONCAT_WS(' ', table_name, constraint_name, constraint_type)
	FROM information_schema.table_constraints WHERE table_schema = ?0 AND table_name <> ?1
UNION ALL SELECT '', CONCAT('trigger ', trigger_name) FROM information_schema.triggers WHERE trigger_schema = ?0
UNION ALL SELECT '', CONCAT('routine ', routine_name) FROM information_schema.routines WHERE routine_schema = ?0
UNION ALL SELECT '', CONCAT('event ', event_name) FROM information_schema.events WHERE event_schema = ?0
ORDER BY what`
	quote := func(name string) string { return "'" + strings.ReplaceAll(name, "'", "''") + "'" }
	found, err := db.QueryContext(ctx, strings.NewReplacer("?0", quote(database), "?1", quote(except)).Replace(query))
	if err != nil {
		return nil, "", fmt.Errorf("look at the tables of %s: %w", database, err)
	}
	defer func() { _ = found.Close() }() // its errors are in found.Err
	var text strings.Builder
	for found.Next() {
		var table, what string
		if err := found.Scan(&table, &what); err != nil {
			return nil, "", fmt.Errorf("look at the tables of %s: %w", database, err)
		}
		if table != "" {
			tables = append(tables, table)
		}
		text.WriteString(what + "\n")
	}
	return tables, text.String(), found.Err()
}
