package credits_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/credits"
)

// ada is the account of the examples.
const ada = "0197a2b4-0000-7000-8000-00000000ada0"

// noon is their time.
var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// exampleDB returns an empty database with the schema.
func exampleDB(ctx context.Context) *bun.DB {
	db, err := chameleon.Open(ctx, "sqlite://:memory:")
	if err != nil {
		panic(err)
	}
	if _, err := chameleon.Push(ctx, db); err != nil {
		panic(err)
	}
	return db
}

// give grants ada credits under a key.
func give(ctx context.Context, db bun.IDB, key string, amount int64, days int) {
	_, err := credits.Grant(ctx, db, credits.GrantParams{
		UserUUID: ada, Amount: amount, Type: credits.TypeOrderPay, Key: key,
		ExpiresAt: noon.AddDate(0, 0, days), At: noon,
	})
	if err != nil {
		panic(err)
	}
}

func ExampleGrant() {
	ctx := context.Background()
	db := exampleDB(ctx)
	defer func() { _ = db.Close() }()

	for range 2 { // a webhook that comes twice grants once
		op, err := credits.Grant(ctx, db, credits.GrantParams{
			UserUUID: ada, Amount: 1000, Type: credits.TypeOrderPay, Key: "purchase-42",
			ExpiresAt: noon.AddDate(1, 0, 0), OrderNo: "42", At: noon,
		})
		fmt.Println(op.Amount, op.Available, op.Replayed, err)
	}
	// Output:
	// 1000 1000 false <nil>
	// 1000 1000 true <nil>
}

func ExampleGrant_carryOver() {
	ctx := context.Background()
	db := exampleDB(ctx)
	defer func() { _ = db.Close() }()

	give(ctx, db, "march", 1000, 30)
	_, err := credits.Charge(ctx, db, credits.ChargeParams{UserUUID: ada, Amount: 400, At: noon})
	if err != nil {
		panic(err)
	}
	// April keeps at most 500 of the 600 that are left of March.
	april := noon.AddDate(0, 0, 30)
	op, err := credits.Grant(ctx, db, credits.GrantParams{
		UserUUID: ada, Amount: 1000, Type: credits.TypeOrderPay, Key: "april",
		ExpiresAt: april.AddDate(0, 0, 30), At: april,
		CarryOver: &credits.CarryOver{GrantKey: "march", Max: 500},
	})
	fmt.Println(op.Amount, op.Available, err)
	// Output: 1000 1500 <nil>
}

func ExampleGrantNewUserCredits() {
	ctx := context.Background()
	db := exampleDB(ctx)
	defer func() { _ = db.Close() }()

	op, err := credits.GrantNewUserCredits(ctx, db, credits.GrantNewUserCreditsParams{UserUUID: ada, At: noon})
	fmt.Println(op.Amount, op.Entries[0].ExpiredAt, err)
	// Output: 100 2027-03-01T12:00:00.000000Z <nil>
}

func ExamplePing() {
	ctx := context.Background()
	db := exampleDB(ctx)
	defer func() { _ = db.Close() }()

	for _, later := range []time.Duration{0, time.Hour, 12 * time.Hour} { // noon, one o'clock, midnight
		op, err := credits.Ping(ctx, db, credits.PingParams{UserUUID: ada, At: noon.Add(later)})
		fmt.Println(op.Key, op.Available, op.Replayed, err)
	}
	// Output:
	// ping:2026-03-01 1 false <nil>
	// ping:2026-03-01 1 true <nil>
	// ping:2026-03-02 2 false <nil>
}

func ExampleAdjust() {
	ctx := context.Background()
	db := exampleDB(ctx)
	defer func() { _ = db.Close() }()

	for _, amount := range []int64{50, -20} {
		op, err := credits.Adjust(ctx, db, credits.AdjustParams{
			UserUUID: ada, Amount: amount, Metadata: map[string]any{"by": "support"}, At: noon,
		})
		fmt.Println(op.Type, op.Available, err)
	}
	// Output:
	// system_add 50 <nil>
	// system_add 30 <nil>
}

