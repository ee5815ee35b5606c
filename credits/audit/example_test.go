package audit_test

import (
	"context"
	"fmt"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/credits/audit"
)

func ExampleVerify() {
	ctx := context.Background()
	db := exampleDB(ctx)
	defer func() { _ = db.Close() }()
	give(ctx, db, "order")

	report, err := audit.Verify(ctx, db, audit.VerifyParams{})
	fmt.Println(report.Accounts, report.Entries, report.OK(), err)

	// Somebody helps themselves.
	if _, err := db.ExecContext(ctx, "UPDATE credits_trans SET credits = 1000"); err != nil {
		panic(err)
	}
	report, err = audit.Verify(ctx, db, audit.VerifyParams{UserUUID: ada})
	fmt.Println(report.OK(), report.Breaches[0].Kind, report.Breaches[0].Seqs, err)
	// Output:
	// 1 1 true <nil>
	// false chain [1] <nil>
}

func ExampleRebuild() {
	ctx := context.Background()
	db := exampleDB(ctx)
	defer func() { _ = db.Close() }()
	give(ctx, db, "order")

	// State is lost; history is not.
	if _, err := db.ExecContext(ctx, "DELETE FROM credits_lots"); err != nil {
		panic(err)
	}
	report, err := audit.Rebuild(ctx, db, audit.RebuildParams{UserUUID: ada})
	fmt.Println(len(report.Changes) > 0, report.Written, err)
	op, err := credits.Charge(ctx, db, credits.ChargeParams{UserUUID: ada, Amount: 30, At: noon})
	fmt.Println(op.Available, err)
	// Output:
	// true true <nil>
	// 70 <nil>
}

// A head that is kept elsewhere finds a history that was rewritten, hashes and
// all.
func ExampleExportHeads() {
	ctx := context.Background()
	db := exampleDB(ctx)
	defer func() { _ = db.Close() }()
	give(ctx, db, "order")
	page, err := audit.ExportHeads(ctx, db, audit.ExportHeadsParams{})
	if err != nil {
		panic(err)
	}
	fmt.Println(len(page.Items), page.Items[0].Seq)

	give(ctx, db, "another")
	report, err := audit.Verify(ctx, db, audit.VerifyParams{Against: page.Items})
	fmt.Println(report.OK(), err)
	// Output:
	// 1 1
	// true <nil>
}

func ExampleHead() {
	ctx := context.Background()
	db := exampleDB(ctx)
	defer func() { _ = db.Close() }()
	give(ctx, db, "order")

	head, err := audit.Head(ctx, db, audit.HeadParams{UserUUID: ada})
	fmt.Println(head.Seq, len(head.Hash), err)
	// Output: 1 64 <nil>
}
