package chameleon_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/dialect"
)

func ExampleOpen() {
	ctx := context.Background()
	db, err := chameleon.Open(ctx, "sqlite://:memory:", chameleon.WithPoolSize(4))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = db.Close() }()
	fmt.Println(dialect.Of(db).Engine)
	// Output: sqlite
}

func ExampleOpen_errors() {
	_, err := chameleon.Open(context.Background(), "sqlite:///no/such/directory/app.db")
	fmt.Println(errors.Is(err, dialect.ErrNoDatabase))
	fmt.Println(err)

	_, err = chameleon.Open(context.Background(), "oracle://scott:tiger@host/db")
	fmt.Println(errors.Is(err, chameleon.ErrInvalid))
	fmt.Println(err)
	// Output:
	// true
	// sqlite: no such database: there is no directory /no/such/directory (remedy: make the directory, or correct the path in DATABASE_URL)
	// true
	// invalid DATABASE_URL: has the scheme oracle, which is not known: use postgresql, postgres, mysql, sqlite or file
}