func ExampleCharge() {
	ctx := context.Background()
	db := exampleDB(ctx)
	defer func() { _ = db.Close() }()
	give(ctx, db, "later", 100, 60)
	give(ctx, db, "sooner", 100, 30)

	op, err := credits.Charge(ctx, db, credits.ChargeParams{
		UserUUID: ada, Amount: 130, Key: "request-7", GenID: "gen_x", At: noon,
	})
	if err != nil {
		panic(err)
	}
	for _, e := range op.Entries { // what expires first goes first
		fmt.Println(e.Credits, "of the grant that expires", e.ExpiredAt[:10], "leaves", e.Balance)
	}

	_, err = credits.Charge(ctx, db, credits.ChargeParams{UserUUID: ada, Amount: 80, At: noon})
	var short *credits.InsufficientError
	fmt.Println(err, errors.As(err, &short) && short.Have == 70)
	// Output:
	// -100 of the grant that expires 2026-03-31 leaves 100
	// -30 of the grant that expires 2026-04-30 leaves 70
	// insufficient credits: need 80, have 70 true
}

// A charge takes part in the caller's transaction: both happen or neither, and
// a refusal leaves the transaction usable.
func ExampleCharge_transaction() {
	ctx := context.Background()
	db := exampleDB(ctx)
	defer func() { _ = db.Close() }()
	give(ctx, db, "order", 10, 30)
	if _, err := db.ExecContext(ctx, "CREATE TABLE jobs (name TEXT, state TEXT)"); err != nil {
		panic(err)
	}

	for _, cost := range []int64{8, 8} {
		err := db.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
			state := "queued"
			_, err := credits.Charge(ctx, tx, credits.ChargeParams{UserUUID: ada, Amount: cost, At: noon})
			switch {
			case errors.Is(err, credits.ErrInsufficient):
				state = "waiting for credits"
			case err != nil:
				return err
			}
			_, err = tx.ExecContext(ctx, "INSERT INTO jobs VALUES (?, ?)", "render", state)
			return err
		})
		if err != nil {
			panic(err)
		}
	}
	var states []string
	if err := db.NewRaw("SELECT state FROM jobs").Scan(ctx, &states); err != nil {
		panic(err)
	}
	fmt.Println(states)
	// Output: [queued waiting for credits]
}

func ExampleRefund() {
	ctx := context.Background()
	db := exampleDB(ctx)
	defer func() { _ = db.Close() }()
	give(ctx, db, "order", 100, 30)
	_, err := credits.Charge(ctx, db, credits.ChargeParams{UserUUID: ada, Amount: 60, Key: "c", At: noon})
	if err != nil {
		panic(err)
	}

	for _, amount := range []int64{20, 0, 1} { // a part, the rest, too much
		op, err := credits.Refund(ctx, db, credits.RefundParams{
			UserUUID: ada, ChargeKey: "c", Amount: amount, At: noon,
		})
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println(op.Amount, op.Available)
	}
	// Output:
	// 20 60
	// 40 100
	// "c" has 0 credits left, 1 asked
}

// A stream holds what it may cost at most, and captures what it did cost.
func ExampleHold() {
	ctx := context.Background()
	db := exampleDB(ctx)
	defer func() { _ = db.Close() }()
	give(ctx, db, "order", 100, 30)

	held, err := credits.Hold(ctx, db, credits.HoldParams{
		UserUUID: ada, Amount: 40, Key: "stream-1", Timeout: 10 * time.Minute, At: noon,
	})
	fmt.Println("held", held.Amount, "available", held.Available, err)
	captured, err := credits.Capture(ctx, db, credits.CaptureParams{
		UserUUID: ada, HoldKey: "stream-1", Amount: 25, At: noon.Add(time.Minute),
	})
	fmt.Println("captured", captured.Amount, "available", captured.Available, err)
	// Output:
	// held 40 available 60 <nil>
	// captured 25 available 75 <nil>
}

