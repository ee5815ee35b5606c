package leaktest_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/chameleon-go/chameleon/dialect/handle"
	"github.com/chameleon-go/chameleon/internal/leaktest"
)

// failing is a test that remembers whether it failed.
type failing struct {
	testing.TB

	said []string
}

func (f *failing) Helper() {}

func (f *failing) Errorf(format string, args ...any) {
	f.said = append(f.said, fmt.Sprintf(format, args...))
}

// shownIn hides a secret from all but one encoder.
type shownIn struct{ json, gob string }

func (shownIn) Format(f fmt.State, _ rune)     { _, _ = f.Write([]byte("hidden")) }
func (s shownIn) MarshalJSON() ([]byte, error) { return []byte(`"` + s.json + `"`), nil }
func (s shownIn) GobEncode() ([]byte, error)   { return []byte(s.gob), nil }

// TestLeaksAreFound leaks on purpose, in every way that is watched.
func TestLeaksAreFound(t *testing.T) {
	const secret = "hunter2 & hunter3"
	leak := fmt.Errorf("connect: %w", errors.New("to u:"+secret+"@h"))
	for name, show := range map[string]func(w *leaktest.Watch){
		"log":           func(w *leaktest.Watch) { w.Logger().Debug("connect", "url", "u:"+secret) },
		"log message":   func(w *leaktest.Watch) { w.Logger().Info(secret) },
		"log attribute": func(w *leaktest.Watch) { w.Logger().With("err", leak).Debug("failed") },
		"log group":     func(w *leaktest.Watch) { w.Logger().WithGroup("g").Debug("failed", "err", leak) },
		"error":         func(w *leaktest.Watch) { w.Err(leak) },
		"panic":         func(w *leaktest.Watch) { w.Recovered(func() { panic(secret) }) },
		"panic's error": func(w *leaktest.Watch) { w.Recovered(func() { panic(leak) }) },
		"value":         func(w *leaktest.Watch) { w.Value("config", struct{ password string }{secret}) },
		"pointer":       func(w *leaktest.Watch) { w.Value("config", &struct{ Password string }{secret}) },
		"bytes":         func(w *leaktest.Watch) { w.Value("config", struct{ password []byte }{[]byte(secret)}) },
		"in JSON":       func(w *leaktest.Watch) { w.Value("config", shownIn{json: secret}) },
		"in gob":        func(w *leaktest.Watch) { w.Value("config", shownIn{gob: secret}) },
		"encoded":       func(w *leaktest.Watch) { w.Text("url", "hunter2+%26+hunter3") },
		"base64":        func(w *leaktest.Watch) { w.Text("header", base64.StdEncoding.EncodeToString([]byte(secret))) },
		"trace":         func(w *leaktest.Watch) { w.StartQuery(context.Background(), handle.Query{Text: secret}) },
		"query's error": func(w *leaktest.Watch) {
			_, finish := w.StartQuery(context.Background(), handle.Query{Text: "SELECT ?"})
			finish(leak)
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := &failing{TB: t}
			w := leaktest.New(f)
			show(w)
			assert.Empty(t, f.said, "nothing is secret yet")
			w.Add(secret)
			show(w)
			assert.NotEmpty(t, f.said)
			assert.NotContains(t, fmt.Sprint(f.said), "u:"+secret+"@", "the failure itself leaks")
		})
	}
}
