package users_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/users"
)

// database returns an empty database with the schema.
func database(ctx context.Context) *bun.DB {
	db, err := chameleon.Open(ctx, "sqlite://:memory:")
	if err != nil {
		panic(err)
	}
	if _, err := chameleon.Push(ctx, db); err != nil {
		panic(err)
	}
	return db
}

func ExampleCreate() {
	ctx := context.Background()
	db := database(ctx)
	defer func() { _ = db.Close() }()

	ada, err := users.Create(ctx, db, users.CreateParams{Email: "Ada@Example.com", Nickname: "Ada"})
	if err != nil {
		panic(err)
	}
	fmt.Println(ada.User.Email, "starts with", ada.Welcome.Available, "credits")

	// Ada's code makes her the referrer of whoever signs up with it.
	grace, err := users.Create(ctx, db, users.CreateParams{
		Email:      "grace@example.com",
		InviteCode: ada.User.InviteCode,
	})
	if err != nil {
		panic(err)
	}
	fmt.Println("invited by Ada:", grace.User.InvitedBy == ada.User.UUID)

	_, err = users.Create(ctx, db, users.CreateParams{Email: "ADA@example.com"})
	fmt.Println(err, errors.Is(err, users.ErrEmailTaken))

	_, err = users.Create(ctx, db, users.CreateParams{Email: "not an email"})
	fmt.Println(err)
	// Output:
	// ada@example.com starts with 100 credits
	// invited by Ada: true
	// email is taken: ada@example.com true
	// invalid Email: not an email address
}

// Create takes part in the caller's transaction, together with tables of the
// caller's own.
func ExampleCreate_transaction() {
	ctx := context.Background()
	db := database(ctx)
	defer func() { _ = db.Close() }()

	err := db.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
		if _, err := users.Create(ctx, tx, users.CreateParams{Email: "ada@example.com"}); err != nil {
			return err
		}
		return errors.New("the caller's own insert failed")
	})
	fmt.Println(err)

	_, err = users.Get(ctx, db, users.GetParams{Email: "ada@example.com"})
	fmt.Println(err)
	// Output:
	// the caller's own insert failed
	// user not found: unknown Email
}

func ExampleGet() {
	ctx := context.Background()
	db := database(ctx)
	defer func() { _ = db.Close() }()
	ada, err := users.Create(ctx, db, users.CreateParams{Email: "ada@example.com", Nickname: "Ada"})
	if err != nil {
		panic(err)
	}

	byEmail, err := users.Get(ctx, db, users.GetParams{Email: " ADA@example.com"})
	if err != nil {
		panic(err)
	}
	byCode, err := users.Get(ctx, db, users.GetParams{InviteCode: ada.User.InviteCode})
	if err != nil {
		panic(err)
	}
	fmt.Println(byEmail.Nickname, byCode.Nickname)

	_, err = users.Get(ctx, db, users.GetParams{Email: "grace@example.com"})
	fmt.Println(errors.Is(err, users.ErrNotFound))
	// Output:
	// Ada Ada
	// true
}

func ExampleGetWithCredits() {
	ctx := context.Background()
	db := database(ctx)
	defer func() { _ = db.Close() }()
	signUp := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	_, err := users.Create(ctx, db, users.CreateParams{Email: "ada@example.com", At: signUp})
	if err != nil {
		panic(err)
	}

	for _, at := range []time.Time{signUp.AddDate(0, 6, 0), signUp.AddDate(1, 0, 0)} {
		ada, err := users.GetWithCredits(ctx, db, users.GetWithCreditsParams{Email: "ada@example.com", At: at})
		if err != nil {
			panic(err)
		}
		fmt.Println(at.Format(time.DateOnly), ada.User.Email, ada.Balance.Available, "available,", ada.Balance.Expired, "expired")
	}
	// Output:
	// 2026-07-31 ada@example.com 100 available, 0 expired
	// 2027-01-31 ada@example.com 0 available, 100 expired
}
