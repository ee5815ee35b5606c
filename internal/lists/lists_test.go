package lists_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/affiliates"
	"github.com/chameleon-go/chameleon/apikeys"
	"github.com/chameleon-go/chameleon/content"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/credits/audit"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/events"
	"github.com/chameleon-go/chameleon/generations"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/list"
	"github.com/chameleon-go/chameleon/orders"
	"github.com/chameleon-go/chameleon/providers"
	"github.com/chameleon-go/chameleon/users"
)

// owner is whose rows most lists are of.
const owner = "0190c7a2-7f6a-7c3e-9f2b-1d2e3f405162"

// listing is a list of the module's, of rows that fillLists stores.
type listing struct {
	name string
	// table and alias are where the rows are, empty for lists that are no page.List.
	table, alias string
	// column is the time that the list is sorted by.
	column string
	read   func(ctx context.Context, db bun.IDB, cursor string, limit int) (found []string, next string, err error)
}

// keysOf are the keys of a page's rows.
func keysOf[T any](p *list.Page[T], err error, key func(row T) any) ([]string, string, error) {
	if err != nil {
		return nil, "", err
	}
	var keys []string
	for _, row := range p.Items {
		keys = append(keys, fmt.Sprint(key(row)))
	}
	return keys, p.Next, nil
}

