package telemetry

import (
	"errors"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"
)

// scope is the name of this instrumentation library.
const scope = "github.com/chameleon-go/chameleon/telemetry"

// Params configure where to report.
type Params struct {
	// TracerProvider and MeterProvider default to OpenTelemetry's global ones.
	TracerProvider trace.TracerProvider
	MeterProvider  metric.MeterProvider
	// Database is the database's name, reported as db.namespace. It is optional.
	Database string
}

// Telemetry reports to OpenTelemetry. It implements chameleon.Tracer and dialect.Observer,
// for any number of handles, and is safe for concurrent use.
type Telemetry struct {
	tracer   trace.Tracer
	meter    metric.Meter
	database string

	queries    metric.Float64Histogram
	locks      metric.Float64Histogram
	operations metric.Int64Counter
	credits    metric.Int64Counter
	durations  metric.Float64Histogram
	failures   metric.Int64Counter
	lost       metric.Float64Histogram
	webhooks   metric.Int64Counter
	runs       metric.Int64Counter
	done       metric.Int64Counter
	setAside   metric.Int64Counter
}

// New creates the instruments.
//
// Errors: those of the meter provider.
func New(p Params) (*Telemetry, error) {
	if p.TracerProvider == nil {
		p.TracerProvider = otel.GetTracerProvider()
	}
	if p.MeterProvider == nil {
		p.MeterProvider = otel.GetMeterProvider()
	}
	t := &Telemetry{tracer: p.TracerProvider.Tracer(scope), meter: p.MeterProvider.Meter(scope), database: p.Database}
	return t, errors.Join(
		t.seconds(&t.queries, "db.client.operation.duration", "Duration of database client operations."),
		t.seconds(&t.locks, "chameleon.lock.duration", "Duration of statements that wait for locks."),
		t.count(&t.operations, "chameleon.ledger.operations", "{operation}", "Operations of the ledger."),
		t.count(&t.credits, "chameleon.ledger.credits", "{credit}", "Credits that operations moved."),
		t.seconds(&t.durations, "chameleon.ledger.duration", "Duration of operations of the ledger."),
		t.count(&t.failures, "chameleon.transaction.failures", "{attempt}", "Attempts of transactions that did not go through."),
		t.seconds(&t.lost, "chameleon.transaction.lost", "Duration of attempts that did not go through."),
		t.count(&t.webhooks, "chameleon.webhook.events", "{event}", "Events of payment providers."),
		t.count(&t.runs, "chameleon.maintenance.runs", "{run}", "Runs of maintenance tasks."),
		t.count(&t.done, "chameleon.maintenance.done", "{item}", "What maintenance tasks did."),
		t.count(&t.setAside, "chameleon.maintenance.set_aside", "{item}", "What maintenance tasks could not work on."),
	)
}

func (t *Telemetry) count(into *metric.Int64Counter, name, unit, says string) (err error) {
	*into, err = t.meter.Int64Counter(name, metric.WithUnit(unit), metric.WithDescription(says))
	return err
}

func (t *Telemetry) seconds(into *metric.Float64Histogram, name, says string) (err error) {
	*into, err = t.meter.Float64Histogram(name, metric.WithUnit("s"), metric.WithDescription(says),
		metric.WithExplicitBucketBoundaries(0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10))
	return err
}
