package chameleon_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/affiliates"
	"github.com/chameleon-go/chameleon/apikeys"
	"github.com/chameleon-go/chameleon/content"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/credits/audit"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/generations"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/orders"
	"github.com/chameleon-go/chameleon/users"
)

// person is a user with something personal in every table that can hold it.
type person struct {
	*users.User
	open string // a generation that is under way
}

// newPerson makes one. The name is to be such that no hash or uuid holds it by
// chance: not ada, which is a hexadecimal number.
func newPerson(t *testing.T, db *bun.DB, name string) person {
	t.Helper()
	ctx := context.Background()
	mail := func(host string) string { return name + ".lovelace@" + host }
	in, err := users.SignIn(ctx, db, users.SignInParams{
		Profile: users.Profile{
			Provider: users.ProviderGoogle, Subject: name + "-subject", Email: mail("example.com"), EmailVerified: true,
			Name: name + " Lovelace", AvatarURL: "https://cdn.example.com/" + name + ".png",
		}, At: time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC),
	})
	require.NoError(t, err)
	_, err = users.LinkIdentity(ctx, db, users.LinkIdentityParams{UserUUID: in.User.UUID, Profile: users.Profile{
		Provider: users.ProviderGitHub, Subject: name + "-hub", Email: mail("example.org"), EmailVerified: true,
	}})
	require.NoError(t, err)
	_, err = credits.Grant(ctx, db, credits.GrantParams{
		UserUUID: in.User.UUID, Amount: 50, Type: credits.TypeSystemAdd, Key: "gift", Metadata: map[string]any{"for": name},
	})
	require.NoError(t, err)

	p := person{User: in.User}
	for i := range 3 {
		g, err := generations.ChargeGeneration(ctx, db, generations.ChargeParams{
			UserUUID: p.UUID, AIType: generations.TypeImage, Provider: "kling", Model: "kling-v1", Prompt: "a portrait of " + name,
		})
		require.NoError(t, err)
		genID := g.Generation.GenID
		switch i {
		case 0:
			_, err = generations.Complete(ctx, db, generations.CompleteParams{
				GenID: genID, ResultURLs: []string{"https://cdn.example.com/" + name + "/1.png"},
			})
		case 1:
			_, err = generations.Fail(ctx, db, generations.FailParams{GenID: genID, Message: "the name " + name + " is not allowed"})
		default:
			p.open = genID
		}
		require.NoError(t, err)
	}

	for _, row := range []any{
		&orders.Order{
			OrderNo: "ORD-" + p.UUID, UserUUID: p.UUID, Amount: 990, Currency: "USD", Status: orders.StatusPaid,
			FailureReason: "card of " + name + " declined", SubID: "sub_1" + p.UUID,
		},
		&affiliates.Commission{
			UserUUID: uuid.NewString(), OrderUUID: "ORD-" + p.UUID, OrderKey: "ORD-" + p.UUID, CustomerUUID: p.UUID,
			CustomerEmail: mail("example.com"), OrderAmount: 990, CommissionAmount: 99, Status: affiliates.StatusPending,
		},
		// As the TypeScript application wrote it.
		&affiliates.Commission{UserUUID: uuid.NewString(), CustomerEmail: strings.ToUpper(mail("example.org")), OrderAmount: 1},
		&affiliates.Commission{UserUUID: p.UUID, CustomerEmail: "customer@example.net", OrderAmount: 1000, CommissionAmount: 100},
		&orders.Payment{
			Provider: orders.PayTypeStripe, Ref: "pi_" + p.UUID, OrderNo: "ORD-" + p.UUID, UserUUID: p.UUID,
			Status: orders.PaymentFailed, FailureReason: "card of " + name + " declined",
		},
		&orders.Subscription{Provider: orders.PayTypeStripe, SubID: "sub_1" + p.UUID, OrderNo: "ORD-" + p.UUID, UserUUID: p.UUID, Status: orders.SubActive},
		&apikeys.Key{Name: name + "'s laptop", Key: apikeys.Stored("sk-" + name), UserUUID: p.UUID, Status: apikeys.StatusActive, Prefix: "sk-" + name[:1]},
		&content.Feedback{UserUUID: p.UUID, Content: "I am " + name + ", and like it", Rating: 5},
	} {
		_, err := db.NewInsert().Model(row).Exec(ctx)
		require.NoError(t, err)
	}
	return p
}

