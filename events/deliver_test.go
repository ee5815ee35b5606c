package events_test

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/events"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// taken are the events that handlers took, by account.
type taken struct {
	mu   sync.Mutex
	seqs map[string][]int64
	fail func(e events.Event) error
}

func (r *taken) handle(_ context.Context, e events.Event) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fail != nil {
		if err := r.fail(e); err != nil {
			return err
		}
	}
	if r.seqs == nil {
		r.seqs = map[string][]int64{}
	}
	r.seqs[e.Account] = append(r.seqs[e.Account], e.Seq)
	return nil
}

func emit(t *testing.T, db bun.IDB, user string, n int) {
	t.Helper()
	for range n {
		_, err := credits.Emit(context.Background(), db, credits.EmitParams{UserUUID: user, Type: "test", Data: map[string]any{"a_b": 1}})
		require.NoError(t, err)
	}
}

func deliver(t *testing.T, db *bun.DB, p events.DeliverParams) events.DeliverResult {
	t.Helper()
	done, err := events.Deliver(context.Background(), db, p)
	require.NoError(t, err)
	return *done
}

// due lets what waits for a retry, or for a lease to end, be due now.
func due(t *testing.T, db bun.IDB, user string) {
	t.Helper()
	_, err := db.NewUpdate().Model((*events.Record)(nil)).Set("due_us = 1").
		Where("user_uuid = ? AND due_us IS NOT NULL", user).Exec(context.Background())
	require.NoError(t, err)
}

func TestDelivery(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		t.Run("by several processes, in the order of each account", func(t *testing.T) { severalDeliver(t, env) })
		t.Run("a failure is tried again, then parked", func(t *testing.T) { failureIsParked(t, env) })
		t.Run("what a crash left is delivered again", func(t *testing.T) { crashIsMended(t, env) })
		t.Run("what was delivered is removed", func(t *testing.T) { deliveredIsRemoved(t, env) })
	})
}

func severalDeliver(t *testing.T, env *enginetest.Env) {
	users := []string{uuid.NewString(), uuid.NewString(), uuid.NewString()}
	for _, user := range users {
		emit(t, env.DB, user, 4)
	}
	got := &taken{}
	var all sync.WaitGroup
	var delivered [3]int64
	for i := range delivered {
		all.Go(func() {
			if i == 0 {
				emit(t, env.DB, users[0], 2) // meanwhile
			}
			done, err := events.Deliver(context.Background(), env.DB, events.DeliverParams{Handler: got.handle})
			if err == nil {
				delivered[i] = done.Delivered
			}
		})
	}
	all.Wait()
	last := deliver(t, env.DB, events.DeliverParams{Handler: got.handle})
	require.EqualValues(t, 14, delivered[0]+delivered[1]+delivered[2]+last.Delivered)
	require.Equal(t, []int64{1, 2, 3, 4, 5, 6}, got.seqs[users[0]])
	require.Equal(t, []int64{1, 2, 3, 4}, got.seqs[users[1]])
	require.Equal(t, []int64{1, 2, 3, 4}, got.seqs[users[2]])
}