// listings are all lists.
func listings() []listing {
	user := func(u users.User) any { return u.UUID }
	order := func(o orders.Order) any { return o.OrderNo }
	post := func(p content.Post) any { return p.UUID }
	commission := func(c affiliates.Commission) any { return c.OrderUUID }
	event := func(r events.Record) any { return r.EventID }
	return []listing{
		{"users", "users", "u", "created_at", func(ctx context.Context, db bun.IDB, cursor string, limit int) ([]string, string, error) {
			p, err := users.List(ctx, db, users.ListParams{Cursor: cursor, Limit: limit})
			return keysOf(p, err, user)
		}},
		{"affiliates' users", "users", "u", "created_at", func(ctx context.Context, db bun.IDB, cursor string, limit int) ([]string, string, error) {
			p, err := users.List(ctx, db, users.ListParams{Affiliates: true, Cursor: cursor, Limit: limit})
			return keysOf(p, err, user)
		}},
		{"deleted users", "users", "u", "deleted_at", func(ctx context.Context, db bun.IDB, cursor string, limit int) ([]string, string, error) {
			p, err := users.List(ctx, db, users.ListParams{Deleted: true, Cursor: cursor, Limit: limit})
			return keysOf(p, err, user)
		}},
		{"search", "users", "u", "created_at", func(ctx context.Context, db bun.IDB, cursor string, limit int) ([]string, string, error) {
			p, err := users.Search(ctx, db, users.SearchParams{Query: "user", Cursor: cursor, Limit: limit})
			return keysOf(p, err, user)
		}},
		{"search by prefix", "", "", "created_at", func(ctx context.Context, db bun.IDB, cursor string, limit int) ([]string, string, error) {
			p, err := users.Search(ctx, db, users.SearchParams{Query: "user", Prefix: true, Cursor: cursor, Limit: limit})
			return keysOf(p, err, user)
		}},
		{"referrals", "", "", "created_at", func(ctx context.Context, db bun.IDB, cursor string, limit int) ([]string, string, error) {
			p, err := users.Referrals(ctx, db, users.ReferralsParams{UserUUID: owner, Cursor: cursor, Limit: limit})
			if err != nil {
				return nil, "", err
			}
			return keysOf(&p.Page, nil, user)
		}},
		{"identities", "user_identities", "ui", "created_at", func(ctx context.Context, db bun.IDB, cursor string, limit int) ([]string, string, error) {
			p, err := users.ListIdentities(ctx, db, users.ListIdentitiesParams{UserUUID: owner, Cursor: cursor, Limit: limit})
			return keysOf(p, err, func(i users.Identity) any { return i.Subject })
		}},
		{"orders by payment", "orders", "o", "paid_at", func(ctx context.Context, db bun.IDB, cursor string, limit int) ([]string, string, error) {
			p, err := orders.List(ctx, db, orders.ListParams{UserUUID: owner, Cursor: cursor, Limit: limit})
			return keysOf(p, err, order)
		}},
		{"orders by creation", "orders", "o", "created_at", func(ctx context.Context, db bun.IDB, cursor string, limit int) ([]string, string, error) {
			p, err := orders.List(ctx, db, orders.ListParams{UserUUID: owner, Sort: orders.SortCreation, Cursor: cursor, Limit: limit})
			return keysOf(p, err, order)
		}},
		{"all orders", "orders", "o", "created_at", func(ctx context.Context, db bun.IDB, cursor string, limit int) ([]string, string, error) {
			p, err := orders.ListAll(ctx, db, orders.ListAllParams{Cursor: cursor, Limit: limit})
			return keysOf(p, err, order)
		}},
		{"paid orders", "orders", "o", "created_at", func(ctx context.Context, db bun.IDB, cursor string, limit int) ([]string, string, error) {
			p, err := orders.ListAll(ctx, db, orders.ListAllParams{Status: orders.StatusPaid, Cursor: cursor, Limit: limit})
			return keysOf(p, err, order)
		}},
		{"payments", "payments", "pm", "created_at", func(ctx context.Context, db bun.IDB, cursor string, limit int) ([]string, string, error) {
			p, err := orders.ListPayments(ctx, db, orders.ListPaymentsParams{Cursor: cursor, Limit: limit})
			return keysOf(p, err, func(pm orders.Payment) any { return pm.Ref })
		}},
		{"surplus payments", "payments", "pm", "created_at", func(ctx context.Context, db bun.IDB, cursor string, limit int) ([]string, string, error) {
			p, err := orders.ListPayments(ctx, db, orders.ListPaymentsParams{Status: orders.PaymentSurplus, Cursor: cursor, Limit: limit})
			return keysOf(p, err, func(pm orders.Payment) any { return pm.Ref })
		}},
		{"subscriptions", "subscriptions", "sub", "created_at", func(ctx context.Context, db bun.IDB, cursor string, limit int) ([]string, string, error) {
			p, err := orders.ListSubscriptions(ctx, db, orders.ListSubscriptionsParams{Cursor: cursor, Limit: limit})
			return keysOf(p, err, func(s orders.Subscription) any { return s.SubID })
		}},
		{"generations", "generations", "g", "created_at", func(ctx context.Context, db bun.IDB, cursor string, limit int) ([]string, string, error) {
			p, err := generations.List(ctx, db, generations.ListParams{UserUUID: owner, Cursor: cursor, Limit: limit})
			return keysOf(p, err, func(g generations.Generation) any { return g.GenID })
		}},
		{"posts", "posts", "p", "created_at", func(ctx context.Context, db bun.IDB, cursor string, limit int) ([]string, string, error) {
			p, err := content.ListAll(ctx, db, content.ListAllParams{Cursor: cursor, Limit: limit})
			return keysOf(p, err, post)
		}},
		{"published posts", "posts", "p", "published_at", func(ctx context.Context, db bun.IDB, cursor string, limit int) ([]string, string, error) {
			p, err := content.ListPublished(ctx, db, content.ListPublishedParams{Cursor: cursor, Limit: limit})
			return keysOf(p, err, post)
		}},
		{"feedback", "feedbacks", "f", "created_at", func(ctx context.Context, db bun.IDB, cursor string, limit int) ([]string, string, error) {
			p, err := content.ListFeedback(ctx, db, content.ListFeedbackParams{Cursor: cursor, Limit: limit})
			return keysOf(p, err, func(f content.Feedback) any { return f.Content })
		}},
		{"a user's feedback", "feedbacks", "f", "created_at", func(ctx context.Context, db bun.IDB, cursor string, limit int) ([]string, string, error) {
			p, err := content.ListFeedback(ctx, db, content.ListFeedbackParams{UserUUID: owner, Cursor: cursor, Limit: limit})
			return keysOf(p, err, func(f content.Feedback) any { return f.Content })
		}},
		{"keys", "apikeys", "k", "created_at", func(ctx context.Context, db bun.IDB, cursor string, limit int) ([]string, string, error) {
			p, err := apikeys.List(ctx, db, apikeys.ListParams{UserUUID: owner, Cursor: cursor, Limit: limit})
			return keysOf(p, err, func(k apikeys.Info) any { return k.ID })
		}},
		{"a user's commissions", "affiliates", "a", "created_at", func(ctx context.Context, db bun.IDB, cursor string, limit int) ([]string, string, error) {
			p, err := affiliates.List(ctx, db, affiliates.ListParams{UserUUID: owner, Cursor: cursor, Limit: limit})
			return keysOf(p, err, commission)
		}},
		{"commissions", "affiliates", "a", "created_at", func(ctx context.Context, db bun.IDB, cursor string, limit int) ([]string, string, error) {
			p, err := affiliates.ListAll(ctx, db, affiliates.ListAllParams{Cursor: cursor, Limit: limit})
			return keysOf(p, err, commission)
		}},
		{"approved commissions", "affiliates", "a", "created_at", func(ctx context.Context, db bun.IDB, cursor string, limit int) ([]string, string, error) {
			p, err := affiliates.ListAll(ctx, db, affiliates.ListAllParams{Status: affiliates.StatusApproved, Cursor: cursor, Limit: limit})
			return keysOf(p, err, commission)
		}},
		{"events", "", "", "created_at", func(ctx context.Context, db bun.IDB, cursor string, limit int) ([]string, string, error) {
			p, err := events.List(ctx, db, events.ListParams{UserUUID: owner, Cursor: cursor, Limit: limit})
			return keysOf(p, err, event)
		}},
		{"parked events", "chameleon_events", "e", "parked_at", func(ctx context.Context, db bun.IDB, cursor string, limit int) ([]string, string, error) {
			p, err := events.ListParked(ctx, db, events.ListParkedParams{Cursor: cursor, Limit: limit})
			return keysOf(p, err, event)
		}},
		{"providers", "", "", "", func(ctx context.Context, db bun.IDB, cursor string, limit int) ([]string, string, error) {
			p, err := providers.List(ctx, db, providers.ListParams{Cursor: cursor, Limit: limit})
			return keysOf(p, err, func(i providers.Info) any { return i.Provider })
		}},
		{"statement", "", "", "", func(ctx context.Context, db bun.IDB, cursor string, limit int) ([]string, string, error) {
			p, err := credits.Statement(ctx, db, credits.StatementParams{UserUUID: owner, Cursor: cursor, Limit: limit})
			return keysOf(p, err, func(l credits.StatementLine) any { return l.Key })
		}},
		{"holds", "", "", "", func(ctx context.Context, db bun.IDB, cursor string, limit int) ([]string, string, error) {
			p, err := credits.ListHolds(ctx, db, credits.ListHoldsParams{UserUUID: owner, Cursor: cursor, Limit: limit})
			return keysOf(p, err, func(h credits.HoldInfo) any { return h.Key })
		}},
		{"heads", "", "", "", func(ctx context.Context, db bun.IDB, cursor string, limit int) ([]string, string, error) {
			p, err := audit.ExportHeads(ctx, db, audit.ExportHeadsParams{Cursor: cursor, Limit: limit})
			return keysOf(p, err, func(h audit.ChainHead) any { return h.UserUUID })
		}},
	}
}