func ExampleCapture_parts() {
	ctx := context.Background()
	db := exampleDB(ctx)
	defer func() { _ = db.Close() }()
	give(ctx, db, "order", 100, 30)
	if _, err := credits.Hold(ctx, db, credits.HoldParams{UserUUID: ada, Amount: 40, Key: "h", At: noon}); err != nil {
		panic(err)
	}

	for _, amount := range []int64{10, 10} {
		op, err := credits.Capture(ctx, db, credits.CaptureParams{
			UserUUID: ada, HoldKey: "h", Amount: amount, KeepHold: true, At: noon,
		})
		fmt.Println(op.Amount, op.Balance, op.Available, err)
	}
	// Output:
	// 10 90 60 <nil>
	// 10 80 60 <nil>
}

func ExampleRelease() {
	ctx := context.Background()
	db := exampleDB(ctx)
	defer func() { _ = db.Close() }()
	give(ctx, db, "order", 100, 30)
	if _, err := credits.Hold(ctx, db, credits.HoldParams{UserUUID: ada, Amount: 40, Key: "h", At: noon}); err != nil {
		panic(err)
	}

	for range 2 {
		op, err := credits.Release(ctx, db, credits.ReleaseParams{UserUUID: ada, HoldKey: "h", At: noon})
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println(op.Amount, op.Available)
	}
	// Output:
	// 40 100
	// hold "h" has ended: released
}

func ExampleExtend() {
	ctx := context.Background()
	db := exampleDB(ctx)
	defer func() { _ = db.Close() }()
	give(ctx, db, "order", 100, 30)
	_, err := credits.Hold(ctx, db, credits.HoldParams{
		UserUUID: ada, Amount: 40, Key: "h", Timeout: time.Minute, At: noon,
	})
	if err != nil {
		panic(err)
	}

	_, err = credits.Extend(ctx, db, credits.ExtendParams{UserUUID: ada, HoldKey: "h", Timeout: time.Hour, At: noon})
	if err != nil {
		panic(err)
	}
	for _, after := range []time.Duration{59 * time.Minute, time.Hour} {
		b, err := credits.Balance(ctx, db, credits.BalanceParams{UserUUID: ada, At: noon.Add(after)})
		fmt.Println(after, "held", b.Held, "available", b.Available, err)
	}
	// Output:
	// 59m0s held 40 available 60 <nil>
	// 1h0m0s held 0 available 100 <nil>
}

// Payment providers report what was refunded in all; the same report twice, or
// an older one late, takes nothing more.
func ExampleClawBack() {
	ctx := context.Background()
	db := exampleDB(ctx)
	defer func() { _ = db.Close() }()
	give(ctx, db, "order", 100, 30)
	if _, err := credits.Charge(ctx, db, credits.ChargeParams{UserUUID: ada, Amount: 70, At: noon}); err != nil {
		panic(err)
	}

	for _, total := range []int64{20, 100, 20} {
		op, err := credits.ClawBack(ctx, db, credits.ClawBackParams{
			UserUUID: ada, GrantKey: "order", Total: total, At: noon,
		})
		if err != nil {
			panic(err)
		}
		b, err := credits.Balance(ctx, db, credits.BalanceParams{UserUUID: ada, At: noon})
		fmt.Println("took", op.Amount, "available", b.Available, "debt", b.Debt, err)
	}
	// Output:
	// took 20 available 10 debt 0 <nil>
	// took 80 available 0 debt 70 <nil>
	// took 0 available 0 debt 70 <nil>
}

func ExampleVoid() {
	ctx := context.Background()
	db := exampleDB(ctx)
	defer func() { _ = db.Close() }()
	give(ctx, db, "mistake", 100, 30)

	op, err := credits.Void(ctx, db, credits.VoidParams{UserUUID: ada, GrantKey: "mistake", At: noon})
	fmt.Println(op.Amount, op.Available, err)
	// Output: 100 0 <nil>
}

