package sqltx_test

import (
	"database/sql"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/bridge/sqltx"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/internal/wire"
)

// TestDescribedBridge: where a team says what its handle can do, a charge that fits
// is one statement in its *sql.Tx, on MySQL and MariaDB after a look at the session's
// zone, and what it does is the same. On SQLite nothing is there to be saved, and
// nothing changes.
func TestDescribedBridge(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		m := newTeam(t, env)
		requests := m.counted()
		caps := dialect.Of(env.DB)
		described := sqltx.New(dialect.Describe(stock(env.Engine), dialect.Capabilities{
			Engine: env.Engine, MultiStatements: caps.MultiStatements, Prepared: caps.Prepared,
		}))
		most := map[dialect.Engine]int{dialect.PostgreSQL: 1, dialect.MySQL: 2, dialect.MariaDB: 2}[env.Engine]
		left := int64(100)
		for i, bridge := range []*sqltx.Bridge{described, m.bridge} {
			m.bridge = bridge
			tx := m.begin(&sql.TxOptions{})
			for j := range 3 {
				requests()
				key := strconv.Itoa(i) + "-" + strconv.Itoa(j)
				op, err := m.charge(tx, 7, key)
				require.NoError(t, err)
				left -= 7
				require.Equal(t, left, op.Available)
				n := requests()
				if j > 0 && env.Engine != dialect.SQLite { // the first looks at the session
					assert.Equal(t, i == 0, n <= most, "described %t: %d requests", i == 0, n)
				}
				again, err := m.charge(tx, 7, key)
				require.NoError(t, err)
				require.True(t, again.Replayed)
				require.Equal(t, op.Entries[0].Hash, again.Entries[0].Hash)
			}
			_, err := m.charge(tx, 500, "too much")
			require.ErrorIs(t, err, credits.ErrInsufficient)
			_, err = m.charge(tx, 8, strconv.Itoa(i)+"-0")
			require.ErrorIs(t, err, credits.ErrKeyReused)
			m.job(tx, strconv.Itoa(i))
			require.NoError(t, tx.Commit())

			tx = m.begin(nil)
			_, err = m.charge(tx, 7, "undone"+strconv.Itoa(i))
			require.NoError(t, err)
			require.NoError(t, tx.Rollback())
		}
		m.is(left, 2)
	})
}

// counted puts a proxy before the server, and returns what counts the requests
// through it since it was called last; on SQLite there are none.
func (m *team) counted() func() int {
	m.Helper()
	if m.env.Engine == dialect.SQLite {
		return func() int { return 0 }
	}
	proxy, through := wire.Before(m.T, m.env.URL)
	behind := *m.env
	behind.URL = through
	m.db = behind.Open(m.T).DB
	return proxy.Requests
}
