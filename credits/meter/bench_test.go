package meter

import (
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// BenchmarkTake counts one credit at a time, by all processors, leases included.
func BenchmarkTake(b *testing.B) {
	env := enginetest.New(b, dialect.SQLite)
	user := uuid.NewString()
	_, err := credits.Grant(b.Context(), env.DB, credits.GrantParams{UserUUID: user, Amount: 1 << 40, Type: "gift"})
	require.NoError(b, err)
	m, err := New(Params{DB: env.DB, UserUUID: user, Lease: 100_000})
	require.NoError(b, err)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := m.Take(b.Context(), 1); err != nil {
				b.Error(err)
				return
			}
		}
	})
	require.NoError(b, m.Close(b.Context()))
}
