package chameleontest

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// Object is a JSON object of a payment provider.
type Object = map[string]any

// named are an event's id and time, made up where the test gave none.
func named(id string, created time.Time) (string, time.Time) {
	if id == "" {
		id = unique("evt")
	}
	if created.IsZero() {
		created = time.Now()
	}
	return id, created
}

// delivery is the request by which a provider delivers an event.
func delivery(t testing.TB, path string, body []byte, header, signature string) *http.Request {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, bytes.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set(header, signature)
	return r
}

// marshal cannot fail on what this package puts into objects; what a test put there
// besides may be anything.
func marshal(object Object) []byte {
	body, err := json.Marshal(object)
	if err != nil {
		panic("chameleontest: an event that is not JSON: " + err.Error())
	}
	return body
}
