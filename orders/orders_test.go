package orders_test

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/list"
	"github.com/chameleon-go/chameleon/orders"
	"github.com/chameleon-go/chameleon/users"
)

var noon = time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)

func signUp(t *testing.T, db bun.IDB, email string) string {
	t.Helper()
	made, err := users.Create(context.Background(), db, users.CreateParams{Email: email, At: noon})
	require.NoError(t, err)
	return made.User.UUID
}

func pack(userUUID string) orders.CreateParams {
	return orders.CreateParams{
		UserUUID: userUUID, ProductID: "starter", ProductName: "Pack 1000", Amount: 1999, Currency: "usd",
		PayType: orders.PayTypeStripe, Credits: 1000, At: noon,
	}
}

func TestCreate(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		user := signUp(t, env.DB, "ada@example.com")
		created, err := orders.Create(ctx, env.DB, pack(user))
		require.NoError(t, err)
		made := created.Order
		require.False(t, created.Replayed)
		require.Regexp(t, `^ORD[A-Z2-7]{26}$`, made.OrderNo)

		stored, err := orders.Get(ctx, env.DB, orders.GetParams{OrderNo: made.OrderNo, UserUUID: user})
		require.NoError(t, err)
		assert.Equal(t, orders.StatusPending, stored.Status)
		assert.Equal(t, int64(1999), stored.Amount)
		assert.Equal(t, "USD", stored.Currency)
		assert.Equal(t, orders.IntervalOneTime, stored.Interval)
		assert.Equal(t, int64(1000), stored.Credits)
		assert.True(t, noon.Equal(stored.CreatedAt))
		assert.Zero(t, stored.PaidAt)

		_, err = orders.Get(ctx, env.DB, orders.GetParams{OrderNo: made.OrderNo, UserUUID: uuid.NewString()})
		require.ErrorIs(t, err, orders.ErrNotFound)
		_, err = orders.Get(ctx, env.DB, orders.GetParams{OrderNo: strings.ToLower(made.OrderNo)})
		require.ErrorIs(t, err, orders.ErrNotFound)
	})
}

func TestCreateRefuses(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		user := signUp(t, env.DB, "ada@example.com")
		for field, breaks := range map[string][]func(p *orders.CreateParams){
			"UserUUID": {
				func(p *orders.CreateParams) { p.UserUUID = "" },
				func(p *orders.CreateParams) { p.UserUUID = strings.ToUpper(user) },
			},
			"OrderNo": {
				func(p *orders.CreateParams) { p.OrderNo = "ORD1 " },
				func(p *orders.CreateParams) { p.OrderNo = strings.Repeat("1", 201) },
			},
			"ProductID":   {func(p *orders.CreateParams) { p.ProductID = "" }},
			"ProductName": {func(p *orders.CreateParams) { p.ProductName = "a\x00b" }},
			"Amount": {
				func(p *orders.CreateParams) { p.Amount = -1 },
				func(p *orders.CreateParams) { p.Amount = 1<<53 + 1 },
			},
			"Currency": {func(p *orders.CreateParams) { p.Currency = "dollar" }},
			"PayType":  {func(p *orders.CreateParams) { p.PayType = "Cash" }, func(p *orders.CreateParams) { p.PayType = "" }},
			"Interval": {func(p *orders.CreateParams) { p.Interval = "fortnight" }},
			"SubID":    {func(p *orders.CreateParams) { p.SubID = "\xff" }},
			"Credits":  {func(p *orders.CreateParams) { p.Credits = -1 }},
			"At":       {func(p *orders.CreateParams) { p.At = noon.AddDate(9000, 0, 0) }},
		} {
			for _, b := range breaks {
				p := pack(user)
				b(&p)
				_, err := orders.Create(ctx, env.DB, p)
				var invalid *orders.InvalidError
				require.ErrorAs(t, err, &invalid, field)
				require.Equal(t, field, invalid.Field)
			}
		}
		_, err := orders.Create(ctx, env.DB, pack(uuid.NewString()))
		var unknown *users.NotFoundError
		require.ErrorAs(t, err, &unknown)
		require.Equal(t, "UserUUID", unknown.Field)

		n, err := env.DB.NewSelect().Model((*orders.Order)(nil)).Count(ctx)
		require.NoError(t, err)
		require.Zero(t, n)
	})
}

