package rivertest_test

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/riverqueue/river/rivertype"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/bridge/pgxtx"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/credits/audit"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// paint is a job that costs credits when it is worked on.
type paint struct {
	User   string `json:"user"`
	Amount int64  `json:"amount"`
	// Fault is what goes wrong at the first attempt.
	Fault string `json:"fault"`
}

func (paint) Kind() string { return "paint" }

// worker charges for a job and completes it in one commit.
type worker struct {
	river.WorkerDefaults[paint]
	pool   *pgxpool.Pool
	bridge *pgxtx.Bridge

	mu     sync.Mutex
	worked map[int64][]*credits.Operation // by job, in the order of its attempts
}

var errFault = errors.New("the attempt's fault")

func (w *worker) Work(ctx context.Context, job *river.Job[paint]) error {
	tx, err := w.pool.Begin(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	op, err := charge(ctx, w.bridge, tx, credits.ChargeParams{
		UserUUID: job.Args.User, Amount: job.Args.Amount, Key: "job:" + strconv.FormatInt(job.ID, 10),
	})
	if errors.Is(err, credits.ErrInsufficient) {
		return river.JobCancel(err)
	}
	if err != nil {
		return err
	}
	w.mu.Lock()
	w.worked[job.ID] = append(w.worked[job.ID], op)
	w.mu.Unlock()
	if job.Attempt == 1 {
		switch job.Args.Fault {
		case "before the commit":
			return errFault
		case "after the charge's commit":
			return errors.Join(tx.Commit(ctx), errFault)
		}
	}
	if _, err := river.JobCompleteTx[*riverpgxv5.Driver](ctx, tx, job); err != nil {
		return err
	}
	return tx.Commit(ctx)
}

func charge(ctx context.Context, bridge *pgxtx.Bridge, tx pgx.Tx, p credits.ChargeParams) (op *credits.Operation, err error) {
	err = bridge.In(ctx, tx, func(ctx context.Context, tx bun.Tx) error {
		op, err = credits.Charge(ctx, tx, p)
		return err
	})
	return op, err
}

// atOnce has an attempt that failed made again without a pause.
type atOnce struct{}

func (atOnce) NextRetry(*rivertype.JobRow) time.Time { return time.Now() }

// shop is a database with both: the ledger's tables and River's.
type shop struct {
	*testing.T
	env    *enginetest.Env
	pool   *pgxpool.Pool
	client *river.Client[pgx.Tx]
	worker *worker
}

func open(t *testing.T) *shop {
	t.Helper()
	env := enginetest.New(t, dialect.PostgreSQL)
	pool, err := pgxpool.New(t.Context(), env.URL)
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	migrator, err := rivermigrate.New(riverpgxv5.New(pool), nil)
	require.NoError(t, err)
	_, err = migrator.Migrate(t.Context(), rivermigrate.DirectionUp, nil)
	require.NoError(t, err)
	w := &worker{pool: pool, bridge: pgxtx.New(), worked: map[int64][]*credits.Operation{}}
	workers := river.NewWorkers()
	river.AddWorker(workers, w)
	client, err := river.NewClient(riverpgxv5.New(pool), &river.Config{
		Queues:  map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: 2}},
		Workers: workers, RetryPolicy: atOnce{},
	})
	require.NoError(t, err)
	return &shop{T: t, env: env, pool: pool, client: client, worker: w}
}

// account is a new one with so many credits.
func (s *shop) account(amount int64) string {
	s.Helper()
	user := uuid.NewString()
	_, err := credits.Grant(s.Context(), s.env.DB, credits.GrantParams{UserUUID: user, Amount: amount, Type: credits.TypeSystemAdd})
	require.NoError(s, err)
	return user
}

func (s *shop) available(user string) int64 {
	s.Helper()
	balance, err := credits.Balance(s.Context(), s.env.DB, credits.BalanceParams{UserUUID: user})
	require.NoError(s, err)
	return balance.Available
}

