package rivertest_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/riverqueue/river/rivertype"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/bridge/pgxtx"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/events"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// deliverEvents is a job that is inserted with a change, and delivers what it wrote.
type deliverEvents struct{}

func (deliverEvents) Kind() string { return "deliver_events" }

// deliverer delivers all events that are due. A failure has River try again.
type deliverer struct {
	river.WorkerDefaults[deliverEvents]
	db     *bun.DB
	handle events.Handler
}

func (w *deliverer) Work(ctx context.Context, _ *river.Job[deliverEvents]) error {
	done, err := events.Deliver(ctx, w.db, events.DeliverParams{Handler: w.handle, RetryAfter: time.Microsecond})
	if err == nil && done.Failed > 0 {
		err = errFault
	}
	return err
}

// TestRiverDeliversEvents: the change, its event and the job are one commit, nobody
// polls, and a handler that fails is called again.
func TestRiverDeliversEvents(t *testing.T) {
	t.Parallel()
	env := enginetest.New(t, dialect.PostgreSQL)
	pool, err := pgxpool.New(t.Context(), env.URL)
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	migrator, err := rivermigrate.New(riverpgxv5.New(pool), nil)
	require.NoError(t, err)
	_, err = migrator.Migrate(t.Context(), rivermigrate.DirectionUp, nil)
	require.NoError(t, err)

	var taken []events.Event
	failed := false
	workers := river.NewWorkers()
	river.AddWorker(workers, &deliverer{db: env.DB, handle: func(_ context.Context, e events.Event) error {
		if !failed {
			failed = true
			return errors.New("no answer")
		}
		taken = append(taken, e)
		return nil
	}})
	client, err := river.NewClient(riverpgxv5.New(pool), &river.Config{
		Queues:  map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: 1}},
		Workers: workers, RetryPolicy: atOnce{},
	})
	require.NoError(t, err)
	bridge := pgxtx.New().WithEvents()
	user := uuid.NewString()
	grant := func(amount int64, end func(tx pgx.Tx) error) {
		tx, err := pool.Begin(t.Context())
		require.NoError(t, err)
		require.NoError(t, bridge.In(t.Context(), tx, func(ctx context.Context, tx bun.Tx) error {
			_, err := credits.Grant(ctx, tx, credits.GrantParams{UserUUID: user, Amount: amount, Type: "test"})
			return err
		}))
		_, err = client.InsertTx(t.Context(), tx, deliverEvents{}, nil)
		require.NoError(t, err)
		require.NoError(t, end(tx))
	}
	grant(1, func(tx pgx.Tx) error { return tx.Rollback(t.Context()) })
	grant(2, func(tx pgx.Tx) error { return tx.Commit(t.Context()) })

	ended, stop := client.Subscribe(river.EventKindJobCompleted)
	defer stop()
	require.NoError(t, client.Start(t.Context()))
	job := <-ended
	require.NoError(t, client.Stop(t.Context()))
	require.Equal(t, rivertype.JobStateCompleted, job.Job.State)
	require.Len(t, taken, 1)
	require.Equal(t, events.TypeCreditsGranted, taken[0].Type)
	require.EqualValues(t, 2, taken[0].Attempt)
	require.JSONEq(t, `{"amount":2,"trans_type":"test","available":2,"balance":2}`, string(taken[0].Data))
}
