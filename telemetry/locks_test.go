package telemetry_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/telemetry"
)

// What is spent waiting for an account that another holds is told: by the statement
// that waited, and by the attempt that it ended.
func TestLockWaits(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx, user := t.Context(), "ada"
		_, err := credits.Grant(ctx, env.DB, credits.GrantParams{UserUUID: user, Amount: 9, Type: "gift"})
		require.NoError(t, err)
		reader := metric.NewManualReader()
		seen, err := telemetry.New(telemetry.Params{MeterProvider: metric.NewMeterProvider(metric.WithReader(reader))})
		require.NoError(t, err)
		db := env.Open(t, chameleon.WithTracer(seen), chameleon.WithObserver(seen))

		_, err = credits.Hold(ctx, db, credits.HoldParams{UserUUID: user, Amount: 1, Key: "free"})
		require.NoError(t, err)
		locks, failures := told(t, reader)
		assert.Contains(t, locks, `"Count":1`)
		assert.NotContains(t, locks, "error.type")
		assert.Empty(t, failures)

		holder, err := env.DB.BeginTx(ctx, nil)
		require.NoError(t, err)
		_, err = holder.NewRaw("UPDATE credits SET left_credits = left_credits WHERE user_uuid = ?", user).Exec(ctx)
		require.NoError(t, err)
		short, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
		defer cancel()
		_, err = credits.Hold(short, db, credits.HoldParams{UserUUID: user, Amount: 1, Key: "held"})
		require.Error(t, err)
		require.NoError(t, holder.Rollback())
		locks, failures = told(t, reader)
		for _, shown := range []string{locks, failures} {
			assert.Regexp(t, `"error.type","Value":\{"Type":"STRING","Value":"(timeout|conflict|canceled)"`, shown)
		}
	})
}

// told are the metrics of locks and of attempts that did not go through, as JSON.
func told(t *testing.T, reader *metric.ManualReader) (locks, failures string) {
	t.Helper()
	var all metricdata.ResourceMetrics
	require.NoError(t, reader.Collect(t.Context(), &all))
	for _, m := range all.ScopeMetrics[0].Metrics {
		text, err := json.Marshal(m.Data)
		require.NoError(t, err)
		switch {
		case m.Name == "chameleon.lock.duration":
			locks = string(text)
		case strings.HasPrefix(m.Name, "chameleon.transaction."):
			failures += string(text)
		}
	}
	return locks, failures
}
