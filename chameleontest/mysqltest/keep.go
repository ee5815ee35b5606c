package mysqltest

import (
	"context"
	"fmt"
	"strings"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/chameleontest/internal/temporary"
	"github.com/chameleon-go/chameleon/schema"
)

// giveBack empties the database for the next test, or drops it where that would not
// leave it as the template says.
func (d *database) giveBack(ctx context.Context) error {
	if err := d.db.Close(); err != nil {
		return err
	}
	tables, shape, err := shapeOf(ctx, d.server.Admin, d.name)
	if err != nil {
		return err
	}
	if shape != d.kept.Shape || d.kept.Filled {
		return d.server.Remove(ctx, d.name)
	}
	deletes := make([]string, len(tables))
	for i, table := range tables {
		deletes[i] = "DELETE FROM " + quoted(d.name) + "." + quoted(table)
	}
	if err := inOneSession(ctx, d.server.Admin, "SET foreign_key_checks = 0", deletes); err != nil {
		return fmt.Errorf("empty the database %s: %w", d.name, err)
	}
	d.kept.Free(d.name)
	return nil
}

// inOneSession runs a setting and statements, and gives the session up.
func inOneSession(ctx context.Context, db *bun.DB, setting string, statements []string) error {
	return db.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
		if _, err := tx.ExecContext(ctx, setting); err != nil {
			return err
		}
		for _, statement := range statements {
			if _, err := tx.ExecContext(ctx, statement); err != nil {
				return err
			}
		}
		_, err := tx.ExecContext(ctx, "SET foreign_key_checks = 1")
		return err
	})
}

// look says what a prepared template holds.
func look(ctx context.Context, db *bun.DB, database string) (content temporary.Content, err error) {
	if content.Tables, content.Shape, err = shapeOf(ctx, db, database); err != nil {
		return content, err
	}
	for _, table := range content.Tables {
		var filled bool
		query := "SELECT EXISTS (SELECT 1 FROM " + quoted(database) + "." + quoted(table) + ")"
		if err := db.NewRaw(query).Scan(ctx, &filled); err != nil {
			return content, fmt.Errorf("look for rows: %w", err)
		}
		content.Filled = content.Filled || filled
	}
	return content, nil
}

// shapeOf lists a database's tables, and says what columns and indexes they have.
func shapeOf(ctx context.Context, db *bun.DB, database string) (tables []string, shape string, err error) {
	// The record of pushes has a row from the start, and no test adds one.
	const query = `SELECT table_name, GROUP_CONCAT(what ORDER BY what SEPARATOR '\n') FROM (
		SELECT table_name, CONCAT('column ', column_name, ' ', column_type) AS what
		FROM information_schema.columns WHERE table_schema = ?0 AND table_name <> ?1
		UNION ALL
		SELECT table_name, CONCAT('index ', index_name, ' ', seq_in_index, ' ', column_name)
		FROM information_schema.statistics WHERE table_schema = ?0 AND table_name <> ?1) AS parts
		GROUP BY table_name ORDER BY table_name`
	var rows []struct {
		Table, Parts string
	}
	err = db.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
		if _, err := tx.ExecContext(ctx, "SET group_concat_max_len = 1048576"); err != nil {
			return err
		}
		found, err := tx.QueryContext(ctx, strings.NewReplacer("?0", "'"+database+"'", "?1", "'"+schema.RecordTable+"'").Replace(query))
		if err != nil {
			return err
		}
		defer func() { _ = found.Close() }() // its errors are in found.Err
		for found.Next() {
			row := struct{ Table, Parts string }{}
			if err := found.Scan(&row.Table, &row.Parts); err != nil {
				return err
			}
			rows = append(rows, row)
		}
		return found.Err()
	})
	if err != nil {
		return nil, "", fmt.Errorf("look at the tables of %s: %w", database, err)
	}
	var b strings.Builder
	for _, row := range rows {
		tables = append(tables, row.Table)
		b.WriteString(row.Table + "\n" + row.Parts + "\n\n")
	}
	return tables, b.String(), nil
}

func quoted(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }
