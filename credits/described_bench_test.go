package credits_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/dialect/handle"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// silent is a tracer that keeps nothing.
type silent struct{}

func (silent) StartQuery(ctx context.Context, _ handle.Query) (context.Context, func(error)) {
	return ctx, func(error) {}
}

// BenchmarkHandles measures a charge that fits on a handle of chameleon.Open, on
// one that a team opened and described, on one that it did not describe, and with a
// tracer.
func BenchmarkHandles(b *testing.B) {
	for _, engine := range []dialect.Engine{dialect.PostgreSQL, dialect.MySQL, dialect.MariaDB} {
		env := enginetest.New(b, engine)
		for name, db := range map[string]*bun.DB{
			"opened": env.DB, "described": ownHandle(b, env, env.URL, true, nil), "foreign": ownHandle(b, env, env.URL, false, nil),
			"traced": env.Open(b, chameleon.WithTracer(silent{})),
		} {
			b.Run(fmt.Sprint(engine, "/", name), func(b *testing.B) {
				user := uuid.NewString()
				_, err := credits.Grant(b.Context(), db, credits.GrantParams{UserUUID: user, Amount: 1 << 40, Type: "gift"})
				require.NoError(b, err)
				for i := 0; b.Loop(); i++ {
					_, err := credits.Charge(b.Context(), db, credits.ChargeParams{UserUUID: user, Amount: 1, Key: fmt.Sprint(i)})
					require.NoError(b, err)
				}
			})
		}
	}
}