// personal returns every value of every column of every table that holds one
// of the words, in any case, as table.column=value.
func personal(t *testing.T, db *bun.DB, words ...string) []string {
	t.Helper()
	var found []string
	for _, table := range tables(t, db) {
		rows, err := db.QueryContext(context.Background(), "SELECT * FROM "+table)
		require.NoError(t, err)
		columns, err := rows.Columns()
		require.NoError(t, err)
		for rows.Next() {
			values := make([]any, len(columns))
			for i := range values {
				values[i] = new(any)
			}
			require.NoError(t, rows.Scan(values...))
			for i, v := range values {
				text := fmt.Sprint(*v.(*any))
				if b, ok := (*v.(*any)).([]byte); ok {
					text = string(b)
				}
				for _, word := range words {
					if strings.Contains(strings.ToLower(text), strings.ToLower(word)) {
						found = append(found, table+"."+columns[i]+"="+text)
					}
				}
			}
		}
		require.NoError(t, rows.Err())
		require.NoError(t, rows.Close()) //nolint:sqlclosecheck // in each turn of the loop
	}
	return found
}

// tables are all that the database has, whoever made them.
func tables(t *testing.T, db *bun.DB) []string {
	t.Helper()
	query := "SELECT table_name FROM information_schema.tables WHERE table_schema = "
	switch c := dialect.Of(db); {
	case c.Engine == dialect.SQLite:
		query = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
	case c.IsMySQL():
		query += "DATABASE()"
	default:
		query += "current_schema()"
	}
	var names []string
	require.NoError(t, db.NewRaw(query).Scan(context.Background(), &names))
	require.Greater(t, len(names), 10)
	return names
}

func TestDeleteUser(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		ada, grace := newPerson(t, env.DB, "zuzana"), newPerson(t, env.DB, "gertrude")
		before := personal(t, env.DB, "zuzana", ada.InviteCode)
		columns := map[string]bool{}
		for _, value := range before {
			columns[value[:strings.IndexByte(value, '=')]] = true
		}
		require.GreaterOrEqual(t, len(columns), 15, "the test fills every column that can hold it: %v", columns)
		graces := personal(t, env.DB, "gertrude", grace.InviteCode)

		balance, err := credits.Balance(ctx, env.DB, credits.BalanceParams{UserUUID: ada.UUID})
		require.NoError(t, err)
		gone, err := chameleon.DeleteUser(ctx, env.DB, chameleon.DeleteUserParams{UserUUID: ada.UUID})
		require.NoError(t, err)
		require.Equal(t, []string{"zuzana.lovelace@example.com", "zuzana.lovelace@example.org"}, gone.Users.Emails)
		require.Equal(t, 2, gone.Users.Identities)
		require.Equal(t, int64(3), gone.Generations.Generations)
		require.Equal(t, 1, gone.Generations.Failed)
		require.Equal(t, int64(1), gone.Orders.Orders)
		require.Equal(t, int64(1), gone.Orders.Payments)
		require.Equal(t, int64(2), gone.Affiliates.Commissions)
		require.Equal(t, int64(1), gone.APIKeys.Keys)
		require.Equal(t, int64(1), gone.Content.Feedbacks)

		require.Empty(t, personal(t, env.DB, "zuzana", ada.InviteCode))
		require.Equal(t, graces, personal(t, env.DB, "gertrude", grace.InviteCode), "nobody else is touched")
		require.NotEmpty(t, personal(t, env.DB, "example.org"), "grace's is still there")
		require.NotEmpty(t, personal(t, env.DB, ada.UUID), "the pseudonym stays")

		// The books: what was under way came back, and nothing else moved.
		after, err := credits.Balance(ctx, env.DB, credits.BalanceParams{UserUUID: ada.UUID})
		require.NoError(t, err)
		require.Equal(t, balance.Available+4, after.Available)
		report, err := audit.Verify(ctx, env.DB, audit.VerifyParams{})
		require.NoError(t, err)
		require.True(t, report.OK(), "%v", report.Breaches)
		order, err := orders.Get(ctx, env.DB, orders.GetParams{OrderNo: "ORD-" + ada.UUID})
		require.NoError(t, err)
		require.Equal(t, int64(990), order.Amount)
		var earned int64
		require.NoError(t, env.DB.NewSelect().Model((*affiliates.Commission)(nil)).
			ColumnExpr("SUM(commission_amount)").Scan(ctx, &earned))
		require.Equal(t, int64(2*(99+100)), earned)
		var ratings []int64
		require.NoError(t, env.DB.NewSelect().Model((*content.Feedback)(nil)).Column("rating").Scan(ctx, &ratings))
		require.Equal(t, []int64{5, 5}, ratings)

		// A result that comes late is not stored.
		_, err = generations.Complete(ctx, env.DB, generations.CompleteParams{
			GenID: ada.open, ResultURLs: []string{"https://cdn.example.com/zuzana/late.png"},
		})
		require.ErrorIs(t, err, generations.ErrState)

		// Again: nothing is left to erase but what came since.
		_, err = env.DB.NewInsert().Model(&content.Feedback{UserUUID: ada.UUID, Content: "zuzana again", Rating: 1}).Exec(ctx)
		require.NoError(t, err)
		again, err := chameleon.DeleteUser(ctx, env.DB, chameleon.DeleteUserParams{UserUUID: ada.UUID})
		require.NoError(t, err)
		require.True(t, again.Users.Replayed)
		require.Equal(t, int64(1), again.Content.Feedbacks)
		require.Zero(t, again.Generations.Generations+again.Orders.Orders+again.Affiliates.Commissions+again.APIKeys.Keys)
		require.Empty(t, personal(t, env.DB, "zuzana"))
	})
}

