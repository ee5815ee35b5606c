package credits_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// BenchmarkLimits measures what a charge costs that counts in budgets, or on a handle
// that writes events, beside one that does neither: by turns, an account each. The
// metrics are microseconds a charge.
func BenchmarkLimits(b *testing.B) {
	for _, engine := range []dialect.Engine{dialect.SQLite, dialect.PostgreSQL, dialect.MySQL, dialect.MariaDB} {
		b.Run(string(engine), func(b *testing.B) { benchmarkLimits(b, enginetest.New(b, engine)) })
	}
}

func benchmarkLimits(b *testing.B, env *enginetest.Env) {
	b.Helper()
	plain := env.Open(b, chameleon.WithPoolSize(1))
	telling := env.Open(b, chameleon.WithPoolSize(1), chameleon.WithEvents())
	budgets := []string{"key", "member"}
	turn := func(name string, on func(charge credits.ChargeParams) error, budgets ...string) func() {
		user, took, turns := uuid.NewString(), time.Duration(0), 0
		_, err := credits.Grant(b.Context(), plain, credits.GrantParams{UserUUID: user, Amount: 2_000_000_000, Type: "gift"})
		if err != nil {
			b.Fatal(err)
		}
		for _, name := range budgets {
			if _, err := credits.SetBudget(b.Context(), plain, credits.SetBudgetParams{UserUUID: user, Name: name, PerDay: 2_000_000_000}); err != nil {
				b.Fatal(err)
			}
		}
		return func() {
			start := time.Now()
			if err := on(credits.ChargeParams{UserUUID: user, Amount: 1, Budgets: budgets}); err != nil {
				b.Fatal(err)
			}
			took += time.Since(start)
			turns++
			b.ReportMetric(float64(took.Microseconds())/float64(turns), name+"-µs")
		}
	}
	charge := func(p credits.ChargeParams) error { _, err := credits.Charge(b.Context(), plain, p); return err }
	tell := func(p credits.ChargeParams) error { _, err := credits.Charge(b.Context(), telling, p); return err }
	turns := []func(){
		turn("plain", charge), turn("events", tell), turn("1-budget", charge, budgets[:1]...), turn("2-budgets", charge, budgets...),
	}
	for i := 0; b.Loop(); i++ {
		for n := range turns {
			turns[(n+i)%len(turns)]()
		}
	}
}
