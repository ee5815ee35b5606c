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

// BenchmarkChain measures what the hash chain costs a charge: a constant stands in
// its place.
func BenchmarkChain(b *testing.B) { benchmarkWithout(b, credits.TheChain) }

// BenchmarkComparison measures what it costs a charge to look whether another program
// has moved left_credits.
func BenchmarkComparison(b *testing.B) { benchmarkWithout(b, credits.TheComparison) }

// benchmarkWithout measures what a part costs a charge: the same statement with it
// and without, by turns, one account each. The metric to read is with/without.
func benchmarkWithout(b *testing.B, part string) {
	b.Helper()
	for _, engine := range []dialect.Engine{dialect.PostgreSQL, dialect.MySQL, dialect.MariaDB} {
		b.Run(string(engine), func(b *testing.B) {
			env := enginetest.New(b, engine)
			db := env.Open(b, chameleon.WithPoolSize(1))
			accounts := map[string]string{"": uuid.NewString(), part: uuid.NewString()}
			for _, user := range accounts {
				_, err := credits.Grant(b.Context(), db, credits.GrantParams{
					UserUUID: user, Amount: 2_000_000_000, Type: credits.TypeSystemAdd,
				})
				if err != nil {
					b.Fatal(err)
				}
			}
			took := map[string]time.Duration{}
			charge := func(without string) {
				start := time.Now()
				done, err := credits.FastCharge(b.Context(), db, credits.ChargeParams{
					UserUUID: accounts[without], Amount: 1,
				}, without)
				if err != nil || !done {
					b.Fatal(done, err)
				}
				took[without] += time.Since(start)
			}
			turns := []string{"", part}
			for i := 0; b.Loop(); i++ {
				// By turns, and the first one by turns, too.
				charge(turns[i%2])
				charge(turns[1-i%2])
			}
			b.ReportMetric(took[""].Seconds()/took[part].Seconds(), "with/without")
		})
	}
}
