package chameleon_test

import (
	"context"
	"flag"
	"strings"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/calendar"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/orders"
	"github.com/chameleon-go/chameleon/users"
)

var benchDigits = flag.Int("numbers", 5, "BenchmarkNumbers has 10 to the power of this many users and orders")

// BenchmarkNumbers measures lists and numbers of an admin's pages, one user and one
// order every thirty seconds. The metric to read is /read: how many bare reads of one
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
			pages := []struct {
				name string
				run  func(ctx context.Context) error
			}{
				{"list", func(ctx context.Context) error {
					_, err := users.List(ctx, env.DB, users.ListParams{})
					return err
				}},
				{"signups-1-day", signUps(env.DB, end, 1)},
				{"signups-90-days", signUps(env.DB, end, 90)},
				{"revenue-1-day", revenue(env.DB, end, 1)},
				{"revenue-366-days", revenue(env.DB, end, 366)},
			}
			for _, page := range pages {
				benchPage(b, read, page.name, page.run)
			}
			// The same where totals are kept, but for the last minutes.
			if _, err := users.KeepTotals(b.Context(), env.DB, users.KeepTotalsParams{At: end.Add(-5 * time.Minute)}); err != nil {
				b.Fatal(err)
			}
			if _, err := orders.KeepTotals(b.Context(), env.DB, orders.KeepTotalsParams{At: end.Add(-5 * time.Minute)}); err != nil {
				b.Fatal(err)
			}
			if env.Engine == dialect.PostgreSQL { // as autovacuum does in time
				for _, statement := range []string{"VACUUM ANALYZE users", "VACUUM ANALYZE orders", "VACUUM ANALYZE chameleon_totals"} {
					if _, err := env.DB.ExecContext(b.Context(), statement); err != nil {
						b.Fatal(err)
					}
				}
			}
			for _, page := range pages[1:] {
				benchPage(b, read, "kept-"+page.name, page.run)
			}
		})
	}
}

// benchPage reports how long a page takes, and how many bare reads that is.
func benchPage(b *testing.B, read time.Duration, name string, run func(ctx context.Context) error) {
	b.Helper()
	took := benchTook(b, 5, run)
	b.ReportMetric(float64(took)/float64(read), name+"/read")
	b.ReportMetric(float64(took.Microseconds())/1000, name+"-ms")
}

// benchZone is where days begin on whole hours, and seldom with those of UTC.
var benchZone = time.FixedZone("two hours east", 2*60*60)

func signUps(db *bun.DB, end time.Time, days int) func(ctx context.Context) error {
	return func(ctx context.Context) error {
		_, err := users.SignUpsPerDay(ctx, db, users.SignUpsPerDayParams{From: end.AddDate(0, 0, -days), To: end, Period: calendar.Day, Location: benchZone})
		return err
	}
}

func revenue(db *bun.DB, end time.Time, days int) func(ctx context.Context) error {
	return func(ctx context.Context) error {
		_, err := orders.Revenue(ctx, db, orders.RevenueParams{From: end.AddDate(0, 0, -days), To: end, Period: calendar.Day, Location: benchZone})
		return err
	}
}

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

// fillNumbers makes users and orders by statements that count digits.
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
	} {
		if _, err := db.ExecContext(b.Context(), statement); err != nil {
			b.Fatal(err)
		}
	}
	return rows
}
