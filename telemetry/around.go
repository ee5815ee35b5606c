package telemetry

import (
	"context"
	"errors"

	"github.com/uptrace/bun"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/maintain"
	"github.com/chameleon-go/chameleon/orders"
	"github.com/chameleon-go/chameleon/orders/webhook"
)

// Webhook counts the events of a payment provider. Pass it to a Handler of orders/stripe
// or orders/creem; next, if not nil, is called after it.
func (t *Telemetry) Webhook(
	next func(ctx context.Context, result *webhook.Result, err error),
) func(ctx context.Context, result *webhook.Result, err error) {
	return func(ctx context.Context, result *webhook.Result, err error) {
		provider, event, outcome := "", "", outcomeOf(result, err)
		if refused, ok := errors.AsType[*webhook.Error](err); ok {
			provider, event = refused.Provider, refused.EventType
		}
		if result != nil {
			event = result.EventType
			if result.Order != nil && result.Order.Order != nil {
				provider = string(result.Order.Order.PayType)
			}
		}
		t.webhooks.Add(ctx, 1, metric.WithAttributes(
			attribute.String("chameleon.provider", provider), attribute.String("chameleon.event", event),
			attribute.String("chameleon.outcome", outcome),
		))
		if next != nil {
			next(ctx, result, err)
		}
	}
}

// outcomeOf returns one word for the outcome of an event.
func outcomeOf(result *webhook.Result, err error) string {
	switch {
	case errors.Is(err, webhook.ErrSignature), errors.Is(err, webhook.ErrStale):
		return "unsigned"
	case errors.Is(err, webhook.ErrUnknownEvent):
		return "ignored"
	case errors.Is(err, webhook.ErrNotOurs), errors.Is(err, orders.ErrNotFound):
		return "not_found"
	case errors.Is(err, webhook.ErrPayload):
		return "bad_payload"
	case err != nil:
		return "failed"
	case result == nil || result.Order == nil:
		return "ignored"
	case result.Order.Replayed:
		return "replayed"
	}
	return "done"
}

// Maintained counts what the tasks of maintain do. Pass it as OnOutcome; next, if not nil,
// is called after it.
func (t *Telemetry) Maintained(next func(maintain.Outcome)) func(maintain.Outcome) {
	return func(o maintain.Outcome) {
		ctx, task := context.Background(), attribute.String("chameleon.task", string(o.Task))
		outcome := "done"
		if o.Err != nil {
			outcome = "failed"
		}
		t.runs.Add(ctx, 1, metric.WithAttributes(task, attribute.String("chameleon.outcome", outcome)))
		t.done.Add(ctx, o.Done, metric.WithAttributes(task))
		t.setAside.Add(ctx, int64(len(o.SetAside)), metric.WithAttributes(task))
		if next != nil {
			next(o)
		}
	}
}

// Pool reports the connections of a handle whenever metrics are collected, until the
// registration is removed.
//
// Errors: those of the meter provider.
func (t *Telemetry) Pool(db *bun.DB) (metric.Registration, error) {
	count, err1 := t.meter.Int64ObservableUpDownCounter("db.client.connection.count", metric.WithUnit("{connection}"),
		metric.WithDescription("Connections of the pool, by state."))
	most, err2 := t.meter.Int64ObservableUpDownCounter("db.client.connection.max", metric.WithUnit("{connection}"),
		metric.WithDescription("The most connections that the pool may have."))
	waits, err3 := t.meter.Int64ObservableCounter("db.client.connection.wait_count", metric.WithUnit("{wait}"),
		metric.WithDescription("How often somebody waited for a connection."))
	waited, err4 := t.meter.Float64ObservableCounter("db.client.connection.wait_duration", metric.WithUnit("s"),
		metric.WithDescription("How long was waited for connections, in all."))
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		return nil, err
	}
	engine, state := systemName.String(string(dialect.Of(db).Engine)), attribute.Key("db.client.connection.state")
	return t.meter.RegisterCallback(func(_ context.Context, o metric.Observer) error {
		stats, all := db.Stats(), metric.WithAttributes(engine)
		o.ObserveInt64(count, int64(stats.Idle), metric.WithAttributes(engine, state.String("idle")))
		o.ObserveInt64(count, int64(stats.InUse), metric.WithAttributes(engine, state.String("used")))
		o.ObserveInt64(most, int64(stats.MaxOpenConnections), all)
		o.ObserveInt64(waits, stats.WaitCount, all)
		o.ObserveFloat64(waited, stats.WaitDuration.Seconds(), all)
		return nil
	}, count, most, waits, waited)
}
