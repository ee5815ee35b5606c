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
	// invalid Email: holds U+0020, white space
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
	// user not found: Email
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

func ExampleSignIn() {
	ctx := context.Background()
	db := database(ctx)
	defer func() { _ = db.Close() }()
	signIn := func(p users.Profile) {
		in, err := users.SignIn(ctx, db, users.SignInParams{Profile: p})
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(in.Outcome, in.User.Email)
	}

	google := users.Profile{Provider: users.ProviderGoogle, Subject: "1093", Email: "Ada@example.com", EmailVerified: true, Name: "Ada"}
	signIn(google)
	signIn(google)
	// GitHub vouches for the same address: it is the same person.
	signIn(users.Profile{Provider: users.ProviderGitHub, Subject: "77", Email: "ada@example.com", EmailVerified: true})
	// Here it does not: it may be anybody.
	signIn(users.Profile{Provider: users.ProviderGitHub, Subject: "66", Email: "ada@example.com"})
	// Output:
	// created ada@example.com
	// signed_in ada@example.com
	// linked ada@example.com
	// email is taken, and github has not verified it: ada@example.com
}

// someone is a user of an example.
func someone(ctx context.Context, db bun.IDB, email string) *users.User {
	made, err := users.Create(ctx, db, users.CreateParams{Email: email})
	if err != nil {
		panic(err)
	}
	return made.User
}

func ExampleLinkIdentity() {
	ctx := context.Background()
	db := database(ctx)
	defer func() { _ = db.Close() }()
	ada := someone(ctx, db, "ada@example.com")

	// Ada is signed in, and has just signed in at GitHub, with another address.
	github := users.Profile{Provider: users.ProviderGitHub, Subject: "77", Email: "lovelace@example.org", EmailVerified: true}
	if _, err := users.LinkIdentity(ctx, db, users.LinkIdentityParams{UserUUID: ada.UUID, Profile: github}); err != nil {
		panic(err)
	}
	in, err := users.SignIn(ctx, db, users.SignInParams{Profile: github})
	if err != nil {
		panic(err)
	}
	fmt.Println(in.Outcome, in.User.Email)
	// Output: signed_in ada@example.com
}

func ExampleUnlinkIdentity() {
	ctx := context.Background()
	db := database(ctx)
	defer func() { _ = db.Close() }()
	in, err := users.SignIn(ctx, db, users.SignInParams{Profile: users.Profile{
		Provider: users.ProviderGitHub, Subject: "77", Email: "ada@example.com", EmailVerified: true,
	}})
	if err != nil {
		panic(err)
	}

	p := users.UnlinkIdentityParams{UserUUID: in.User.UUID, Provider: users.ProviderGitHub, Subject: "77"}
	_, err = users.UnlinkIdentity(ctx, db, p)
	fmt.Println(err)
	p.EvenLast = true
	gone, err := users.UnlinkIdentity(ctx, db, p)
	if err != nil {
		panic(err)
	}
	fmt.Println(gone.Identity.Provider, "is unlinked,", gone.Left, "left")
	// Output:
	// the user's last identity
	// github is unlinked, 0 left
}

func ExampleListIdentities() {
	ctx := context.Background()
	db := database(ctx)
	defer func() { _ = db.Close() }()
	in, err := users.SignIn(ctx, db, users.SignInParams{Profile: users.Profile{
		Provider: users.ProviderGoogle, Subject: "1093", Email: "ada@example.com", EmailVerified: true,
	}})
	if err != nil {
		panic(err)
	}

	list, err := users.ListIdentities(ctx, db, users.ListIdentitiesParams{UserUUID: in.User.UUID})
	if err != nil {
		panic(err)
	}
	for _, id := range list.Items {
		fmt.Println(id.Provider, id.Subject, id.Email)
	}
	// Output: google 1093 ada@example.com
}

func ExampleUpdate() {
	ctx := context.Background()
	db := database(ctx)
	defer func() { _ = db.Close() }()
	ada, grace := someone(ctx, db, "ada@example.com"), someone(ctx, db, "grace@example.com")

	changed, err := users.Update(ctx, db, users.UpdateParams{UserUUID: ada.UUID, Nickname: new("Ada"), IsAffiliate: new(true)})
	if err != nil {
		panic(err)
	}
	fmt.Println(changed.User.Nickname, changed.User.IsAffiliate, changed.User.Email)

	_, err = users.Update(ctx, db, users.UpdateParams{UserUUID: grace.UUID, Email: new("Ada@example.com")})
	fmt.Println(err)
	// Output:
	// Ada true ada@example.com
	// email is taken: ada@example.com
}