func TestCreateConcurrentlyWithOneNumber(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		p := pack(signUp(t, env.DB, "ada@example.com"))
		p.OrderNo = "ORD-1"
		other := p
		other.Credits = 2000
		results, errs := make([]*orders.Result, 20), make([]error, 20)
		var all sync.WaitGroup
		for i := range errs {
			all.Go(func() {
				mine := p
				if i%2 == 1 {
					mine = other
				}
				results[i], errs[i] = orders.Create(context.Background(), env.DB, mine)
			})
		}
		all.Wait()
		stored, err := orders.Get(context.Background(), env.DB, orders.GetParams{OrderNo: "ORD-1"})
		require.NoError(t, err)
		made := 0
		for i, err := range errs {
			if mine := []int64{1000, 2000}[i%2]; mine != stored.Credits {
				var duplicate *orders.DuplicateError
				if assert.ErrorAs(t, err, &duplicate) {
					assert.Equal(t, "ORD-1", duplicate.OrderNo)
				}
				continue
			}
			if assert.NoError(t, err) {
				assert.Equal(t, stored.ID, replayedID(results[i], stored.ID))
				if !results[i].Replayed {
					made++
				}
			}
		}
		assert.Equal(t, 1, made)
		n, err := env.DB.NewSelect().Model((*orders.Order)(nil)).Count(context.Background())
		require.NoError(t, err)
		assert.Equal(t, int64(1), n)
	})
}

// replayedID is the id of a replay; not every engine tells that of an insert.
func replayedID(r *orders.Result, inserted int64) int64 {
	if r.Replayed {
		return r.Order.ID
	}
	return inserted
}

func TestCreateReplays(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		p := pack(signUp(t, env.DB, "ada@example.com"))
		p.OrderNo = "ORD-1"
		_, err := orders.Create(ctx, env.DB, p)
		require.NoError(t, err)
		other := p
		other.PayType = orders.PayTypeCreem
		_, err = orders.Create(ctx, env.DB, other)
		require.ErrorIs(t, err, orders.ErrDuplicate, "another provider, before one was paid")
		_, err = orders.MarkPaid(ctx, env.DB, orders.MarkPaidParams{
			OrderNo: "ORD-1", Paid: &orders.Money{Amount: 1500, Currency: "usd"}, SubID: "sub_1", At: noon,
		})
		require.NoError(t, err)
		p.At = noon.Add(time.Hour)
		again, err := orders.Create(ctx, env.DB, p)
		require.NoError(t, err)
		assert.True(t, again.Replayed)
		assert.Equal(t, orders.StatusPaid, again.Order.Status, "as it stands now")

		for name, change := range map[string]func(p *orders.CreateParams){
			"user":     func(p *orders.CreateParams) { p.UserUUID = signUp(t, env.DB, "grace@example.com") },
			"product":  func(p *orders.CreateParams) { p.ProductID = "other" },
			"name":     func(p *orders.CreateParams) { p.ProductName = "" },
			"amount":   func(p *orders.CreateParams) { p.Amount++ },
			"currency": func(p *orders.CreateParams) { p.Currency = "EUR" },
			"interval": func(p *orders.CreateParams) { p.Interval = orders.IntervalYear },
			"sub":      func(p *orders.CreateParams) { p.SubID = "sub_2" },
			"credits":  func(p *orders.CreateParams) { p.Credits++ },
		} {
			q := p
			change(&q)
			_, err := orders.Create(ctx, env.DB, q)
			require.ErrorIs(t, err, orders.ErrDuplicate, name)
		}
	})
}

func TestCreateInACallersTransaction(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		p := pack(signUp(t, env.DB, "ada@example.com"))
		p.OrderNo = "ORD-1"
		_, err := orders.Create(ctx, env.DB, p)
		require.NoError(t, err)

		require.NoError(t, env.DB.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
			dearer := p
			dearer.Amount++
			_, err := orders.Create(ctx, tx, dearer)
			require.ErrorIs(t, err, orders.ErrDuplicate)
			p.OrderNo = "ord-1" // another number
			_, err = orders.Create(ctx, tx, p)
			return err
		}))
		changedMind := errors.New("cancelled by the caller")
		require.ErrorIs(t, env.DB.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
			p.OrderNo = "ORD-2"
			_, err := orders.Create(ctx, tx, p)
			require.NoError(t, err)
			return changedMind
		}), changedMind)
		_, err = orders.Get(ctx, env.DB, orders.GetParams{OrderNo: "ORD-2"})
		require.ErrorIs(t, err, orders.ErrNotFound)
	})
}