var began = time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)

// fillLists stores n rows in each table.
func fillLists(t *testing.T, db *bun.DB, n int) {
	t.Helper()
	ctx := t.Context()
	var (
		us []users.User
		is []users.Identity
		os []orders.Order
		pm []orders.Payment
		ss []orders.Subscription
		gs []generations.Generation
		ps []content.Post
		fs []content.Feedback
		ks []apikeys.Key
		cs []affiliates.Commission
		es []events.Record
	)
	for i := range n {
		at, no := began.Add(time.Duration(i)*time.Minute), fmt.Sprintf("user-%04d", i)
		deleted := time.Time{}
		if i%3 == 2 {
			deleted = at.Add(time.Hour)
		}
		// The owner has one row in ten where there are many.
		of := owner
		if n > 100 && i%10 > 0 {
			of = fmt.Sprint("other", i%40)
		}
		us = append(us, users.User{
			UUID: no, Email: no + "@example.com", Nickname: no, InviteCode: no, EmailSearch: no, NicknameSearch: no,
			InvitedBy: of, IsAffiliate: i%2 == 0, CreatedAt: at, DeletedAt: deleted,
		})
		is = append(is, users.Identity{UserUUID: of, Provider: "google", Subject: no, CreatedAt: at})
		os = append(os, orders.Order{
			OrderNo: no, UserUUID: of, Amount: 1, Currency: "USD", Status: orders.StatusPaid, CreatedAt: at, PaidAt: at.Add(time.Second),
		})
		pm = append(pm, orders.Payment{
			Provider: "stripe", Ref: no, Invoice: no, OrderNo: no, Status: []orders.PaymentStatus{orders.PaymentSurplus, orders.PaymentPaid}[i%2], CreatedAt: at,
		})
		ss = append(ss, orders.Subscription{Provider: "stripe", SubID: no, UserUUID: of, OrderNo: no, Status: "active", CreatedAt: at})
		gs = append(gs, generations.Generation{
			GenID: no, UserUUID: of, AIType: "image", Provider: "kling", Status: generations.StatusCompleted, CreatedAt: at,
		})
		ps = append(ps, content.Post{
			UUID: no, Slug: no, Locale: "en", SlugKey: "en/" + no, Status: content.PostPublished, CreatedAt: at, PublishedAt: at.Add(-300 * 24 * time.Hour),
		})
		fs = append(fs, content.Feedback{UserUUID: of, Content: no, Rating: 5, CreatedAt: at})
		ks = append(ks, apikeys.Key{Key: apikeys.Stored(no), UserUUID: of, Status: apikeys.StatusActive, CreatedAt: at})
		cs = append(cs, affiliates.Commission{UserUUID: of, OrderUUID: no, OrderKey: no, Status: affiliates.StatusApproved, CreatedAt: at})
		es = append(es, events.Record{UserUUID: of, Seq: int64(i + 1), EventID: no, Type: "x", Data: "{}", CreatedAt: at, ParkedAt: at})
	}
	for _, rows := range []any{&us, &is, &os, &pm, &ss, &gs, &ps, &fs, &ks, &cs, &es} {
		_, err := db.NewInsert().Model(rows).ExcludeColumn("id").Exec(ctx)
		require.NoError(t, err)
	}
}