func failureIsParked(t *testing.T, env *enginetest.Env) {
	ctx := context.Background()
	user, other := uuid.NewString(), uuid.NewString()
	emit(t, env.DB, user, 3)
	emit(t, env.DB, other, 1)
	got := &taken{fail: func(e events.Event) error {
		if e.Account == user && e.Seq == 2 {
			return errors.New("no answer")
		}
		return nil
	}}
	p := events.DeliverParams{Handler: got.handle, MaxAttempts: 2, RetryAfter: time.Hour}
	require.Equal(t, events.DeliverResult{Delivered: 2, Failed: 1}, deliver(t, env.DB, p))
	emit(t, env.DB, user, 1)
	require.Zero(t, deliver(t, env.DB, p), "later events wait for the one that failed")
	require.Equal(t, []int64{1}, got.seqs[user])
	due(t, env.DB, user)
	require.Equal(t, events.DeliverResult{Delivered: 2, Failed: 1, Parked: 1}, deliver(t, env.DB, p))
	require.Equal(t, []int64{1, 3, 4}, got.seqs[user], "the account goes on without it")

	page, err := events.ListParked(ctx, env.DB, events.ListParkedParams{})
	require.NoError(t, err)
	require.Len(t, page.Items, 1)
	poison := page.Items[0]
	require.Equal(t, "no answer", poison.LastError)
	require.EqualValues(t, 2, poison.Attempts)
	named := events.RetryParams{UserUUID: user, Seq: poison.Seq}

	got.fail = func(events.Event) error { panic("no such thing") }
	_, err = events.Retry(ctx, env.DB, named)
	require.NoError(t, err)
	require.Equal(t, events.DeliverResult{Failed: 1}, deliver(t, env.DB, p), "a panic is a failure")
	_, err = events.Retry(ctx, env.DB, named)
	require.ErrorIs(t, err, events.ErrNotFound, "it is not parked")
	due(t, env.DB, user)
	got.fail = nil
	require.Equal(t, events.DeliverResult{Delivered: 1}, deliver(t, env.DB, p))
	require.Equal(t, []int64{1, 3, 4, 2}, got.seqs[user])

	emit(t, env.DB, user, 1)
	p.MaxAttempts, got.fail = 1, func(events.Event) error { return errors.New("never") }
	require.Equal(t, events.DeliverResult{Failed: 1, Parked: 1}, deliver(t, env.DB, p))
	_, err = events.Discard(ctx, env.DB, events.DiscardParams{UserUUID: user, Seq: 5})
	require.NoError(t, err)
	page, err = events.ListParked(ctx, env.DB, events.ListParkedParams{})
	require.NoError(t, err)
	require.Empty(t, page.Items)
}

// A process that dies, or comes back too late, leaves its lease. Whoever has it then
// delivers all that was not noted.
func crashIsMended(t *testing.T, env *enginetest.Env) {
	user := uuid.NewString()
	emit(t, env.DB, user, 3)
	second := &taken{}
	first := &taken{}
	first.fail = func(e events.Event) error {
		if e.Seq != 2 {
			return nil
		}
		require.Zero(t, deliver(t, env.DB, events.DeliverParams{Handler: second.handle}), "it is leased")
		due(t, env.DB, user) // the lease ends
		for range 3 {        // alone first, as what may have killed somebody
			deliver(t, env.DB, events.DeliverParams{Handler: second.handle})
		}
		return nil
	}
	done := deliver(t, env.DB, events.DeliverParams{Handler: first.handle})
	require.Equal(t, events.DeliverResult{Lost: 1}, done, "it writes nothing any more")
	require.Equal(t, []int64{1, 2, 3}, second.seqs[user])
	for _, e := range stored(t, env.DB, user) {
		require.NotZero(t, e.DoneUs)
		require.Zero(t, e.DueUs)
	}
}

func deliveredIsRemoved(t *testing.T, env *enginetest.Env) {
	ctx := context.Background()
	user := uuid.NewString()
	emit(t, env.DB, user, 2)
	var shown []string
	deliver(t, env.DB, events.DeliverParams{Handler: func(_ context.Context, e events.Event) error {
		text, err := json.Marshal(e)
		shown = append(shown, string(text))
		return err
	}})
	page, err := events.List(ctx, env.DB, events.ListParams{UserUUID: user})
	require.NoError(t, err)
	require.Len(t, page.Items, 2)
	first := page.Items[1]
	require.JSONEq(t, `{"id":"`+first.EventID+`","type":"test","version":1,"account":"`+user+`","seq":1,"at":"`+
		time.UnixMicro(first.AtUs).UTC().Format(time.RFC3339Nano)+`","data":{"a_b":1}}`, shown[0])
	emit(t, env.DB, user, 1)
	_, err = env.DB.NewUpdate().Model((*events.Record)(nil)).Set("done_us = 1").
		Where("user_uuid = ? AND seq = 1", user).Exec(ctx)
	require.NoError(t, err)
	done, err := events.Purge(ctx, env.DB, events.PurgeParams{})
	require.NoError(t, err)
	require.EqualValues(t, 1, done.Removed)
	forgot, err := events.Forget(ctx, env.DB, events.ForgetParams{UserUUID: user})
	require.NoError(t, err)
	require.EqualValues(t, 1, forgot.Removed)
	require.Equal(t, events.DeliverResult{Delivered: 1}, deliver(t, env.DB, events.DeliverParams{Handler: (&taken{}).handle}),
		"what waits is still delivered")
}
