package dialect_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/sqlitedialect"

	"github.com/chameleon-go/chameleon/dialect"
)

// open returns a database in memory, on a handle of the caller's own making.
func open() *bun.DB {
	sqldb, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		panic(err)
	}
	sqldb.SetMaxOpenConns(1)
	return bun.NewDB(sqldb, sqlitedialect.New())
}

func ExampleInTx() {
	ctx, db := context.Background(), open()
	defer func() { _ = db.Close() }()

	err := dialect.InTx(ctx, db, func(ctx context.Context, tx bun.Tx) error {
		if _, err := tx.ExecContext(ctx, "CREATE TABLE notes (text varchar(20))"); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, "INSERT INTO notes VALUES (?)", "hello")
		return err
	})
	var notes int
	fmt.Println(err, db.QueryRowContext(ctx, "SELECT count(*) FROM notes").Scan(&notes), notes)
	// Output: <nil> <nil> 1
}

func ExampleClassify() {
	db := open()
	defer func() { _ = db.Close() }()

	_, err := db.Exec("SELECT * FROM users")
	err = dialect.Classify(err)
	fmt.Println(errors.Is(err, dialect.ErrSchemaMissing))
	fmt.Println(err)
	// Output:
	// true
	// sqlite: table or column missing: SQL logic error: no such table: users (1) (remedy: create the tables: chameleon push on the command line, or chameleon.Push in Go, or schema.Push of some models)
}

func ExampleUniqueIndex() {
	db := open()
	defer func() { _ = db.Close() }()

	_, _ = db.Exec("CREATE TABLE users (email varchar(255) UNIQUE)")
	_, _ = db.Exec("INSERT INTO users VALUES ('ada@example.com')")
	_, err := db.Exec("INSERT INTO users VALUES ('ada@example.com')")
	fmt.Println(dialect.UniqueIndex(err))
	// Output: users.email true
}
