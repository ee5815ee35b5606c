package maintain_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/credits/audit"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/generations"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/maintain"
)

// clock is a test's: it stands still, and who sleeps is woken by the test.
type clock struct {
	now   time.Time
	slept chan time.Duration
	wake  chan struct{}
}

func newClock(now time.Time) *clock {
	return &clock{now: now, slept: make(chan time.Duration), wake: make(chan struct{})}
}

func (c *clock) Now() time.Time { return c.now }

func (c *clock) Sleep(ctx context.Context, d time.Duration) error {
	select {
	case c.slept <- d:
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case <-c.wake:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func silent() *slog.Logger { return slog.New(slog.DiscardHandler) }

const chargedUser = "0190c7a2-7f6a-7c3e-9f2b-1d2e3f405162"

// due leaves a grant that expires, a hold that times out and a generation that gets
// stuck, and returns the clock by which all are due.
func due(t *testing.T, env *enginetest.Env) *clock {
	t.Helper()
	ctx, now := t.Context(), time.Now()
	for _, user := range []string{"a", "b", chargedUser} {
		_, err := credits.Grant(ctx, env.DB, credits.GrantParams{
			UserUUID: user, Key: "soon", Type: "gift", Amount: 7, ExpiresAt: now.Add(time.Hour),
		})
		require.NoError(t, err)
		_, err = credits.Grant(ctx, env.DB, credits.GrantParams{UserUUID: user, Key: "never", Type: "gift", Amount: 20})
		require.NoError(t, err)
	}
	_, err := credits.Hold(ctx, env.DB, credits.HoldParams{UserUUID: "b", Key: "h", Type: "gift", Amount: 9})
	require.NoError(t, err)
	_, err = generations.ChargeGeneration(ctx, env.DB, generations.ChargeParams{
		UserUUID: chargedUser, Key: "g", AIType: generations.TypeImage, Provider: "openai", Model: "dall-e-3", Prompt: "x",
		Prices: generations.DefaultPrices(),
	})
	require.NoError(t, err)
	return newClock(now.Add(24 * time.Hour))
}

// TestOnce: everything that is due is done once, however many processes do it at the
// same time, and heads are kept that Verify takes.
func TestOnce(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		dir := t.TempDir()
		p := maintain.Params{Once: true, Clock: due(t, env), MaxAhead: credits.AnyTime, Logger: silent()}
		reports := make([]*maintain.Report, 3)
		var all sync.WaitGroup
		for i := range reports {
			all.Go(func() {
				mine := p
				if i == 0 {
					mine.ExportHeads = maintain.HeadsTo(dir)
				}
				report, err := maintain.Run(t.Context(), env.DB, mine)
				assert.NoError(t, err)
				assert.False(t, report.Failed())
				reports[i] = report
			})
		}
		all.Wait()
		done, sum := map[maintain.Task]int64{}, map[maintain.Task]int64{}
		for _, report := range reports {
			for _, o := range report.Tasks {
				done[o.Task] += o.Done
				sum[o.Task] += o.Credits
			}
		}
		assert.EqualValues(t, 3, done[maintain.TaskExpire])
		assert.EqualValues(t, 7+7+2, sum[maintain.TaskExpire], "what was left: one spent 5 of what expires")
		assert.EqualValues(t, 1, done[maintain.TaskFailStuck])
		assert.EqualValues(t, 5, sum[maintain.TaskFailStuck])
		assert.EqualValues(t, 3, done[maintain.TaskHeads])

		files, err := filepath.Glob(filepath.Join(dir, "*"))
		require.NoError(t, err)
		require.Len(t, files, 1)
		file, err := os.Open(files[0])
		require.NoError(t, err)
		heads, err := maintain.ReadHeads(file)
		require.NoError(t, errors.Join(err, file.Close()))
		assert.Len(t, heads, 3)
		verified, err := audit.Verify(t.Context(), env.DB, audit.VerifyParams{Against: heads})
		require.NoError(t, err)
		assert.True(t, verified.OK(), verified.Breaches)
	})
}

