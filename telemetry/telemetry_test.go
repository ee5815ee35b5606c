package telemetry_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/chameleontest"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/dialect/handle"
	"github.com/chameleon-go/chameleon/maintain"
	"github.com/chameleon-go/chameleon/orders"
	"github.com/chameleon-go/chameleon/orders/webhook"
	"github.com/chameleon-go/chameleon/telemetry"
)

// refused is an amount in no random id and in no part of a second, which four digits
// are in some run.
const refused = 4_503_599_627_370_471

// drive does one of everything that is reported, and returns the metrics as JSON, and the
// spans.
func drive(t *testing.T) (metrics metricdata.ResourceMetrics, spans tracetest.SpanStubs) {
	t.Helper()
	reader, exporter := metric.NewManualReader(), tracetest.NewInMemoryExporter()
	seen, err := telemetry.New(telemetry.Params{
		TracerProvider: trace.NewTracerProvider(trace.WithSyncer(exporter)),
		MeterProvider:  metric.NewMeterProvider(metric.WithReader(reader)), Database: "shop",
	})
	require.NoError(t, err)
	ctx := t.Context()
	db, err := chameleon.Open(ctx, "sqlite://"+t.TempDir()+"/t.db", chameleon.WithTracer(seen), chameleon.WithObserver(seen))
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, db.Close()) })
	_, err = chameleon.Push(ctx, db)
	require.NoError(t, err)
	pool, err := seen.Pool(db)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, pool.Unregister()) })

	ada := chameleontest.User(t, db)
	charge := credits.ChargeParams{UserUUID: ada.UUID, Amount: 42, Key: "secret-key"}
	for range 2 {
		_, err = credits.Charge(ctx, db, charge)
		require.NoError(t, err)
	}
	_, err = credits.Charge(ctx, db, credits.ChargeParams{UserUUID: ada.UUID, Amount: refused})
	require.ErrorIs(t, err, credits.ErrInsufficient)
	attempts := 0
	require.NoError(t, dialect.InTx(ctx, db, func(context.Context, bun.Tx) error {
		if attempts++; attempts == 1 {
			return &dialect.Error{Kind: dialect.KindTransient, Err: errors.New("deadlock")}
		}
		return nil
	}))
	_, err = db.ExecContext(ctx, "SELECT 'hunter2' FROM nowhere")
	require.Error(t, err)
	called := 0
	hook := seen.Webhook(func(context.Context, *webhook.Result, error) { called++ })
	hook(ctx, &webhook.Result{EventType: "charge.refunded", Order: &orders.Result{Order: &orders.Order{PayType: orders.PayTypeStripe}}}, nil)
	hook(ctx, nil, &webhook.Error{Provider: "creem", Err: webhook.ErrSignature})
	seen.Maintained(func(maintain.Outcome) { called++ })(maintain.Outcome{Task: maintain.TaskExpire, Done: 3, SetAside: []string{ada.UUID}})
	assert.Equal(t, 3, called)
	require.NoError(t, reader.Collect(ctx, &metrics))
	return metrics, exporter.GetSpans()
}

func TestTelemetry(t *testing.T) {
	t.Parallel()
	metrics, spans := drive(t)
	text := map[string]string{}
	for _, m := range metrics.ScopeMetrics[0].Metrics {
		points, err := json.Marshal(m.Data)
		require.NoError(t, err)
		text[m.Name] = string(points)
	}
	for name, wants := range map[string][]string{
		"chameleon.ledger.operations": {
			`"chameleon.verb","Value":{"Type":"STRING","Value":"charge"}`, `"Value":"replayed"`, `"Value":"insufficient"`, `"Value":"grant"`,
		},
		"chameleon.ledger.credits":       {`"Value":42}`, `"Value":100}`},
		"chameleon.transaction.failures": {`"Value":"conflict"`, `"chameleon.retried","Value":{"Type":"BOOL","Value":true}`},
		"chameleon.webhook.events":       {`"Value":"charge.refunded"`, `"Value":"unsigned"`, `"Value":"creem"`},
		"chameleon.maintenance.done":     {`"Value":3}`},
		"db.client.connection.count":     {`"Value":"used"`, `"Value":"idle"`},
		"db.client.operation.duration":   {`"db.system.name"`, `"Value":"sqlite"`, `"Value":"INSERT"`, `"Value":"schema_missing"`, `"Value":"shop"`},
	} {
		for _, want := range wants {
			assert.Contains(t, text[name], want, name)
		}
	}

	require.NotEmpty(t, spans)
	for _, span := range spans {
		shown, err := json.Marshal(span)
		require.NoError(t, err)
		text[span.Name+" span"] += string(shown)
	}
	assert.Contains(t, text["INSERT span"], "db.query.text")
	for where, shown := range text { // nothing literal, in metrics or in spans
		for _, literal := range []string{"secret-key", "hunter2", strconv.Itoa(refused), "@example.com"} {
			assert.NotContains(t, shown, literal, where)
		}
		assert.NotRegexp(t, `[0-9a-f]{8}-[0-9a-f]{4}-7`, shown, where+" shows an account")
	}
}