func TestDeleteUserIsAllOrNothing(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		ada := newPerson(t, env.DB, "zuzana")
		before := personal(t, env.DB, "zuzana")
		err := env.DB.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
			_, err := chameleon.DeleteUser(ctx, tx, chameleon.DeleteUserParams{UserUUID: ada.UUID})
			require.NoError(t, err)
			return context.Canceled
		})
		require.ErrorIs(t, err, context.Canceled)
		require.Equal(t, before, personal(t, env.DB, "zuzana"))

		err = env.DB.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
			_, err := chameleon.DeleteUser(ctx, tx, chameleon.DeleteUserParams{UserUUID: uuid.NewString()})
			require.ErrorIs(t, err, users.ErrNotFound)
			_, err = chameleon.DeleteUser(ctx, tx, chameleon.DeleteUserParams{UserUUID: "zuzana"})
			require.ErrorIs(t, err, chameleon.ErrInvalid)
			_, err = chameleon.DeleteUser(ctx, tx, chameleon.DeleteUserParams{UserUUID: ada.UUID, At: time.Unix(-1, 0)})
			require.ErrorIs(t, err, chameleon.ErrInvalid)
			_, err = chameleon.DeleteUser(ctx, tx, chameleon.DeleteUserParams{UserUUID: ada.UUID})
			return err
		})
		require.NoError(t, err)
		require.Empty(t, personal(t, env.DB, "zuzana"))
	})
}

func ExampleDeleteUser() {
	ctx := context.Background()
	db, err := chameleon.Open(ctx, "sqlite://:memory:")
	if err != nil {
		panic(err)
	}
	defer func() { _ = db.Close() }()
	if _, err := chameleon.Push(ctx, db); err != nil {
		panic(err)
	}
	ada, err := users.Create(ctx, db, users.CreateParams{Email: "ada@example.com"})
	if err != nil {
		panic(err)
	}

	gone, err := chameleon.DeleteUser(ctx, db, chameleon.DeleteUserParams{UserUUID: ada.User.UUID})
	if err != nil {
		panic(err)
	}
	fmt.Println("erase elsewhere, too:", gone.Users.Emails)
	_, err = users.Get(ctx, db, users.GetParams{Email: "ada@example.com"})
	fmt.Println(err)
	report, err := audit.Verify(ctx, db, audit.VerifyParams{})
	if err != nil {
		panic(err)
	}
	fmt.Println("the ledger holds", report.Credits, "credits and verifies:", report.OK())
	// Output:
	// erase elsewhere, too: [ada@example.com]
	// user not found: Email
	// the ledger holds 100 credits and verifies: true
}

