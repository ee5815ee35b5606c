package telemetry

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/dialect/handle"
)

// The attributes of the semantic conventions for databases.
const (
	systemName    = attribute.Key("db.system.name")
	operationName = attribute.Key("db.operation.name")
	queryText     = attribute.Key("db.query.text")
	namespace     = attribute.Key("db.namespace")
	statusCode    = attribute.Key("db.response.status_code")
	errorType     = attribute.Key("error.type")
)

// StartQuery starts the span of a query. It implements chameleon.Tracer.
func (t *Telemetry) StartQuery(ctx context.Context, q handle.Query) (context.Context, func(err error)) {
	began := time.Now()
	labels := []attribute.KeyValue{systemName.String(string(q.Engine)), operationName.String(q.Operation)}
	if t.database != "" {
		labels = append(labels, namespace.String(t.database))
	}
	ctx, span := t.tracer.Start(ctx, q.Operation, trace.WithSpanKind(trace.SpanKindClient), //nolint:spancheck // the returned function ends it
		trace.WithAttributes(labels...), trace.WithAttributes(queryText.String(q.Text)))
	return ctx, func(err error) { //nolint:spancheck // as above
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			kind, code := failure(err)
			labels = append(labels, errorType.String(kind))
			span.SetAttributes(errorType.String(kind))
			if code != "" {
				span.SetAttributes(statusCode.String(code))
			}
			span.SetStatus(codes.Error, kind) // not the error's text: it may quote values
		}
		span.End()
		took := time.Since(began).Seconds()
		t.queries.Record(ctx, took, metric.WithAttributes(labels...))
		if waits(q) {
			t.locks.Record(ctx, took, metric.WithAttributes(labels...))
		}
	}
}

// waits reports whether a query may wait for locks of others: of rows that it locks or
// changes, and on SQLite of the single writer, for which BEGIN waits.
func waits(q handle.Query) bool {
	if q.Engine == dialect.SQLite {
		return q.Operation == "BEGIN"
	}
	return q.Operation == "UPDATE" || q.Operation == "DELETE" || strings.Contains(q.Text, "FOR UPDATE")
}

// failure returns an error's kind and the engine's code for it.
func failure(err error) (kind, code string) {
	classified, ok := errors.AsType[*dialect.Error](dialect.Classify(err))
	if !ok {
		return "other", ""
	}
	return kindOf(classified.Kind), classified.Code
}