// TestDashboard: the dashboard and the alerts ask for metrics that are there, by
// Prometheus' names for them, and no metric is drawn nowhere.
func TestDashboard(t *testing.T) {
	t.Parallel()
	metrics, _ := drive(t)
	there := map[string]bool{}
	for _, m := range metrics.ScopeMetrics[0].Metrics {
		there[prometheusName(m)] = false
	}
	name := regexp.MustCompile(`\b(?:chameleon|db_client)_[a-z_]+`)
	label := regexp.MustCompile(`^(?:chameleon_(?:verb|outcome|reason|retried|outcome_unknown|provider|event|task)|db_client_connection_state)$`)
	for _, file := range []string{"dashboard.json", "alerts.yaml"} {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, asked := range name.FindAllString(string(text), -1) {
			asked = strings.TrimSuffix(asked, "_bucket")
			if label.MatchString(asked) {
				continue
			}
			_, ok := there[asked]
			assert.True(t, ok, "%s asks for %s", file, asked)
			there[asked] = true
		}
	}
	for metric, drawn := range there {
		assert.True(t, drawn, "%s is nowhere", metric)
	}
	dashboard, err := os.ReadFile("dashboard.json")
	require.NoError(t, err)
	assert.True(t, json.Valid(dashboard))
}

// TestLabels: the dashboard and the alerts select and group by labels that the metrics of
// the same query have.
func TestLabels(t *testing.T) {
	t.Parallel()
	metrics, _ := drive(t)
	labels := map[string]map[string]bool{}
	for _, m := range metrics.ScopeMetrics[0].Metrics {
		labels[prometheusName(m)] = labelsOf(t, m)
	}
	metric := regexp.MustCompile(`\b(?:chameleon|db_client)_[a-z_]+`)
	asks := regexp.MustCompile(`by \(([^)]*)\)|[{,]\s*([a-z_]+)(?:!=|=~?)"`)
	for _, query := range queries(t) {
		have := map[string]bool{"le": true}
		for _, name := range metric.FindAllString(query, -1) {
			maps.Copy(have, labels[strings.TrimSuffix(name, "_bucket")])
		}
		for _, asked := range asks.FindAllStringSubmatch(query, -1) {
			for name := range strings.SplitSeq(asked[1]+asked[2], ",") {
				assert.True(t, have[strings.TrimSpace(name)], "%q asks for the label %q", query, name)
			}
		}
	}
}

// labelsOf are Prometheus' names for the attributes of a metric.
func labelsOf(t *testing.T, m metricdata.Metrics) map[string]bool {
	t.Helper()
	points, err := json.Marshal(m.Data)
	require.NoError(t, err)
	labels := map[string]bool{}
	for _, found := range regexp.MustCompile(`"Key":"([^"]*)"`).FindAllStringSubmatch(string(points), -1) {
		labels[strings.ReplaceAll(found[1], ".", "_")] = true
	}
	return labels
}

// queries are those of the dashboard, and of each alert.
func queries(t *testing.T) (all []string) {
	t.Helper()
	text, err := os.ReadFile("dashboard.json")
	require.NoError(t, err)
	var board struct {
		Panels []struct {
			Targets []struct {
				Expr string `json:"expr"`
			} `json:"targets"`
		} `json:"panels"`
	}
	require.NoError(t, json.Unmarshal(text, &board))
	for _, p := range board.Panels {
		for _, target := range p.Targets {
			all = append(all, target.Expr)
		}
	}
	text, err = os.ReadFile("alerts.yaml")
	require.NoError(t, err)
	all = append(all, strings.Split(string(text), "- alert:")[1:]...)
	require.Greater(t, len(all), 20)
	return all
}

// prometheusName is what Prometheus calls a metric that comes by OTLP.
func prometheusName(m metricdata.Metrics) string {
	name := strings.ReplaceAll(m.Name, ".", "_")
	if m.Unit == "s" {
		name += "_seconds"
	}
	switch data := m.Data.(type) {
	case metricdata.Sum[int64]:
		if data.IsMonotonic {
			name += "_total"
		}
	case metricdata.Sum[float64]:
		if data.IsMonotonic {
			name += "_total"
		}
	}
	return name
}

// A query that finds nothing has not failed.
func TestNoRowsIsNoFailure(t *testing.T) {
	t.Parallel()
	exporter := tracetest.NewInMemoryExporter()
	seen, err := telemetry.New(telemetry.Params{TracerProvider: trace.NewTracerProvider(trace.WithSyncer(exporter))})
	require.NoError(t, err)
	_, end := seen.StartQuery(t.Context(), handle.Query{Engine: dialect.SQLite, Operation: "SELECT", Text: "SELECT ?"})
	end(sql.ErrNoRows)
	assert.Empty(t, exporter.GetSpans()[0].Status.Description)
}
