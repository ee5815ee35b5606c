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

// BenchmarkChain measures what the hash chain costs a charge: the same
// statement with it and with a constant in its place, by turns, one account
// each. The metric to read is with/without.
func BenchmarkChain(b *testing.B) {
	for _, engine := range []dialect.Engine{dialect.PostgreSQL, dialect.MySQL, dialect.MariaDB} {
		b.Run(string(engine), func(b *testing.B) {
			env := enginetest.New(b, engine)
			db := env.Open(b, chameleon.WithPoolSize(1))
			accounts := map[bool]string{true: uuid.NewString(), false: uuid.NewString()}
			for _, user := range accounts {
				_, err := credits.Grant(b.Context(), db, credits.GrantParams{
					UserUUID: user, Amount: 2_000_000_000, Type: credits.TypeSystemAdd,
				})
				if err != nil {
					b.Fatal(err)
				}
			}
			took := map[bool]time.Duration{}
			charge := func(chained bool) {
				start := time.Now()
				done, err := credits.FastCharge(b.Context(), db, credits.ChargeParams{
					UserUUID: accounts[chained], Amount: 1,
				}, chained)
				if err != nil || !done {
					b.Fatal(done, err)
				}
				took[chained] += time.Since(start)
			}
			for i := 0; b.Loop(); i++ {
				// By turns, and the first one by turns, too.
				charge(i%2 == 0)
				charge(i%2 != 0)
			}
			b.ReportMetric(took[true].Seconds()/took[false].Seconds(), "with/without")
		})
	}
}
