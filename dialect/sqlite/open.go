package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"os"
	"path/filepath"

	"github.com/uptrace/bun"
	"modernc.org/sqlite"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/dialect/handle"
)

// Open opens the file, creating it if it does not exist and the URL allows that, and
// returns a handle. Settings in s override those that c has from its URL.
//
// Errors: *dialect.Error: ErrNoDatabase (the directory or file is not
// there, or the file is not a database), ErrPermission, ErrUnavailable,
// ErrTimeout or ErrCanceled.
func Open(ctx context.Context, c *Config, s handle.Settings) (*bun.DB, error) {
	s = s.Over(c.Settings).WithDefaults()
	path, remove, err := c.place()
	if err != nil {
		return nil, err
	}
	connector, err := newConnector(c, path, s, remove)
	if err != nil {
		remove()
		return nil, handle.OpenError(dialect.SQLite, err)
	}
	db := sql.OpenDB(connector)
	// Connections of database/sql cost nothing here; the connector's pool has the limits.
	// A limit here would let waiting writers starve readers.
	db.SetMaxIdleConns(s.PoolSize + 1)
	capabilities, err := probe(ctx, connector)
	if err != nil {
		_ = db.Close()
		return nil, handle.OpenError(dialect.SQLite, err)
	}
	capabilities.Observer, capabilities.Cache, capabilities.Events = s.Observer, s.Cache, s.Events
	handleDB := bun.NewDB(db, NewDialect(capabilities))
	if hook := handle.Hook(dialect.SQLite, s); hook != nil {
		handleDB = handleDB.WithQueryHook(hook)
	}
	return handleDB, nil
}

// place returns the file's path, and what to do when the handle is closed.
func (c *Config) place() (path string, remove func(), err error) {
	if c.InMemory() {
		return c.memoryPlace()
	}
	dir := filepath.Dir(c.Path)
	if info, err := os.Stat(dir); errors.Is(err, os.ErrNotExist) || err == nil && !info.IsDir() {
		return "", nil, handle.NewError(dialect.KindNoDatabase, dialect.SQLite, "there is no directory "+shown(dir),
			"make the directory, or correct the path in DATABASE_URL")
	}
	if info, err := os.Stat(c.Path); err == nil && info.IsDir() {
		return "", nil, handle.NewError(dialect.KindNoDatabase, dialect.SQLite, shown(c.Path)+" is a directory",
			"put the name of a file in DATABASE_URL")
	}
	return c.Path, func() {}, nil
}

// probe opens the writer, which creates the file and its log, and has it read the version
// and the schema, which fails if the file is not a database. Each connection parses the
// schema, so the readers are opened when they are first needed.
func probe(ctx context.Context, c *connector) (capabilities dialect.Capabilities, err error) {
	capabilities.Engine = dialect.SQLite
	l, err := c.pool.borrow(ctx, writing)
	if err != nil {
		return capabilities, err
	}
	defer func() { l.release(err == nil) }()
	const query = "SELECT sqlite_version(), (SELECT count(*) FROM sqlite_schema)"
	answer, err := l.conn.(driver.QueryerContext).QueryContext(ctx, query, nil)
	if err != nil {
		return capabilities, err
	}
	row := make([]driver.Value, 2)
	err = errors.Join(answer.Next(row), answer.Close())
	capabilities.Version, _ = row[0].(string)
	return capabilities, err
}

// connector gives database/sql connections that borrow from one pool.
type connector struct {
	pool   *pool
	driver driver.Driver
}

func newConnector(c *Config, path string, s handle.Settings, done func()) (*connector, error) {
	writer, err := sqlite.NewConnector(c.dsn(path, writing))
	if err != nil {
		return nil, err
	}
	reader, err := sqlite.NewConnector(c.dsn(path, reading))
	if err != nil {
		return nil, err
	}
	configure := func(connector driver.Connector, r role) driver.Connector {
		return &configured{connector, c, c.pragmas(s, r)}
	}
	wait := s.LockTimeout
	if wait == 0 {
		wait = defaultLockTimeout
	}
	return &connector{pool: newPool(configure(writer, writing), configure(reader, reading), s.PoolSize, wait, done), driver: writer.Driver()}, nil
}

// Connect implements driver.Connector.
func (c *connector) Connect(context.Context) (driver.Conn, error) { return &conn{pool: c.pool}, nil }

// Driver implements driver.Connector.
func (c *connector) Driver() driver.Driver { return c.driver }

// Close is called by sql.DB.Close.
func (c *connector) Close() error { return c.pool.close() }
