package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
)

// OneRow implements dialect.OneRow. Within a transaction, which has the only write lock,
// a statement about one row waits for nothing: it runs to its end, without the goroutine
// and the callback by which the driver watches a context.
func (c *conn) OneRow(ctx context.Context, text string, args, dest []any) (found bool, err error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	values, err := valuesOf(args)
	if err != nil {
		return false, err
	}
	if c.pinned != nil {
		ctx = context.WithoutCancel(ctx)
	}
	on, give, err := c.lend(ctx, roleOf(c.verbOf(text, len(args))))
	if err != nil {
		return false, err
	}
	defer give()
	rows, err := on.QueryContext(ctx, text, values)
	if err != nil {
		return false, err
	}
	found, err = readRow(rows, dest)
	if closeErr := rows.Close(); err == nil {
		err = closeErr
	}
	return found && err == nil, err
}

// readRow reads the first row, and the rest for what SQLite may only say at the end.
func readRow(rows driver.Rows, dest []any) (found bool, err error) {
	row := make([]driver.Value, len(rows.Columns()))
	if len(row) != len(dest) {
		return false, fmt.Errorf("%d columns for %d destinations", len(row), len(dest))
	}
	for {
		if err := rows.Next(row); err == io.EOF { //nolint:errorlint // as driver.Rows returns it
			return found, nil
		} else if err != nil {
			return false, err
		}
		if found {
			continue
		}
		found = true
		for i, value := range row {
			if err := assign(dest[i], value); err != nil {
				return false, fmt.Errorf("column %s: %w", rows.Columns()[i], err)
			}
		}
	}
}

// valuesOf converts arguments as database/sql does.
func valuesOf(args []any) ([]driver.NamedValue, error) {
	values := make([]driver.NamedValue, len(args))
	for i, arg := range args {
		value, err := driver.DefaultParameterConverter.ConvertValue(arg)
		if err != nil {
			return nil, fmt.Errorf("argument %d: %w", i+1, err)
		}
		values[i] = driver.NamedValue{Ordinal: i + 1, Value: value}
	}
	return values, nil
}

// assign stores a value as database/sql does.
func assign(dest any, value driver.Value) error {
	switch d := dest.(type) {
	case *int64:
		if n, ok := value.(int64); ok {
			*d = n
			return nil
		}
		return convert(d, value)
	case *string:
		if s, ok := value.(string); ok {
			*d = s
			return nil
		}
		return convert(d, value)
	}
	return fmt.Errorf("a %T cannot be read", dest)
}

func convert[T any](dest *T, value driver.Value) error {
	var n sql.Null[T]
	if err := n.Scan(value); err != nil {
		return err
	}
	if !n.Valid {
		return errors.New("converting NULL is unsupported")
	}
	*dest = n.V
	return nil
}
