package chameleon_test

import (
	"context"
	"flag"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/calendar"
	"github.com/chameleon-go/chameleon/content"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/generations"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/orders"
	"github.com/chameleon-go/chameleon/users"
)

var benchDigits = flag.Int("numbers", 5, "BenchmarkNumbers has 10 to the power of this many users, orders, generations, feedbacks and charges")

// BenchmarkNumbers measures lists and numbers of an admin's pages, one user, order,
// generation, feedback and charge every thirty seconds. The metric to read is /read: how many bare reads of one
// user by an index, in the same run, each takes.
func BenchmarkNumbers(b *testing.B) {
	for _, engine := range []dialect.Engine{dialect.SQLite, dialect.PostgreSQL, dialect.MySQL, dialect.MariaDB} {
		b.Run(string(engine), func(b *testing.B) {
			for b.Loop() { // what is measured is below
			}
			env := enginetest.New(b, engine)
			rows := fillNumbers(b, env.DB)
			end := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(rows) * 30 * time.Second)
			read := benchTook(b, 200, func(ctx context.Context) error {
				_, err := env.DB.NewSelect().Table("users").Column("id").Where("uuid = 'u7'").Exec(ctx)
				return err
			})
			pages := numbersPages(env.DB, end)
			for _, page := range pages {
				benchPage(b, read, page.name, page.run)
			}
			// The same where totals are kept, but for the last minutes.
			keepNumbers(b, env.DB, end)
			for _, page := range pages[1:] {
				benchPage(b, read, "kept-"+page.name, page.run)
			}
		})
	}
}

// numbersPage is what an admin looks at.
type numbersPage struct {
	name string
	run  func(ctx context.Context) error
}

func numbersPages(db *bun.DB, end time.Time) []numbersPage {
	pages := []numbersPage{{"list", func(ctx context.Context) error {
		_, err := users.List(ctx, db, users.ListParams{})
		return err
	}}}
	for _, of := range []struct {
		name string
		of   func(from time.Time) func(ctx context.Context) error
	}{
		{"signups", func(from time.Time) func(ctx context.Context) error {
			return func(ctx context.Context) error {
				_, err := users.SignUpsPerDay(ctx, db, users.SignUpsPerDayParams{From: from, To: end, Period: calendar.Day, Location: benchZone})
				return err
			}
		}},
		{"revenue", func(from time.Time) func(ctx context.Context) error {
			return func(ctx context.Context) error {
				_, err := orders.Revenue(ctx, db, orders.RevenueParams{From: from, To: end, Period: calendar.Day, Location: benchZone})
				return err
			}
		}},
		{"generations", func(from time.Time) func(ctx context.Context) error {
			return func(ctx context.Context) error {
				_, err := generations.Stats(ctx, db, generations.StatsParams{From: from, To: end, Period: calendar.Day, Location: benchZone})
				return err
			}
		}},
		{"feedback", func(from time.Time) func(ctx context.Context) error {
			return func(ctx context.Context) error {
				_, err := content.FeedbackStats(ctx, db, content.FeedbackStatsParams{From: from, To: end, Period: calendar.Day, Location: benchZone})
				return err
			}
		}},
		{"credits", func(from time.Time) func(ctx context.Context) error {
			return func(ctx context.Context) error {
				_, err := credits.Totals(ctx, db, credits.TotalsParams{From: from, To: end, Period: calendar.Day, Location: benchZone})
				return err
			}
		}},
	} {
		for _, days := range []int{1, 90, 366} {
			pages = append(pages, numbersPage{fmt.Sprintf("%s-%d-days", of.name, days), of.of(end.AddDate(0, 0, -days))})
		}
	}
	return pages
}