func (s *shop) jobs(state rivertype.JobState) int {
	s.Helper()
	found, err := s.client.JobList(s.Context(), river.NewJobListParams().States(state).First(100))
	require.NoError(s, err)
	return len(found.Jobs)
}

// TestJobAndChargeInOneCommit: who orders a job pays in the same transaction; a
// refusal leaves it usable, a repeated call pays once, a rollback leaves neither.
func TestJobAndChargeInOneCommit(t *testing.T) {
	t.Parallel()
	s := open(t)
	user := s.account(100)
	pay := func(tx pgx.Tx, amount int64, key string) (*credits.Operation, error) {
		return charge(t.Context(), s.worker.bridge, tx, credits.ChargeParams{UserUUID: user, Amount: amount, Key: key})
	}

	tx, err := s.pool.Begin(t.Context())
	require.NoError(t, err)
	_, err = s.client.InsertTx(t.Context(), tx, paint{User: user}, nil)
	require.NoError(t, err)
	_, err = pay(tx, 30, "order")
	require.NoError(t, err)
	require.NoError(t, tx.Rollback(t.Context()))
	assert.EqualValues(t, 100, s.available(user))
	assert.Zero(t, s.jobs(rivertype.JobStateAvailable))

	for _, replayed := range []bool{false, true} {
		tx, err = s.pool.Begin(t.Context())
		require.NoError(t, err)
		op, err := pay(tx, 30, "order")
		require.NoError(t, err)
		assert.Equal(t, replayed, op.Replayed)
		_, err = pay(tx, 500, "too much")
		require.ErrorIs(t, err, credits.ErrInsufficient)
		_, err = pay(tx, 31, "order")
		require.ErrorIs(t, err, credits.ErrKeyReused)
		if !op.Replayed {
			_, err = s.client.InsertTx(t.Context(), tx, paint{User: user}, nil)
			require.NoError(t, err)
		}
		require.NoError(t, tx.Commit(t.Context()))
	}
	assert.EqualValues(t, 70, s.available(user))
	assert.Equal(t, 1, s.jobs(rivertype.JobStateAvailable))
}

// TestWorkerChargesOnce: whatever becomes of an attempt, before or after the
// charge's commit, a job that is done was paid for once.
func TestWorkerChargesOnce(t *testing.T) {
	t.Parallel()
	s := open(t)
	user, poor := s.account(100), s.account(5)
	ended, stop := s.client.Subscribe(river.EventKindJobCompleted, river.EventKindJobCancelled)
	defer stop()
	orders := []paint{
		{User: user, Amount: 10},
		{User: user, Amount: 20, Fault: "before the commit"},
		{User: user, Amount: 30, Fault: "after the charge's commit"},
		{User: poor, Amount: 6},
	}
	ids := make([]int64, len(orders))
	for i, order := range orders {
		inserted, err := s.client.Insert(t.Context(), order, nil)
		require.NoError(t, err)
		ids[i] = inserted.Job.ID
	}
	require.NoError(t, s.client.Start(t.Context()))
	t.Cleanup(func() { assert.NoError(t, s.client.Stop(context.Background())) })
	for range orders {
		select {
		case <-ended:
		case <-time.After(2 * time.Minute):
			require.Fail(t, "a job has not ended")
		}
	}
	assert.EqualValues(t, 40, s.available(user))
	assert.EqualValues(t, 5, s.available(poor))
	assert.Equal(t, 3, s.jobs(rivertype.JobStateCompleted))
	assert.Equal(t, 1, s.jobs(rivertype.JobStateCancelled))
	s.worker.mu.Lock()
	defer s.worker.mu.Unlock()
	for i, replays := range [][]bool{{false}, {false, false}, {false, true}, nil} {
		var told []bool
		for _, op := range s.worker.worked[ids[i]] {
			told = append(told, op.Replayed)
		}
		assert.Equal(t, replays, told, "job %d", i)
	}
	report, err := audit.Verify(t.Context(), s.env.DB, audit.VerifyParams{})
	require.NoError(t, err)
	assert.True(t, report.OK(), "%+v", report.Breaches)
}
