package credits_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/credits"
)

// exampleLedger is a database in memory with a short history: 100 credits for
// signing up on 1 January, 50 more that expire on 1 February, a generation for
// 60 and its refund, and a hold of 30.
func exampleLedger(ctx context.Context) (db *bun.DB, user string) {
	user = "0190a000-0000-7000-8000-000000000001"
	db, err := chameleon.Open(ctx, "sqlite://:memory:")
	if err != nil {
		log.Fatal(err)
	}
	if _, err := chameleon.Push(ctx, db); err != nil {
		log.Fatal(err)
	}
	at := time.Date(2026, 1, 1, 9, 0, 0, 0, time.UTC)
	_, err = credits.Post(ctx, db, credits.PostParams{AllOrNothing: true, Ops: []credits.Op{
		credits.GrantNewUserCreditsParams{UserUUID: user, At: at},
		credits.GrantParams{
			UserUUID: user, Amount: 50, Type: "campaign", Key: "winter",
			ExpiresAt: time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC), At: at.AddDate(0, 0, 1),
		},
		credits.ChargeParams{UserUUID: user, Amount: 60, Key: "gen-1", At: at.AddDate(0, 0, 2)},
		credits.RefundParams{UserUUID: user, ChargeKey: "gen-1", Amount: 20, Key: "gen-1-refund", At: at.AddDate(0, 0, 3)},
		credits.HoldParams{UserUUID: user, Amount: 30, Key: "video", At: at.AddDate(0, 0, 4)},
	}})
	if err != nil {
		log.Fatal(err)
	}
	return db, user
}

func ExampleStatement() {
	ctx := context.Background()
	db, user := exampleLedger(ctx)

	p := credits.StatementParams{UserUUID: user, Limit: 2}
	for {
		page, err := credits.Statement(ctx, db, p)
		if err != nil {
			log.Fatal(err)
		}
		for _, line := range page.Items {
			fmt.Printf("%s %-13s %+4d balance %d, available %d, %d grants\n", line.At.Format(time.DateOnly),
				line.Type, line.Amount, line.Balance, line.Available, len(line.Allocations))
		}
		if page.Next == "" {
			break
		}
		p.Cursor = page.Next
	}
	// Output:
	// 2026-01-05 hold            +0 balance 110, available 80, 2 grants
	// 2026-01-04 refund         +20 balance 110, available 110, 2 grants
	// 2026-01-03 ai_generation  -60 balance 90, available 90, 2 grants
	// 2026-01-02 campaign       +50 balance 150, available 150, 1 grants
	// 2026-01-01 new_user      +100 balance 100, available 100, 1 grants
}

func ExampleStatement_allocations() {
	ctx := context.Background()
	db, user := exampleLedger(ctx)

	page, err := credits.Statement(ctx, db, credits.StatementParams{
		UserUUID: user, Types: []string{credits.TypeAIGeneration},
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, a := range page.Items[0].Allocations {
		fmt.Println(a.Credits, "of the grant that expires on", a.ExpiresAt.Format(time.DateOnly))
	}
	// Output:
	// -50 of the grant that expires on 2026-02-01
	// -10 of the grant that expires on 2027-01-01
}

func ExampleExpiringSoon() {
	ctx := context.Background()
	db, _ := exampleLedger(ctx)

	// Without a UserUUID it lists all accounts, for a mail that reminds them.
	page, err := credits.ExpiringSoon(ctx, db, credits.ExpiringSoonParams{
		At: time.Date(2026, 1, 28, 0, 0, 0, 0, time.UTC),
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, g := range page.Items {
		fmt.Printf("%d credits of %q expire on %s\n", g.Amount, g.GrantKey, g.ExpiresAt.Format(time.DateOnly))
	}
	// Output:
	// 10 credits of "winter" expire on 2026-02-01
}

func ExampleStats() {
	ctx := context.Background()
	db, _ := exampleLedger(ctx)

	stats, err := credits.Stats(ctx, db, credits.StatsParams{
		From:   time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
		To:     time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC),
		At:     time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC),
		Period: credits.PeriodMonth,
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("granted", stats.Granted, "consumed", stats.Consumed, "refunded", stats.Refunded, "net", stats.Net)
	for _, month := range stats.Series {
		fmt.Println(month.From.Format("January"), "net", month.Net, "expired", month.Expired)
	}
	// Output:
	// granted 150 consumed 60 refunded 20 net 110
	// January net 110 expired 0
	// February net 0 expired 10
}

func ExampleGetHold() {
	ctx := context.Background()
	db, user := exampleLedger(ctx)

	for _, at := range []time.Time{
		time.Date(2026, 1, 5, 9, 30, 0, 0, time.UTC),
		time.Date(2026, 1, 5, 10, 0, 0, 0, time.UTC),
	} {
		hold, err := credits.GetHold(ctx, db, credits.GetHoldParams{UserUUID: user, HoldKey: "video", At: at})
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(at.Format(time.TimeOnly), hold.Status, hold.Remaining)
	}
	// Output:
	// 09:30:00 active 30
	// 10:00:00 timed_out 0
}
