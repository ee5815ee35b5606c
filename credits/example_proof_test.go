package credits_test

import (
	"context"
	"fmt"

	"github.com/chameleon-go/chameleon/credits"
)

func ExampleVerify() {
	ctx := context.Background()
	db := exampleDB(ctx)
	defer func() { _ = db.Close() }()
	give(ctx, db, "order", 100, 30)

	report, err := credits.Verify(ctx, db, credits.VerifyParams{})
	fmt.Println(report.Accounts, report.Entries, report.OK(), err)

	// Somebody helps themselves.
	if _, err := db.ExecContext(ctx, "UPDATE credits_trans SET credits = 1000"); err != nil {
		panic(err)
	}
	report, err = credits.Verify(ctx, db, credits.VerifyParams{UserUUID: ada})
	fmt.Println(report.OK(), report.Breaches[0].Kind, report.Breaches[0].Seqs, err)
	// Output:
	// 1 1 true <nil>
	// false chain [1] <nil>
}

func ExampleRebuild() {
	ctx := context.Background()
	db := exampleDB(ctx)
	defer func() { _ = db.Close() }()
	give(ctx, db, "order", 100, 30)

	// State is lost; history is not.
	if _, err := db.ExecContext(ctx, "DELETE FROM credits_lots"); err != nil {
		panic(err)
	}
	report, err := credits.Rebuild(ctx, db, credits.RebuildParams{UserUUID: ada})
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
	give(ctx, db, "order", 100, 30)
	page, err := credits.ExportHeads(ctx, db, credits.ExportHeadsParams{})
	if err != nil {
		panic(err)
	}
	fmt.Println(len(page.Heads), page.Heads[0].Seq)

	give(ctx, db, "another", 100, 30)
	report, err := credits.Verify(ctx, db, credits.VerifyParams{Against: page.Heads})
	fmt.Println(report.OK(), err)
	// Output:
	// 1 1
	// true <nil>
}

func ExampleHead() {
	ctx := context.Background()
	db := exampleDB(ctx)
	defer func() { _ = db.Close() }()
	give(ctx, db, "order", 100, 30)

	head, err := credits.Head(ctx, db, credits.HeadParams{UserUUID: ada})
	fmt.Println(head.Seq, len(head.Hash), err)
	// Output: 1 64 <nil>
}

func ExampleRedact() {
	ctx := context.Background()
	db := exampleDB(ctx)
	defer func() { _ = db.Close() }()
	_, err := credits.Grant(ctx, db, credits.GrantParams{
		UserUUID: ada, Amount: 5, Type: "gift", Metadata: map[string]any{"from": "grandmother"}, At: noon,
	})
	if err != nil {
		panic(err)
	}

	if _, err := credits.Redact(ctx, db, credits.RedactParams{UserUUID: ada}); err != nil {
		panic(err)
	}
	page, err := credits.Statement(ctx, db, credits.StatementParams{UserUUID: ada})
	if err != nil {
		panic(err)
	}
	fmt.Println(page.Lines[0].Metadata[:16])
	report, err := credits.Verify(ctx, db, credits.VerifyParams{UserUUID: ada})
	fmt.Println(report.OK(), err)
	// Output:
	// redacted:sha256:
	// true <nil>
}
