package main

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestDrawing draws the dashboard with the answers of a server that has two lines for every
// query, but none for one where it is asked to.
func TestDrawing(t *testing.T) {
	t.Parallel()
	empty := ""
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		query := r.FormValue("query")
		assert.NotContains(t, query, "$", "a variable that Grafana would fill in")
		if empty != "" && strings.Contains(query, empty) {
			_, _ = fmt.Fprint(w, `{"status":"success","data":{"result":[]}}`)
			return
		}
		_, _ = fmt.Fprint(w, `{"status":"success","data":{"result":[`+
			`{"metric":{"chameleon_verb":"charge"},"values":[[1700000000,"1"],[1700000002,"NaN"],[1700000004,"3.5"]]},`+
			`{"metric":{"chameleon_verb":"<grant>"},"values":[[1700000000,"1200"]]}]}}`)
	}))
	t.Cleanup(server.Close)
	d := drawing{prometheus: server.URL, span: time.Minute, end: time.Unix(1700000010, 0)}
	var drawn bytes.Buffer
	require.NoError(t, d.run(t.Context(), &drawn, "../../../telemetry/dashboard.json"))
	for _, want := range []string{"Ledger operations per second", "Connections", ">charge<", "&lt;grant&gt;", ">1 K<"} {
		assert.Contains(t, drawn.String(), want)
	}
	assert.NotContains(t, drawn.String(), "NaN")

	empty = "chameleon_webhook_events_total"
	require.EqualError(t, d.run(t.Context(), &drawn, "../../../telemetry/dashboard.json"), "Webhook events per second: no data")
}