// TestForgedCursors: of every list, what is no cursor of its own is refused by name, and
// one whose place is forged answers with a page; no engine is asked what it cannot hold.
func TestForgedCursors(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := t.Context()
		fillLists(t, env.DB, 9)
		for i := range 4 {
			for _, user := range []string{owner, fmt.Sprint("u", i)} {
				_, err := credits.Grant(ctx, env.DB, credits.GrantParams{UserUUID: user, Key: fmt.Sprint("g", i), Type: "gift", Amount: 50})
				require.NoError(t, err)
			}
			_, err := credits.Hold(ctx, env.DB, credits.HoldParams{UserUUID: owner, Key: fmt.Sprint("h", i), Type: "gift", Amount: 1})
			require.NoError(t, err)
			_, err = env.DB.NewInsert().Model(&providers.Key{ProviderName: providers.Name(fmt.Sprint("p", i)), APIKey: "x"}).Exec(ctx)
			require.NoError(t, err)
		}
		cursors := map[string]string{}
		for _, l := range listings() {
			_, next, err := l.read(ctx, env.DB, "", 1)
			require.NoError(t, err, l.name)
			require.NotEmpty(t, next, l.name)
			cursors[l.name] = next
		}
		for _, l := range listings() {
			own := cursors[l.name]
			for name, other := range cursors {
				if other != own {
					_, _, err := l.read(ctx, env.DB, other, 1)
					require.ErrorIs(t, err, dialect.ErrInvalid, "%s takes a cursor of %s", l.name, name)
				}
			}
			for i := range own {
				_, _, err := l.read(ctx, env.DB, own[:i]+"\x00"+own[i+1:], 1)
				require.ErrorIs(t, err, dialect.ErrInvalid, l.name)
				if i > 0 {
					if _, _, err = l.read(ctx, env.DB, own[:i], 1); err != nil {
						require.ErrorIs(t, err, dialect.ErrInvalid, "%s: %q", l.name, own[:i])
					}
				}
			}
			bytes, err := base64.RawURLEncoding.DecodeString(own)
			if err != nil {
				continue // of another form
			}
			for i := range bytes {
				for _, b := range []byte{0, 1, 0x7f, 0x80, 0xff} {
					for _, width := range []int{1, 8} { // a byte, and all of a number
						forged := append([]byte(nil), bytes...)
						for j := i; j < min(i+width, len(forged)); j++ {
							forged[j] = b
						}
						_, _, err := l.read(ctx, env.DB, base64.RawURLEncoding.EncodeToString(forged), 1)
						if err != nil {
							require.ErrorIs(t, err, dialect.ErrInvalid, "%s: %x", l.name, forged)
						}
					}
				}
			}
		}
	})
}