// TestLoop: a task that fails is tried again soon, then less so, and as ever once it
// worked; Run ends with its context.
func TestLoop(t *testing.T) {
	t.Parallel()
	env := enginetest.New(t, dialect.SQLite)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	clock, outcomes := newClock(time.Now()), make(chan maintain.Outcome)
	broken := true
	ended := make(chan *maintain.Report)
	go func() {
		report, err := maintain.Run(ctx, env.DB, maintain.Params{
			ExpireEvery: -1, FailStuckEvery: -1, PayOutEvery: -1, PurgeEvery: -1, TotalsEvery: -1, HeadsEvery: time.Minute, RetryAfter: time.Second,
			Clock: clock, Logger: silent(), OnOutcome: func(o maintain.Outcome) { outcomes <- o },
			ExportHeads: func(context.Context, time.Time, maintain.Heads) error {
				if broken {
					return errors.New("the disk is full")
				}
				return nil
			},
		})
		assert.NoError(t, err)
		ended <- report
	}()
	for round, bound := range []time.Duration{3 * time.Second, time.Second, 2 * time.Second, 4 * time.Second, time.Minute} {
		slept := <-clock.slept
		assert.InDelta(t, bound.Seconds(), slept.Seconds(), bound.Seconds()*0.11, "round %d", round)
		broken = round < 3
		clock.wake <- struct{}{}
		o := <-outcomes
		assert.Equal(t, broken, o.Err != nil, "round %d", round)
	}
	<-clock.slept
	cancel()
	report := <-ended
	require.Len(t, report.Tasks, 1)
	assert.False(t, report.Failed(), "the latest run worked")
}

// TestFailures: with Once a failure is returned, what could not be worked on is set
// aside and told, and a context that has ended is no failure.
func TestFailures(t *testing.T) {
	t.Parallel()
	env := enginetest.New(t, dialect.SQLite)
	p := maintain.Params{Once: true, Clock: due(t, env), MaxAhead: credits.AnyTime, Logger: silent()}
	_, err := env.DB.ExecContext(t.Context(), "UPDATE credits_lots SET free = free + 1 WHERE user_uuid = 'a'")
	require.NoError(t, err)
	_, err = env.DB.ExecContext(t.Context(), "DROP TABLE payments; DROP TABLE orders")
	require.NoError(t, err)
	report, err := maintain.Run(t.Context(), env.DB, p)
	require.ErrorIs(t, err, dialect.ErrSchemaMissing)
	assert.True(t, report.Failed())
	text, err := json.Marshal(report)
	require.NoError(t, err)
	assert.Contains(t, string(text), `"error":"sqlite: table or column missing`)
	for _, o := range report.Tasks {
		if o.Task == maintain.TaskFailStuck {
			assert.EqualValues(t, 1, o.Done, "other tasks went on")
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	report, err = maintain.Run(ctx, env.DB, p)
	require.NoError(t, err)
	assert.Empty(t, report.Tasks)
	for field, wrong := range map[string]maintain.Params{
		"StuckAfter": {StuckAfter: -1}, "RetryAfter": {RetryAfter: -1}, "MaxAhead": {MaxAhead: -1},
		"Params": {ExpireEvery: -1, FailStuckEvery: -1, PayOutEvery: -1, PurgeEvery: -1, TotalsEvery: -1},
	} {
		_, err := maintain.Run(t.Context(), env.DB, wrong)
		assert.ErrorContains(t, err, field)
		assert.ErrorIs(t, err, dialect.ErrInvalid)
	}
}

// TestHeadsThatAreNone are refused, and a file that could not be written whole is not
// there.
func TestHeadsThatAreNone(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "{}", "[]", "x", `{"user_uuid":"u","hash":"h"`, `{"user_uuid":"u","hash":"h"} {}`} {
		_, err := maintain.ReadHeads(strings.NewReader(text))
		assert.ErrorIs(t, err, dialect.ErrInvalid, text)
	}
	dir := t.TempDir()
	err := maintain.HeadsTo(dir)(t.Context(), time.Now(), func(yield func(audit.ChainHead, error) bool) {
		_ = yield(audit.ChainHead{UserUUID: "u", Hash: "h"}, nil) && yield(audit.ChainHead{}, errors.New("gone"))
	})
	require.ErrorContains(t, err, "gone")
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Empty(t, left)
}