// keepNumbers counts all but the last minutes.
func keepNumbers(b *testing.B, db *bun.DB, end time.Time) {
	b.Helper()
	at, keep := end.Add(-5*time.Minute), func(_ any, err error) {
		b.Helper()
		if err != nil {
			b.Fatal(err)
		}
	}
	for range 2 { // the ledger's are counted once they have settled
		keep(users.KeepTotals(b.Context(), db, users.KeepTotalsParams{At: at}))
		keep(orders.KeepTotals(b.Context(), db, orders.KeepTotalsParams{At: at}))
		keep(generations.KeepTotals(b.Context(), db, generations.KeepTotalsParams{At: at}))
		keep(content.KeepTotals(b.Context(), db, content.KeepTotalsParams{At: at}))
		keep(credits.KeepTotals(b.Context(), db, credits.KeepTotalsParams{At: at}))
		at = at.Add(2 * time.Minute)
	}
	if dialect.Of(db).Engine == dialect.PostgreSQL { // as autovacuum does in time
		for _, table := range []string{"users", "orders", "generations", "feedbacks", "credits_trans", "chameleon_totals"} {
			if _, err := db.ExecContext(b.Context(), "VACUUM ANALYZE "+table); err != nil {
				b.Fatal(err)
			}
		}
	}
}

// benchPage reports how long a page takes, and how many bare reads that is.
func benchPage(b *testing.B, read time.Duration, name string, run func(ctx context.Context) error) {
	b.Helper()
	took := benchTook(b, 3, run)
	b.ReportMetric(float64(took)/float64(read), name+"/read")
	b.ReportMetric(float64(took.Microseconds())/1000, name+"-ms")
}

// benchZone is where days begin on whole hours, and seldom with those of UTC.
var benchZone = time.FixedZone("two hours east", 2*60*60)

// benchTook is the shortest time that one of n calls takes.
func benchTook(b *testing.B, n int, run func(ctx context.Context) error) time.Duration {
	b.Helper()
	least := time.Hour
	for range n {
		start := time.Now()
		if err := run(b.Context()); err != nil {
			b.Fatal(err)
		}
		least = min(least, time.Since(start))
	}
	return least
}

// fillNumbers makes the rows by statements that count digits.
func fillNumbers(b *testing.B, db *bun.DB) (rows int) {
	b.Helper()
	const digits = "(SELECT 0 AS d UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4" +
		" UNION ALL SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9)"
	rows = 1
	sum, from := "0", []string{}
	for i := range *benchDigits {
		name := "d" + string(rune('a'+i))
		sum += "+" + name + ".d*" + "1" + strings.Repeat("0", i)
		from = append(from, digits+" AS "+name)
		rows *= 10
	}
	at := map[dialect.Engine]string{
		dialect.SQLite:     "strftime('%Y-%m-%d %H:%M:%S', 1704067200 + i * 30, 'unixepoch') || '+00:00'",
		dialect.PostgreSQL: "to_timestamp(1704067200 + i * 30)",
		dialect.MySQL:      "TIMESTAMPADD(SECOND, i * 30, '2024-01-01')",
		dialect.MariaDB:    "TIMESTAMPADD(SECOND, i * 30, '2024-01-01')",
	}[dialect.Of(db).Engine]
	numbers := " FROM (SELECT " + sum + " AS i FROM " + strings.Join(from, ", ") + ") AS numbers"
	for _, statement := range []string{
		"INSERT INTO users (uuid, email, invite_code, created_at) SELECT CONCAT('u', i), CONCAT('u', i, '@example.com'), CONCAT('c', i), " + at + numbers,
		"INSERT INTO orders (order_no, user_uuid, amount, currency, status, created_at, paid_at) " +
			"SELECT CONCAT('o', i), CONCAT('u', i), 100, 'USD', 'paid', " + at + ", " + at + numbers,
		"INSERT INTO generations (gen_id, user_uuid, ai_type, provider, status, created_at, completed_at) " +
			"SELECT CONCAT('g', i), CONCAT('u', i), 'image', 'openai', 'completed', " + at + ", " + at + numbers,
		"INSERT INTO feedbacks (content, rating, created_at) SELECT 'good', 1 + i % 5, " + at + numbers,
		// A charge each, of a thousand accounts.
		"INSERT INTO credits_trans (user_uuid, trans_type, credits, seq, op_seq, lot, at_us, created_at) " +
			"SELECT CONCAT('u', i % 1000), 'ai_generation', -1, 2 + (i - i % 1000) / 1000, 2 + (i - i % 1000) / 1000, 1, " +
			"1704067200000000 + i * 3000000000 / 100, " + at + numbers + " ORDER BY i",
	} {
		if _, err := db.ExecContext(b.Context(), statement); err != nil {
			b.Fatal(err)
		}
	}
	return rows
}
