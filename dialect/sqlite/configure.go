package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/dialect/handle"
	"github.com/chameleon-go/chameleon/internal/dburl"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// configured opens connections and sets their pragmas. The driver would set them in
// alphabetical order, which is wrong for pragmas that depend on each other, and SQLite
// ignores unknown values without an error. So they are set in a fixed order, and each is
// read back.
type configured struct {
	driver.Connector
	config  *Config
	pragmas []Pragma
}

// Connect implements driver.Connector.
func (c *configured) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	for _, p := range c.pragmas {
		if err := c.apply(ctx, conn.(native), p); err != nil {
			_ = conn.Close()
			return nil, err
		}
	}
	return conn, nil
}

func (c *configured) apply(ctx context.Context, on native, p Pragma) error {
	if _, err := on.ExecContext(ctx, "PRAGMA "+p.Name+" = "+p.Value, nil); err != nil {
		return fmt.Errorf("pragma %s: %w", p.Name, err)
	}
	got, err := readPragma(ctx, on, p.Name)
	if err != nil || got == p.Value {
		return err
	}
	if c.config.asked(p.Name) != "" {
		return valid.Failf(dburl.Field, "sets the pragma %s to %s, but SQLite keeps it at %s", p.Name, p.Value, got)
	}
	return handle.NewError(dialect.KindUnavailable, dialect.SQLite,
		fmt.Sprintf("the pragma %s cannot be %s: SQLite keeps it %s", p.Name, p.Value, got),
		"put the file on a local disk, or ask for another value with _pragma in DATABASE_URL")
}

// readPragma returns a pragma's value as text, "" if SQLite reports none.
func readPragma(ctx context.Context, on native, name string) (value string, err error) {
	rows, err := on.QueryContext(ctx, "PRAGMA "+name, nil)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	dest := make([]driver.Value, len(rows.Columns()))
	switch err := rows.Next(dest); {
	case errors.Is(err, io.EOF) || err == nil && len(dest) == 0:
		return "", nil
	case err != nil:
		return "", err
	}
	return fmt.Sprint(dest[0]), nil
}