// TestDeleteUserFindsFormerEmails: those of rows that other programs wrote, under
// addresses that the user no longer has, and under none that were never theirs.
func TestDeleteUserFindsFormerEmails(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		profile := func(p users.Provider, subject, email string, verified bool) users.Profile {
			return users.Profile{Provider: p, Subject: subject, Email: email, EmailVerified: verified}
		}
		in, err := users.SignIn(ctx, env.DB, users.SignInParams{Profile: profile(users.ProviderGoogle, "s1", "zuzana.1@example.com", true)})
		require.NoError(t, err)
		id := in.User.UUID
		for _, email := range []string{"zuzana.2@example.com", "zuzan\u00e9.3@example.com", "zuzana.6@bücher.example"} {
			_, err = users.Update(ctx, env.DB, users.UpdateParams{UserUUID: id, Email: &email, Nickname: &email})
			require.NoError(t, err)
		}
		// What the provider says changes, and an identity comes and goes.
		for _, email := range []string{"zuzana.4@example.com", "zuzana.5@example.com"} {
			_, err = users.SignIn(ctx, env.DB, users.SignInParams{Profile: profile(users.ProviderGoogle, "s1", email, true)})
			require.NoError(t, err)
		}
		for _, verified := range []bool{true, false} {
			p := profile(users.ProviderGitHub, "s2", fmt.Sprint("zuzana.linked.", verified, "@example.com"), verified)
			_, err = users.LinkIdentity(ctx, env.DB, users.LinkIdentityParams{UserUUID: id, Profile: p})
			require.NoError(t, err)
			_, err = users.UnlinkIdentity(ctx, env.DB, users.UnlinkIdentityParams{UserUUID: id, Provider: p.Provider, Subject: p.Subject})
			require.NoError(t, err)
		}
		order := &orders.Order{OrderNo: "legacy-order", UserUUID: id, Amount: 1, Status: orders.StatusPaid}
		_, err = env.DB.NewInsert().Model(order).Exec(ctx)
		require.NoError(t, err)
		for _, email := range []string{
			"zuzana.1@example.com", "ZUZANA.2@Example.com", "zuzane\u0301.3@EXAMPLE.com", "zuzana.4@example.com", " Zuzana.5@example.com",
			"zuzana.linked.true@example.com", "\tzuzana.1@example.com\r\n\u00a0", "Zuzana.6@XN--bcher-KVA.example",
			// Never theirs.
			"zuzana.linked.false@example.com", "zu\u200bzana.1@example.com", "zuzan\u00c9.3@example.com", "gertrude@example.com",
		} {
			_, err = env.DB.NewInsert().Model(&affiliates.Commission{UserUUID: uuid.NewString(), CustomerEmail: email}).Exec(ctx)
			require.NoError(t, err)
		}
		// From before anything was known of them.
		_, err = env.DB.NewInsert().Model(&affiliates.Commission{
			UserUUID: uuid.NewString(), OrderUUID: order.OrderNo, CustomerEmail: "zuzana.old@example.com",
		}).Exec(ctx)
		require.NoError(t, err)

		gone, err := chameleon.DeleteUser(ctx, env.DB, chameleon.DeleteUserParams{UserUUID: id})
		require.NoError(t, err)
		require.Equal(t, int64(9), gone.Affiliates.Commissions)
		require.ElementsMatch(t, []string{
			"zuzana.1@example.com", "zuzana.2@example.com", "zuzan\u00e9.3@example.com", "zuzana.4@example.com", "zuzana.5@example.com",
			"zuzana.linked.true@example.com", "zuzana.6@bücher.example",
		}, gone.Users.Emails)
		var left []string
		require.NoError(t, env.DB.NewSelect().Model((*affiliates.Commission)(nil)).Column("customer_email").
			Where("customer_email IS NOT NULL").Scan(ctx, &left))
		require.ElementsMatch(t, []string{
			"zuzana.linked.false@example.com", "zu\u200bzana.1@example.com", "zuzan\u00c9.3@example.com", "gertrude@example.com",
		}, left)
		require.Equal(t, []string{"affiliates.customer_email=zuzana.linked.false@example.com"}, personal(t, env.DB, "zuzana", "s1"+id))
	})
}