// fill stores orders 1 to 9: odd ones are paid, in the reverse of the order
// they were made in, and several share a time; 9 has no times at all.
func fill(t *testing.T, db *bun.DB, user string) {
	t.Helper()
	rows := make([]orders.Order, 0, 9)
	for i := 1; i <= 9; i++ {
		o := orders.Order{
			OrderNo: strconv.Itoa(i), UserUUID: user, Amount: 1, Currency: "USD", Status: orders.StatusPending,
			CreatedAt: noon.Add(time.Duration(i/2) * time.Hour),
		}
		if i%2 == 1 {
			o.Status, o.PaidAt = orders.StatusPaid, noon.Add(-time.Duration(i/4)*time.Microsecond)
		}
		if i == 9 {
			o.CreatedAt, o.PaidAt = time.Time{}, time.Time{}
		}
		rows = append(rows, o)
	}
	for i := range rows { // one by one, so that ids follow the numbers
		_, err := db.NewInsert().Model(&rows[i]).Exec(context.Background())
		require.NoError(t, err)
	}
}

func TestList(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		user := signUp(t, env.DB, "ada@example.com")
		fill(t, env.DB, user)
		other := pack(signUp(t, env.DB, "grace@example.com"))
		_, err := orders.Create(ctx, env.DB, other)
		require.NoError(t, err)

		for sort, want := range map[orders.Sort]string{
			"":                  "3 1 7 5 9 8 6 4 2",
			orders.SortPayment:  "3 1 7 5 9 8 6 4 2",
			orders.SortCreation: "8 7 6 5 4 3 2 1 9",
		} {
			for limit := 1; limit <= 10; limit++ {
				var got []string
				for cursor := ""; ; {
					page, err := orders.List(ctx, env.DB, orders.ListParams{UserUUID: user, Sort: sort, Cursor: cursor, Limit: limit})
					require.NoError(t, err)
					require.NotEmpty(t, page.Items)
					require.LessOrEqual(t, len(page.Items), limit)
					for _, o := range page.Items {
						got = append(got, o.OrderNo)
					}
					if cursor = page.Next; cursor == "" {
						break
					}
				}
				require.Equal(t, want, strings.Join(got, " "), "sort %q, pages of %d", sort, limit)
			}
		}

		page, err := orders.List(ctx, env.DB, orders.ListParams{UserUUID: uuid.NewString()})
		require.NoError(t, err)
		require.Empty(t, page.Items)
		require.Empty(t, page.Next)
	})
}

func TestListRefuses(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		user := signUp(t, env.DB, "ada@example.com")
		fill(t, env.DB, user)
		page, err := orders.List(ctx, env.DB, orders.ListParams{UserUUID: user, Limit: 1})
		require.NoError(t, err)
		for field, ps := range map[string][]orders.ListParams{
			"UserUUID": {{}, {UserUUID: "ada"}},
			"Sort":     {{UserUUID: user, Sort: "price"}},
			"Limit":    {{UserUUID: user, Limit: -1}, {UserUUID: user, Limit: list.MaxLimit + 1}},
			"Cursor": {
				{UserUUID: user, Cursor: "x"},
				{UserUUID: user, Cursor: page.Next, Sort: orders.SortCreation},
				{UserUUID: uuid.NewString(), Cursor: page.Next},
			},
		} {
			for _, p := range ps {
				_, err := orders.List(ctx, env.DB, p)
				var invalid *orders.InvalidError
				require.ErrorAs(t, err, &invalid, field)
				require.Equal(t, field, invalid.Field)
			}
		}
		canceled, cancel := context.WithCancel(ctx)
		cancel()
		_, err = orders.List(canceled, env.DB, orders.ListParams{UserUUID: user})
		require.ErrorIs(t, err, dialect.ErrCanceled)
	})
}
