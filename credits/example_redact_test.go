package credits_test

import (
	"context"
	"fmt"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/credits/audit"
)

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
	fmt.Println(page.Items[0].Metadata[:16])
	report, err := audit.Verify(ctx, db, audit.VerifyParams{UserUUID: ada})
	fmt.Println(report.OK(), err)
	// Output:
	// redacted:sha256:
	// true <nil>
}
