package credits_test

import (
	"context"
	"database/sql"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// BenchmarkNeighbours measures 48 callers' transactions at once, each of two
// grants to two accounts of its own, at the engine's default isolation level and
// at READ COMMITTED. The two are near each other where no verb locks the gaps
// between accounts.
func BenchmarkNeighbours(b *testing.B) {
	const callers = 48
	for _, engine := range []dialect.Engine{dialect.PostgreSQL, dialect.MySQL, dialect.MariaDB} {
		env := enginetest.New(b, engine)
		db := env.Open(b, chameleon.WithPoolSize(callers))
		for name, level := range map[string]sql.IsolationLevel{"default": sql.LevelDefault, "read committed": sql.LevelReadCommitted} {
			b.Run(fmt.Sprint(engine, "/", name), func(b *testing.B) {
				var failed atomic.Pointer[error]
				for b.Loop() {
					together(callers, func(int) {
						err := db.RunInTx(b.Context(), &sql.TxOptions{Isolation: level}, twoGrants)
						if err != nil {
							failed.Store(&err)
						}
					})
				}
				if err := failed.Load(); err != nil {
					require.NoError(b, *err)
				}
			})
		}
	}
}

func twoGrants(ctx context.Context, tx bun.Tx) error {
	for range 2 {
		_, err := credits.Grant(ctx, tx, credits.GrantParams{UserUUID: uuid.NewString(), Amount: 100, Type: "gift"})
		if err != nil {
			return err
		}
	}
	return nil
}
