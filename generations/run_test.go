package generations_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/generations"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// studio is what the tests of Run make generations in.
type studio struct {
	db    *bun.DB
	user  string
	calls atomic.Int64
}

// charged is a generation of 10 credits under a key.
func (s *studio) charged(key string, made func(context.Context, *generations.Generation) (*generations.Made, error)) generations.RunParams {
	order := image(s.user)
	order.Key, order.Cost = key, 10
	return generations.RunParams{Charge: &order, Make: func(ctx context.Context, g *generations.Generation) (*generations.Made, error) {
		s.calls.Add(1)
		return made(ctx, g)
	}}
}

// available is what the user can spend now.
func (s *studio) available(t *testing.T) int64 {
	t.Helper()
	b, err := credits.Balance(t.Context(), s.db, credits.BalanceParams{UserUUID: s.user})
	require.NoError(t, err)
	require.Zero(t, b.Held)
	return b.Available
}

func picture(context.Context, *generations.Generation) (*generations.Made, error) {
	return &generations.Made{ResultURLs: []string{"https://cdn.example.com/1.png"}}, nil
}

func TestRun(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		for name, test := range map[string]func(*testing.T, *studio){
			"is made once":               runOnce,
			"fails":                      runFails,
			"panics":                     runPanics,
			"streams":                    runStreams,
			"streams too much":           runStreamsTooMuch,
			"client goes away":           runAlone,
			"client goes away early":     runAbandoned,
			"several calls with one key": runTogether,
		} {
			t.Run(name, func(t *testing.T) { test(t, &studio{db: env.DB, user: rich(t, env.DB, 100)}) })
		}
	})
}

func runOnce(t *testing.T, s *studio) {
	for i := range 2 {
		result, err := generations.Run(t.Context(), s.db, s.charged("once", picture))
		require.NoError(t, err)
		assert.Equal(t, generations.StatusCompleted, result.Generation.Status)
		assert.Equal(t, i > 0, result.Replayed)
		urls, err := result.Generation.Results()
		require.NoError(t, err)
		assert.Equal(t, []string{"https://cdn.example.com/1.png"}, urls)
	}
	assert.EqualValues(t, 1, s.calls.Load())
	assert.EqualValues(t, 90, s.available(t))
}

func runFails(t *testing.T, s *studio) {
	busy := errors.New("the provider is busy")
	p := s.charged("fails", func(context.Context, *generations.Generation) (*generations.Made, error) { return nil, busy })
	result, err := generations.Run(t.Context(), s.db, p)
	require.ErrorIs(t, err, busy)
	assert.Equal(t, generations.StatusFailed, result.Generation.Status)
	assert.Equal(t, busy.Error(), result.Generation.ErrorMessage)
	assert.EqualValues(t, 100, s.available(t))
	_, err = generations.Run(t.Context(), s.db, p)
	require.ErrorIs(t, err, generations.ErrState)
	assert.EqualValues(t, 1, s.calls.Load())

	nothing := s.charged("nothing", func(context.Context, *generations.Generation) (*generations.Made, error) { return nil, nil })
	result, err = generations.Run(t.Context(), s.db, nothing)
	require.Error(t, err)
	assert.Equal(t, generations.StatusFailed, result.Generation.Status)
	assert.EqualValues(t, 100, s.available(t))
}

func runPanics(t *testing.T, s *studio) {
	p := s.charged("panics", func(context.Context, *generations.Generation) (*generations.Made, error) { panic("provider's library") })
	assert.PanicsWithValue(t, "provider's library", func() { _, _ = generations.Run(t.Context(), s.db, p) })
	assert.EqualValues(t, 100, s.available(t))
	g, err := generations.ChargeGeneration(t.Context(), s.db, *p.Charge)
	require.NoError(t, err)
	assert.Equal(t, generations.StatusFailed, g.Generation.Status)
}