// readsAll reports whether a plan reads a list's table itself from end to end. To walk an
// index is no sign of it: of a list it is walked as far as the page goes.
func readsAll(env *enginetest.Env, plan string, l listing) bool {
	walks := map[dialect.Engine]string{dialect.SQLite: "SCAN " + l.alias + " USING INDEX", dialect.MySQL: "type=index ", dialect.MariaDB: "type=index "}
	if walk := walks[env.Engine]; walk != "" && strings.Contains(plan, walk) {
		return false
	}
	return env.Scans(plan, l.table) || env.Scans(plan, l.alias)
}

// fewRows reports whether a list may be sorted: a user has few identities.
func fewRows(l listing) bool { return l.name == "identities" }

// TestListsOfFreshTables: nobody has made statistics of a table that has just been
// filled, and no engine reads it whole for a page, or sorts.
func TestListsOfFreshTables(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := t.Context()
		fillLists(t, env.DB, 3000)
		db, seen := env.Record(t)
		for _, l := range listings() {
			if l.table == "" {
				continue
			}
			cursor := ""
			for page := range 2 {
				seen.Take()
				var err error
				_, cursor, err = l.read(ctx, db, cursor, 20)
				require.NoError(t, err, l.name)
				require.NotEmpty(t, cursor, l.name)
				for _, sent := range seen.Literals() {
					plan := env.ExplainOfMany(t, sent, l.table)
					if !fewRows(l) && (readsAll(env, plan, l) || env.Sorts(plan)) {
						t.Errorf("%s, page %d:\n%s\n%s", l.name, page+1, sent, plan)
					}
				}
			}
		}
	})
}

// TestFormsInEveryList: another program's forms of one and the same minutes, in every
// list: each row once, the newest first, whatever the size of the page.
func TestFormsInEveryList(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := t.Context()
		forms := []string{"2006-01-02 15:04:05", "2006-01-02 15:04:05.000000"}
		if env.Engine == dialect.SQLite {
			forms = append(forms, "2006-01-02T15:04:05Z", "2006-01-02T15:04:05.000Z", "2006-01-02 15:04:05+00:00", "2006-01-02 15:04:05.000000 +0000 UTC", "2006-01-02 15:04")
		}
		const n = 18
		fillLists(t, env.DB, n)
		for _, l := range listings() {
			if l.table == "" {
				continue
			}
			var was []struct {
				ID int64
				At time.Time
			}
			require.NoError(t, env.DB.NewSelect().Table(l.table).Column("id").ColumnExpr(l.column+" AS at").
				Where(l.column+" IS NOT NULL").Scan(ctx, &was))
			want, _, err := l.read(ctx, env.DB, "", 100)
			require.NoError(t, err)
			require.NotEmpty(t, want)
			for i, row := range was {
				_, err := env.DB.NewUpdate().Table(l.table).Set(l.column+" = ?", row.At.UTC().Truncate(time.Minute).Format(forms[i%len(forms)])).
					Where("id = ?", row.ID).Exec(ctx)
				require.NoError(t, err)
			}
			for _, limit := range []int{1, 2, 5, 100} {
				var got []string
				for cursor := ""; ; {
					found, next, err := l.read(ctx, env.DB, cursor, limit)
					require.NoError(t, err, l.name)
					got = append(got, found...)
					require.LessOrEqual(t, len(got), len(want), "%s does not end", l.name)
					if cursor = next; cursor == "" {
						break
					}
				}
				require.Equal(t, want, got, "%s, %d at a time", l.name, limit)
			}
		}
	})
}