func ExamplePost() {
	ctx := context.Background()
	db := exampleDB(ctx)
	defer func() { _ = db.Close() }()

	outcomes, err := credits.Post(ctx, db, credits.PostParams{Ops: []credits.Op{
		credits.GrantParams{UserUUID: ada, Amount: 5, Type: credits.TypeReferral, Key: "g", At: noon},
		credits.ChargeParams{UserUUID: ada, Amount: 9, Key: "too much", At: noon},
		credits.ChargeParams{UserUUID: ada, Amount: 3, Key: "fits", At: noon},
	}})
	if err != nil {
		panic(err)
	}
	for _, o := range outcomes {
		if o.Err != nil {
			fmt.Println(o.Err)
			continue
		}
		fmt.Println(o.Operation.Key, o.Operation.Available)
	}
	// Output:
	// g 5
	// insufficient credits: need 9, have 5
	// fits 2
}

func ExampleBalance() {
	ctx := context.Background()
	db := exampleDB(ctx)
	defer func() { _ = db.Close() }()
	give(ctx, db, "order", 250, 30)
	give(ctx, db, "bonus", 850, 60)

	// The first grant has expired by then, whether or not a sweep has run.
	b, err := credits.Balance(ctx, db, credits.BalanceParams{UserUUID: ada, At: noon.AddDate(0, 0, 30)})
	fmt.Println(b.Available, "/", b.Total, "/", b.Expired, b.NextExpiry.Format(time.DateOnly), err)
	// Output: 850 / 1100 / 250 2026-04-30 <nil>
}

func ExampleBalanceAt() {
	ctx := context.Background()
	db := exampleDB(ctx)
	defer func() { _ = db.Close() }()
	give(ctx, db, "order", 100, 30)
	_, err := credits.Charge(ctx, db, credits.ChargeParams{UserUUID: ada, Amount: 70, At: noon.Add(time.Hour)})
	if err != nil {
		panic(err)
	}

	for _, at := range []time.Time{noon, noon.Add(time.Hour), noon.AddDate(0, 0, 30)} {
		b, err := credits.BalanceAt(ctx, db, credits.BalanceParams{UserUUID: ada, At: at})
		fmt.Println(b.Available, b.Expired, err)
	}
	// Output:
	// 100 0 <nil>
	// 30 0 <nil>
	// 0 30 <nil>
}

func ExampleExpireDue() {
	ctx := context.Background()
	db := exampleDB(ctx)
	defer func() { _ = db.Close() }()
	give(ctx, db, "order", 100, 30)

	for range 2 {
		swept, err := credits.ExpireDue(ctx, db, credits.ExpireDueParams{MaxAhead: credits.AnyTime, At: noon.AddDate(0, 0, 30)})
		fmt.Println(swept.Accounts, swept.Expired, swept.More, err)
	}
	// Output:
	// 1 100 false <nil>
	// 0 0 false <nil>
}

// A wrong clock has carried an account ten years off, where its grants have
// ended; it is brought back to the database's now.
func ExampleResetClock() {
	ctx := context.Background()
	db := exampleDB(ctx)
	defer func() { _ = db.Close() }()
	now := time.Now()
	_, err := credits.Grant(ctx, db, credits.GrantParams{
		UserUUID: ada, Amount: 100, Type: "gift", ExpiresAt: now.AddDate(1, 0, 0), At: now,
	})
	if err != nil {
		panic(err)
	}
	_, err = credits.ExpireDue(ctx, db, credits.ExpireDueParams{At: now.AddDate(10, 0, 0), MaxAhead: credits.AnyTime})
	if err != nil {
		panic(err)
	}
	accounts, err := credits.ListAhead(ctx, db, credits.ListAheadParams{})
	if err != nil {
		panic(err)
	}
	for _, a := range accounts.Items {
		reset, err := credits.ResetClock(ctx, db, credits.ResetClockParams{UserUUID: a.UserUUID})
		fmt.Println(reset.Available, err)
	}
	// Output: 100 <nil>
}