func ExampleList() {
	ctx := context.Background()
	db := database(ctx)
	defer func() { _ = db.Close() }()
	for _, email := range []string{"ada@example.com", "grace@example.com", "joan@example.com"} {
		someone(ctx, db, email)
	}

	for cursor := ""; ; {
		page, err := users.List(ctx, db, users.ListParams{Cursor: cursor, Limit: 2})
		if err != nil {
			panic(err)
		}
		for _, u := range page.Items {
			fmt.Println(u.Email)
		}
		if cursor = page.Next; cursor == "" {
			break
		}
		fmt.Println("next page")
	}
	// Output:
	// joan@example.com
	// grace@example.com
	// next page
	// ada@example.com
}

func ExampleSearch() {
	ctx := context.Background()
	db := database(ctx)
	defer func() { _ = db.Close() }()
	ada := someone(ctx, db, "ada@example.com")
	if _, err := users.Update(ctx, db, users.UpdateParams{UserUUID: ada.UUID, Nickname: new("ÉLODIE_1")}); err != nil {
		panic(err)
	}

	for _, query := range []string{"élodie", "die_", "elodie", "ADA@", ada.UUID[:13]} {
		found, err := users.Search(ctx, db, users.SearchParams{Query: query})
		if err != nil {
			panic(err)
		}
		fmt.Print(len(found.Items), " ")
	}
	// Output: 1 1 0 1 1
}

func ExampleSetReferrer() {
	ctx := context.Background()
	db := database(ctx)
	defer func() { _ = db.Close() }()
	ada, grace := someone(ctx, db, "ada@example.com"), someone(ctx, db, "grace@example.com")

	set, err := users.SetReferrer(ctx, db, users.SetReferrerParams{UserUUID: grace.UUID, InviteCode: ada.InviteCode})
	if err != nil {
		panic(err)
	}
	fmt.Println(set.User.Email, "was invited by", set.Referrer.Email)
	_, err = users.SetReferrer(ctx, db, users.SetReferrerParams{UserUUID: ada.UUID, InviteCode: grace.InviteCode})
	fmt.Println(err)
	// Output:
	// grace@example.com was invited by ada@example.com
	// referral loop
}

func ExampleReferrals() {
	ctx := context.Background()
	db := database(ctx)
	defer func() { _ = db.Close() }()
	ada := someone(ctx, db, "ada@example.com")
	_, err := users.Create(ctx, db, users.CreateParams{Email: "grace@example.com", InviteCode: ada.InviteCode})
	if err != nil {
		panic(err)
	}

	invited, err := users.Referrals(ctx, db, users.ReferralsParams{UserUUID: ada.UUID})
	if err != nil {
		panic(err)
	}
	fmt.Println(invited.Total, invited.Items[0].Email)
	// Output: 1 grace@example.com
}

func ExampleCount() {
	ctx := context.Background()
	db := database(ctx)
	defer func() { _ = db.Close() }()
	ada := someone(ctx, db, "ada@example.com")
	_, err := users.Create(ctx, db, users.CreateParams{Email: "grace@example.com", InviteCode: ada.InviteCode})
	if err != nil {
		panic(err)
	}

	n, err := users.Count(ctx, db, users.CountParams{From: time.Now().AddDate(0, 0, -7)})
	if err != nil {
		panic(err)
	}
	fmt.Println(n.Users, "users,", n.SignedUp, "in the last week,", n.Invited, "invited")
	// Output: 2 users, 2 in the last week, 1 invited
}

func ExampleSignUpsPerDay() {
	ctx := context.Background()
	db := database(ctx)
	defer func() { _ = db.Close() }()
	// Late on the 31st in UTC it is the 1st in Tokyo.
	at := time.Date(2026, 1, 31, 20, 0, 0, 0, time.UTC)
	if _, err := users.Create(ctx, db, users.CreateParams{Email: "ada@example.com", At: at}); err != nil {
		panic(err)
	}

	days, err := users.SignUpsPerDay(ctx, db, users.SignUpsPerDayParams{
		Days: 3, At: at, Location: time.FixedZone("JST", 9*60*60),
	})
	if err != nil {
		panic(err)
	}
	for _, day := range days.Days {
		fmt.Println(day.Date, day.Users)
	}
	// Output:
	// 2026-01-30 0
	// 2026-01-31 0
	// 2026-02-01 1
}

// A product calls chameleon.DeleteUser, which erases what the other domains
// hold, too.
func ExampleDelete() {
	ctx := context.Background()
	db := database(ctx)
	defer func() { _ = db.Close() }()
	ada := someone(ctx, db, "ada@example.com")

	gone, err := users.Delete(ctx, db, users.DeleteParams{UserUUID: ada.UUID})
	if err != nil {
		panic(err)
	}
	fmt.Println(gone.Emails, gone.User.Email == "deleted-"+ada.UUID+"@users.invalid")
	_, err = users.Get(ctx, db, users.GetParams{Email: "ada@example.com"})
	fmt.Println(err)
	// Output:
	// [ada@example.com] true
	// user not found: Email
}