// TestRowsThatCannotBeListed: in every list, times of other programs that are none to Go,
// or others than to the engine, are listed like rows without a time, or the list names the
// row. It ends either way, and what comes before is listed.
func TestRowsThatCannotBeListed(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := t.Context()
		const n = 9
		fillLists(t, env.DB, n)
		conn, err := env.DB.Conn(ctx)
		require.NoError(t, err)
		defer func() { require.NoError(t, conn.Close()) }()
		if dialect.Of(env.DB).IsMySQL() {
			_, err := conn.ExecContext(ctx, "SET sql_mode = ''")
			require.NoError(t, err)
		}
		odd := map[dialect.Engine][]string{
			dialect.SQLite:     {"1769860800", "1769860800000", "2461072.0", "'2026-02-30 00:00:00'", "'12:00:00'", "'soon'", "''"},
			dialect.PostgreSQL: {"'infinity'", "'-infinity'"},
			dialect.MySQL:      {"'2026-00-20 12:00:00'", "'2026-01-00 12:00:00'", "'0000-00-00 00:00:00'"},
			dialect.MariaDB:    {"'2026-00-20 12:00:00'", "'2026-01-00 12:00:00'", "'0000-00-00 00:00:00'"},
		}[env.Engine]
		named := 0
		for _, l := range listings() {
			if l.table == "" {
				continue
			}
			var ids []int64 // two, so that one of them has a next page
			require.NoError(t, conn.NewSelect().Table(l.table).Column("id").Where(l.column+" IS NOT NULL").
				OrderExpr("id").Offset(1).Limit(2).Scan(ctx, &ids))
			at := "CAST(" + l.column + " AS CHAR(40))"
			if env.Engine == dialect.SQLite || env.Engine == dialect.PostgreSQL {
				at = "CAST(" + l.column + " AS TEXT)"
			}
			var was []string
			require.NoError(t, conn.NewSelect().Table(l.table).ColumnExpr(at).Where("id IN (?)", bun.List(ids)).OrderExpr("id").Scan(ctx, &was))
			for _, form := range odd {
				set := func(id int64, sql string, args ...any) {
					_, err := conn.NewUpdate().Table(l.table).Set(l.column+" = "+sql, args...).Where("id = ?", id).Exec(ctx)
					require.NoError(t, err, "%s %s", l.name, form)
				}
				for _, id := range ids {
					set(id, form)
				}
				for _, limit := range []int{1, 2, 100} {
					var got []string
					for cursor := ""; ; {
						found, next, err := l.read(ctx, env.DB, cursor, limit)
						if refused, ok := errors.AsType[*list.RowError](err); ok {
							require.ErrorIs(t, err, list.ErrRow)
							require.Equal(t, l.table, refused.Table, "%s %s", l.name, form)
							require.Contains(t, ids, refused.ID, "%s %s", l.name, form)
							named++
							break
						}
						require.NoError(t, err, "%s %s", l.name, form)
						got = append(got, found...)
						require.LessOrEqual(t, len(got), n, "%s does not end: %s", l.name, form)
						if cursor = next; cursor == "" {
							break
						}
					}
					slices.Sort(got)
					require.Len(t, slices.Compact(got), len(got), "%s has a row twice: %s", l.name, form)
				}
				if l.name == "users" { // nor does such a row keep others from their totals
					_, err := users.KeepTotals(ctx, env.DB, users.KeepTotalsParams{At: began.AddDate(0, 2, 0)})
					require.NoError(t, err, form)
				}
				for i, id := range ids {
					set(id, "?", was[i])
				}
			}
		}
		require.Positive(t, named)
	})
}