func runStreams(t *testing.T, s *studio) {
	held := generations.HoldParams{
		UserUUID: s.user, AIType: generations.TypeText, Provider: "openai", Model: "gpt-5", Prompt: "why?", MaxCost: 50, At: time.Now(),
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	result, err := generations.Run(ctx, s.db, generations.RunParams{
		Hold: &held,
		Make: func(ctx context.Context, _ *generations.Generation) (*generations.Made, error) {
			cancel() // the client goes away in the middle of the answer
			<-ctx.Done()
			return &generations.Made{Cost: 7}, nil
		},
	})
	require.NoError(t, err)
	assert.Equal(t, generations.StatusCompleted, result.Generation.Status)
	assert.EqualValues(t, 93, s.available(t))
}

func runStreamsTooMuch(t *testing.T, s *studio) {
	held := generations.HoldParams{
		UserUUID: s.user, AIType: generations.TypeText, Provider: "openai", Model: "gpt-5", Prompt: "why?", MaxCost: 50, Key: "much",
	}
	p := generations.RunParams{Hold: &held, Make: func(context.Context, *generations.Generation) (*generations.Made, error) {
		s.calls.Add(1)
		return &generations.Made{Cost: 60}, nil
	}}
	result, err := generations.Run(t.Context(), s.db, p)
	var over *credits.ExceedsError
	require.ErrorAs(t, err, &over)
	assert.Equal(t, []int64{60, 50}, []int64{over.Asked, over.Left})
	assert.Equal(t, generations.StatusCompleted, result.Generation.Status)
	assert.EqualValues(t, 50, s.available(t))
	result, err = generations.Run(t.Context(), s.db, p)
	require.NoError(t, err)
	assert.True(t, result.Replayed)
	assert.EqualValues(t, 1, s.calls.Load())
}

func runAlone(t *testing.T, s *studio) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	p := s.charged("alone", func(ctx context.Context, g *generations.Generation) (*generations.Made, error) {
		cancel()
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		return picture(ctx, g)
	})
	p.Detached = true
	result, err := generations.Run(ctx, s.db, p)
	require.NoError(t, err)
	assert.Equal(t, generations.StatusCompleted, result.Generation.Status)

	ctx, cancel = context.WithCancel(t.Context())
	defer cancel()
	again := *p.Charge
	again.Key = "attached"
	p.Charge, p.Detached = &again, false
	result, err = generations.Run(ctx, s.db, p)
	require.ErrorIs(t, err, context.Canceled)
	assert.Equal(t, generations.StatusFailed, result.Generation.Status)
	assert.EqualValues(t, 90, s.available(t))
}

// leaving cancels the context of a call between the order of a generation and its start.
type leaving struct {
	leave   context.CancelFunc
	ordered bool
}

func (l *leaving) BeforeQuery(ctx context.Context, e *bun.QueryEvent) context.Context {
	if query := strings.ToUpper(e.Query); strings.Contains(query, "GENERATIONS") {
		if l.ordered && strings.HasPrefix(query, "SELECT") {
			l.leave()
		}
		l.ordered = l.ordered || strings.Contains(query, "INSERT")
	}
	return ctx
}

func (l *leaving) AfterQuery(context.Context, *bun.QueryEvent) {}

func runAbandoned(t *testing.T, s *studio) {
	for _, detached := range []bool{false, true} {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		p := s.charged("", picture)
		p.Detached = detached
		result, err := generations.Run(ctx, s.db.WithQueryHook(&leaving{leave: cancel}), p)
		require.ErrorIs(t, ctx.Err(), context.Canceled)
		if detached {
			require.NoError(t, err)
			assert.Equal(t, generations.StatusCompleted, result.Generation.Status)
			continue
		}
		require.ErrorIs(t, err, context.Canceled)
		assert.Equal(t, generations.StatusFailed, result.Generation.Status)
		assert.Zero(t, s.calls.Load(), "nobody is there to make it for")
		assert.EqualValues(t, 100, s.available(t))
	}
	assert.EqualValues(t, 90, s.available(t))
}

func runTogether(t *testing.T, s *studio) {
	var together sync.WaitGroup
	errs := make([]error, 6)
	for i := range errs {
		together.Go(func() { _, errs[i] = generations.Run(t.Context(), s.db, s.charged("together", picture)) })
	}
	together.Wait()
	for _, err := range errs {
		if err != nil {
			require.ErrorIs(t, err, generations.ErrRunning)
		}
	}
	assert.EqualValues(t, 1, s.calls.Load())
	assert.EqualValues(t, 90, s.available(t))
}

func TestRunRefuses(t *testing.T) {
	t.Parallel()
	order := image("5f3e6a6e-7f3b-4c55-9b8f-0d4b8c7a1f00")
	for field, p := range map[string]generations.RunParams{
		"Charge":  {Make: picture},
		"Hold":    {Charge: &order, Hold: &generations.HoldParams{}, Make: picture},
		"Make":    {Charge: &order},
		"Timeout": {Charge: &order, Make: picture, Timeout: -1},
	} {
		_, err := generations.Run(t.Context(), nil, p)
		var invalid *generations.InvalidError
		require.ErrorAs(t, err, &invalid, field)
		assert.Equal(t, field, invalid.Field)
	}
}
