package credits_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/internal/wire"
)

// TestSumsSurviveKills works a few accounts from many goroutines while contexts
// are canceled and connections cut at random. Whoever does not learn what
// became of a call repeats it with the same key. In the end every call that was
// answered happened once, and none besides.
func TestSumsSurviveKills(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		killRound(t, env, 6, 20)
	})
}

// killer is one round of work under kills.
type killer struct {
	*testing.T
	db       *bun.DB
	accounts []string

	mu   sync.Mutex
	done map[string][]*credits.Operation // by account
	// interrupted counts the calls whose outcome was not learned at once.
	interrupted int
}

func killRound(t *testing.T, env *enginetest.Env, workers, calls int) {
	t.Helper()
	k := &killer{T: t, db: env.DB, done: map[string][]*credits.Operation{}}
	for range 3 {
		k.accounts = append(k.accounts, uuid.NewString())
	}
	stop := k.sabotage(env)
	together(workers, func(worker int) {
		for i := range calls {
			k.call(k.drawWork(fmt.Sprintf("%d.%d", worker, i)))
		}
	})
	stop()
	assert.Positive(t, k.interrupted, "nothing was interrupted")
	for _, user := range k.accounts {
		k.settle(env.DB, user)
	}
}

// kills bounds the connections that one round cuts, so that it ends on a slow
// machine too.
const kills = 25

// sabotage cuts a busy connection now and then, where there are any: SQLite is
// reached without.
func (k *killer) sabotage(env *enginetest.Env) (stop func()) {
	if env.Engine == dialect.SQLite {
		return func() {}
	}
	proxy, through := wire.Before(k.T, env.URL)
	db, err := chameleon.Open(k.Context(), through, chameleon.WithPoolSize(8))
	require.NoError(k, err)
	k.Cleanup(func() { assert.NoError(k, db.Close()) })
	k.db = db
	ctx, cancel := context.WithCancel(k.Context())
	var group sync.WaitGroup
	group.Go(func() {
		for range kills {
			select {
			case <-ctx.Done():
				return
			case <-time.After(rand.N(60 * time.Millisecond)):
				proxy.DropOne()
			}
		}
	})
	return func() {
		cancel()
		group.Wait()
	}
}

func (k *killer) drawWork(key string) credits.Op {
	user := k.accounts[rand.IntN(len(k.accounts))]
	amount := rand.Int64N(9) + 1
	k.mu.Lock()
	var past string
	if n := len(k.done[user]); n > 0 {
		past = k.done[user][rand.IntN(n)].Key
	}
	k.mu.Unlock()
	switch n := rand.IntN(10); {
	case n < 3 || past == "":
		return credits.GrantParams{UserUUID: user, Amount: 3 * amount, Type: "gift", Key: key, At: start}
	case n < 7:
		return credits.ChargeParams{UserUUID: user, Amount: amount, Key: key, At: start}
	case n < 8:
		return credits.RefundParams{UserUUID: user, ChargeKey: past, Key: key, At: start}
	case n < 9:
		return credits.HoldParams{UserUUID: user, Amount: amount, Key: key, At: start}
	default:
		return credits.CaptureParams{UserUUID: user, HoldKey: past, Key: key, At: start}
	}
}

// call repeats one operation until its outcome is known.
func (k *killer) call(op credits.Op) {
	for attempt := 0; ; attempt++ {
		ctx, cancel := context.WithCancel(k.Context())
		if attempt < 3 && rand.IntN(3) == 0 {
			ctx, cancel = context.WithTimeout(k.Context(), rand.N(3*time.Millisecond))
		}
		got, err := call(ctx, k.db, op)
		cancel()
		if failed := (*dialect.Error)(nil); errors.As(err, &failed) {
			k.mu.Lock()
			k.interrupted++
			k.mu.Unlock()
			if attempt < 200 {
				continue
			}
		}
		if err != nil {
			// A refusal: another operation came before. Anything else is wrong.
			assert.True(k, refused(err), "after %d attempts: %v", attempt, err)
			return
		}
		user, _ := nameOf(op)
		k.mu.Lock()
		k.done[user] = append(k.done[user], got)
		k.mu.Unlock()
		return
	}
}

func refused(err error) bool {
	for _, target := range []error{credits.ErrInsufficient, credits.ErrNotFound, credits.ErrExceeds, credits.ErrHoldEnded} {
		if errors.Is(err, target) {
			return true
		}
	}
	return false
}

// settle checks that an account holds the operations that were answered, each
// once and as it was answered, and no other.
func (k *killer) settle(db *bun.DB, user string) {
	k.Helper()
	s := checkInvariants(k.Context(), k, db, user)
	written := map[string][]credits.Entry{}
	for _, e := range s.Entries {
		written[s.Entries[e.OpSeq-1].OpKey] = append(written[s.Entries[e.OpSeq-1].OpKey], e)
	}
	var sum int64
	for _, op := range k.done[user] {
		assert.Equal(k, show(op.Entries), show(written[op.Key]), "operation %s", op.Key)
		delete(written, op.Key)
		for _, e := range op.Entries {
			sum += e.Credits
		}
	}
	assert.Empty(k, written, "operations that nobody was told of")
	if s.Row != nil {
		assert.Equal(k, sum, s.Row.Balance)
	}
}
