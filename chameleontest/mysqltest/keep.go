package mysqltest

import (
	"context"
	"fmt"
	"strings"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/chameleontest/internal/temporary"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/mysqlshape"
	"github.com/chameleon-go/chameleon/schema"
)

// giveBack empties the database for the next test, or drops it where that would not
// leave it as the template says.
func (d *database) giveBack(ctx context.Context) error {
	if err := d.db.Close(); err != nil {
		return err
	}
	free, err := mysqlshape.Free(ctx, d.server.Admin.DB, dialect.Of(d.server.Admin).Engine, d.name)
	if err != nil {
		return fmt.Errorf("list the sessions on the database %s: %w", d.name, err)
	}
	tables, shape, err := shapeOf(ctx, d.server.Admin, d.name)
	if err != nil {
		return err
	}
	if !free || shape != d.kept.Shape || d.kept.Filled {
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

// shapeOf lists a database's tables, and says what they are like. The record of pushes
// has a row from the start, and no test adds one.
func shapeOf(ctx context.Context, db *bun.DB, database string) (tables []string, shape string, err error) {
	return mysqlshape.Of(ctx, db.DB, database, schema.RecordTable)
}

func quoted(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }
