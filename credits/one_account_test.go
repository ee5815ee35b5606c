package credits_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"
	bundialect "github.com/uptrace/bun/dialect"
	"github.com/uptrace/bun/dialect/mysqldialect"
	"github.com/uptrace/bun/dialect/pgdialect"
	"github.com/uptrace/bun/dialect/sqlitedialect"
	"github.com/uptrace/bun/schema"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// statements keeps what a handle sends.
type statements struct {
	mu   sync.Mutex
	sent []string
}

func (s *statements) BeforeQuery(ctx context.Context, e *bun.QueryEvent) context.Context {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sent = append(s.sent, e.Query)
	return ctx
}

func (*statements) AfterQuery(context.Context, *bun.QueryEvent) {}

// locking lists for each statement that locks or founds accounts which of the
// users it names.
func (s *statements) locking(users []string) [][]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out [][]string
	for _, statement := range s.sent {
		founds := strings.HasPrefix(strings.NewReplacer("`", "", `"`, "").Replace(statement), "INSERT INTO credits (")
		if !founds && !strings.Contains(statement, "FOR UPDATE") {
			continue
		}
		var named []string
		for _, user := range users {
			if strings.Contains(statement, user) {
				named = append(named, user)
			}
		}
		out = append(out, named)
	}
	s.sent = nil
	return out
}

// stockDialect is bun's own dialect of the engine behind db.
func stockDialect(db *bun.DB) schema.Dialect {
	switch db.Dialect().Name() {
	case bundialect.PG:
		return pgdialect.New()
	case bundialect.MySQL:
		return mysqldialect.New(mysqldialect.WithTimeLocation("UTC"))
	}
	return sqlitedialect.New()
}

// TestShardedLocksOneAccountAStatement: over shards no statement founds or locks
// two accounts, and nobody who waits for one holds a later one, whether the
// handle is known to be sharded or is a stranger's.
func TestShardedLocksOneAccountAStatement(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		users := make([]string, 5)
		for i := range users {
			users[i] = uuid.NewString()
		}
		slices.Sort(users)
		batch := func(key string) credits.PostParams {
			var p credits.PostParams
			for _, user := range slices.Backward(users) {
				p.Ops = append(p.Ops, credits.GrantParams{UserUUID: user, Amount: 5, Type: "gift", Key: key, At: start})
			}
			return p
		}
		sharded := env.Open(t, chameleon.WithSharding(true))
		foreign := bun.NewDB(sharded.DB, stockDialect(sharded))
		var last []string
		for i, db := range []*bun.DB{sharded, sharded, foreign} {
			seen := &statements{}
			_, err := credits.Post(t.Context(), db.WithQueryHook(seen), batch(fmt.Sprint("k", i)))
			require.NoError(t, err)
			last = nil
			for _, named := range seen.locking(users) {
				if assert.Len(t, named, 1, "accounts of one statement") && !slices.Contains(last, named[0]) {
					last = append(last, named[0])
				}
			}
			if db.Dialect().Name().String() != "sqlite" {
				assert.Equal(t, users, last, "each is founded and locked before the next")
			}
		}
		seen := &statements{}
		_, err := credits.Post(t.Context(), env.DB.WithQueryHook(seen), batch("together"))
		require.NoError(t, err)
		atOnce := len(users)
		if env.IsTiDB() || env.Sharded { // TiDB's unions lock nothing
			atOnce = 1
		}
		for _, named := range seen.locking(users) {
			assert.Len(t, named, atOnce, "one server locks them by one statement")
		}
	})
}
