package chameleon_test

import (
	"bytes"
	"context"
	"fmt"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/transfer"
)

func ExampleCopy() {
	ctx := context.Background()
	from, err := chameleon.Open(ctx, "sqlite://:memory:") // an engine
	if err != nil {
		panic(err)
	}
	defer func() { _ = from.Close() }()
	to, err := chameleon.Open(ctx, "sqlite://:memory:") // another
	if err != nil {
		panic(err)
	}
	defer func() { _ = to.Close() }()
	if _, err := chameleon.Push(ctx, from); err != nil {
		panic(err)
	}
	grant := credits.GrantParams{UserUUID: "a", Amount: 100, Key: "first", Type: credits.TypeSystemAdd}
	if _, err := credits.Grant(ctx, from, grant); err != nil {
		panic(err)
	}

	// While the application runs.
	if _, err := chameleon.Copy(ctx, from, to, transfer.CopyParams{Live: true}); err != nil {
		panic(err)
	}
	charge := credits.ChargeParams{UserUUID: "a", Amount: 40, Key: "meanwhile"}
	if _, err := credits.Charge(ctx, from, charge); err != nil {
		panic(err)
	}

	// The application is stopped, and starts on the target.
	result, err := chameleon.Copy(ctx, from, to, transfer.CopyParams{Quick: true})
	if err != nil {
		panic(err)
	}
	balance, err := credits.Balance(ctx, to, credits.BalanceParams{UserUUID: "a"})
	if err != nil {
		panic(err)
	}
	fmt.Println("available:", balance.Available, "ledger in order:", result.OK())
	// Output: available: 60 ledger in order: true
}

func ExampleBackup() {
	ctx := context.Background()
	db, err := chameleon.Open(ctx, "sqlite://:memory:")
	if err != nil {
		panic(err)
	}
	defer func() { _ = db.Close() }()
	if _, err := chameleon.Push(ctx, db); err != nil {
		panic(err)
	}
	grant := credits.GrantParams{UserUUID: "a", Amount: 100, Key: "first", Type: credits.TypeSystemAdd}
	if _, err := credits.Grant(ctx, db, grant); err != nil {
		panic(err)
	}

	var archive bytes.Buffer // or a file, or a pipe; wrap it to encrypt
	if _, err := chameleon.Backup(ctx, db, &archive, transfer.BackupParams{}); err != nil {
		panic(err)
	}

	other, err := chameleon.Open(ctx, "sqlite://:memory:")
	if err != nil {
		panic(err)
	}
	defer func() { _ = other.Close() }()
	result, err := chameleon.Restore(ctx, other, &archive, transfer.RestoreParams{})
	if err != nil {
		panic(err)
	}
	fmt.Println(result.Archive.Engine, result.Rows, "rows, ledger in order:", result.OK())
	// Output: sqlite 3 rows, ledger in order: true
}
