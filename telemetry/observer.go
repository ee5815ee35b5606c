package telemetry

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/chameleon-go/chameleon/dialect"
)

// Operation counts an operation of the ledger. It implements dialect.Observer.
func (t *Telemetry) Operation(ctx context.Context, o dialect.Observed) {
	engine, verb := systemName.String(string(o.Engine)), attribute.String("chameleon.verb", o.Verb)
	outcome := attribute.String("chameleon.outcome", string(o.Outcome))
	t.operations.Add(ctx, 1, metric.WithAttributes(engine, verb, outcome, attribute.String("chameleon.reason", o.Reason)))
	t.durations.Record(ctx, o.Took.Seconds(), metric.WithAttributes(engine, verb, outcome))
	if o.Credits > 0 {
		t.credits.Add(ctx, o.Credits, metric.WithAttributes(engine, verb))
	}
}

// Attempt counts a failed attempt of a transaction. It implements dialect.Observer.
// Refusals, which also roll a transaction back, are not failures and are not counted.
func (t *Telemetry) Attempt(ctx context.Context, a dialect.Attempt) {
	if a.Kind == dialect.KindOther && !a.Again && !a.OutcomeUnknown {
		return
	}
	labels := metric.WithAttributes(
		systemName.String(string(a.Engine)), errorType.String(kindOf(a.Kind)),
		attribute.Bool("chameleon.retried", a.Again), attribute.Bool("chameleon.outcome_unknown", a.OutcomeUnknown),
	)
	t.failures.Add(ctx, 1, labels)
	t.lost.Record(ctx, a.Took.Seconds(), labels)
}

// kindOf returns one word for a kind of failure.
func kindOf(k dialect.Kind) string {
	switch k {
	case dialect.KindTransient:
		return "conflict"
	case dialect.KindTimeout:
		return "timeout"
	case dialect.KindCanceled:
		return "canceled"
	case dialect.KindUnavailable, dialect.KindClosed:
		return "unavailable"
	case dialect.KindTooManyConnections:
		return "too_many_connections"
	case dialect.KindUnique, dialect.KindConstraint:
		return "constraint"
	case dialect.KindPermission, dialect.KindUnauthenticated:
		return "permission"
	case dialect.KindSchemaMissing:
		return "schema_missing"
	default:
		return "other"
	}
}
