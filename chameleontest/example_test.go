package chameleontest_test

import (
	"context"
	"testing"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/chameleontest"
	"github.com/chameleon-go/chameleon/credits"
)

// answer is what is tested: it charges 30 credits for an answer.
func answer(ctx context.Context, db bun.IDB, user, question string) error {
	_, err := credits.Charge(ctx, db, credits.ChargeParams{UserUUID: user, Amount: 30, Key: question})
	return err
}

// A test of a function that charges. Run as a test, it passes.
func Example() { //nolint:testableexamples // its function is a test
	_ = func(t *testing.T) {
		db := chameleontest.New(t)           // a database of its own, closed at the end
		chameleontest.RequireVerified(t, db) // audits the ledger at the end
		ada := chameleontest.User(t, db)     // with 100 welcome credits
		for range 2 {
			if err := answer(t.Context(), db, ada.UUID, "why is the sky blue?"); err != nil {
				t.Fatal(err)
			}
		}
		chameleontest.AssertBalance(t, db, ada.UUID, 70) // the second call was a replay
		chameleontest.AssertStatement(t, db, ada.UUID,
			chameleontest.Line{Kind: credits.KindGrant, Type: credits.TypeNewUser, Amount: 100, Available: 100},
			chameleontest.Line{Kind: credits.KindCharge, Amount: -30, Available: 70},
		)
	}
}

// Tables of one's own beside Chameleon's are made by a template's Setup.
func ExampleTemplate() { //nolint:testableexamples // its function is a test
	app := &chameleontest.Template{
		Models: credits.Models(),
		Setup: func(ctx context.Context, db *bun.DB) error {
			_, err := db.ExecContext(ctx, "CREATE TABLE teams (id TEXT PRIMARY KEY, name TEXT)")
			return err
		},
	}
	_ = func(t *testing.T) {
		db := app.New(t) // or postgrestest.NewOf(t, app), mysqltest.NewOf(t, app)
		chameleontest.Grant(t, db, "team:blue")
		chameleontest.AssertBalance(t, db, "team:blue", 1000)
	}
}