// TestDeleteUserErasesAdoptedColumns: an adopted database keeps more of a person
// than the models do, in whatever types.
func TestDeleteUserErasesAdoptedColumns(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		jsonType := "jsonb"
		if c := dialect.Of(env.DB); c.IsMySQL() || c.Engine == dialect.SQLite {
			jsonType = "json"
		}
		for _, column := range []string{
			"orders ADD user_email varchar(255) NOT NULL DEFAULT ''", "orders ADD paid_email varchar(255)", "orders ADD paid_detail " + jsonType,
			"orders ADD order_detail text", "users ADD signin_ip varchar(255)", "users ADD signin_openid varchar(255)",
			"generations ADD ip varchar(45)", "generations ADD user_agent text", "feedbacks ADD email varchar(255)",
			"feedbacks ADD name json NOT NULL DEFAULT ('{}')", "orders ADD shop varchar(255)", "credits_trans ADD ip varchar(45)",
			"affiliates ADD customer_name varchar(255)", "affiliates ADD phone varchar(255)",
		} {
			_, err := env.DB.ExecContext(ctx, "ALTER TABLE "+column)
			require.NoError(t, err)
		}
		gone := newPerson(t, env.DB, "zuzana")
		stays := newPerson(t, env.DB, "gertrude")
		for _, p := range []person{gone, stays} {
			for table, columns := range map[string][]string{
				"orders":      {"user_email", "paid_email", "paid_detail", "order_detail", "shop"},
				"generations": {"ip", "user_agent"}, "feedbacks": {"email", "name"}, "credits_trans": {"ip"},
			} {
				for _, column := range columns {
					_, err := env.DB.ExecContext(ctx, "UPDATE ? SET ? = ? WHERE user_uuid = ?",
						bun.Ident(table), bun.Ident(column), fmt.Sprintf("%q", p.Nickname), p.UUID)
					require.NoError(t, err)
				}
			}
			_, err := env.DB.ExecContext(ctx, "UPDATE users SET signin_ip = ?, signin_openid = ? WHERE uuid = ?",
				p.Nickname, p.Nickname, p.UUID)
			require.NoError(t, err)
			// The referrer's phone is not the customer's.
			_, err = env.DB.ExecContext(ctx, "UPDATE affiliates SET customer_name = ?, phone = '+1-555-0100' WHERE customer_uuid = ?", p.Nickname, p.UUID)
			require.NoError(t, err)
		}
		before := personal(t, env.DB, "gertrude")
		_, err := chameleon.DeleteUser(ctx, env.DB, chameleon.DeleteUserParams{UserUUID: gone.UUID})
		require.NoError(t, err)
		require.Equal(t, []string{`orders.shop="zuzana Lovelace"`}, personal(t, env.DB, "zuzana"), "a name that says nothing stays")
		require.Equal(t, before, personal(t, env.DB, "gertrude"))
		require.Len(t, personal(t, env.DB, "+1-555-0100"), 2)
		report, err := audit.Verify(ctx, env.DB, audit.VerifyParams{})
		require.NoError(t, err)
		require.True(t, report.OK(), "%v", report.Breaches)
		again, err := chameleon.DeleteUser(ctx, env.DB, chameleon.DeleteUserParams{UserUUID: gone.UUID})
		require.NoError(t, err)
		require.Zero(t, again.Orders.Orders+again.Generations.Generations)
	})
}
