// Package leaktest looks for secrets in what programs print: log records,
// errors, traces, panics. Every handle that enginetest opens is watched for the
// password of its URL; tests add the secrets that they make.
package leaktest

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/gob"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"reflect"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/chameleon-go/chameleon/dialect/handle"
)

// Find returns the first of secrets that text shows, as it is or in a usual
// encoding. Secrets of fewer than 8 bytes are in any text by chance, and are
// not looked for.
func Find(text string, secrets ...string) (secret string, found bool) {
	for _, secret := range secrets {
		if len(secret) < 8 {
			continue
		}
		for _, form := range forms(secret) {
			if strings.Contains(text, form) {
				return secret, true
			}
		}
	}
	return "", false
}

// forms are a secret and its usual encodings.
func forms(secret string) []string {
	quoted := strconv.Quote(secret)
	return []string{
		secret, quoted[1 : len(quoted)-1], url.QueryEscape(secret), url.PathEscape(secret), hex.EncodeToString([]byte(secret)),
		base64.RawStdEncoding.EncodeToString([]byte(secret)), base64.RawURLEncoding.EncodeToString([]byte(secret)),
		strings.Trim(fmt.Sprintf("%d", []byte(secret)), "[]"), strings.ToUpper(hex.EncodeToString([]byte(secret))),
	}
}

// Watch fails its test when one of its secrets is printed. It may belong to a
// fuzzer, whose Helper its target must not call.
type Watch struct {
	t testing.TB

	mu      sync.Mutex
	secrets []string
	traced  map[string]bool // texts of traces that show none of the secrets: few, and each sent again and again
}

// New returns a watch for secrets.
func New(t testing.TB, secrets ...string) *Watch {
	t.Helper()
	return &Watch{t: t, secrets: secrets}
}

// Add has more secrets looked for from now on.
func (w *Watch) Add(secrets ...string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.secrets = append(w.secrets, secrets...)
	w.traced = nil
}

// Text looks into text; what says where it is from.
func (w *Watch) Text(what, text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.look(what, text)
}

func (w *Watch) look(what, text string) {
	if secret, found := Find(text, w.secrets...); found {
		w.t.Errorf("%s shows a secret (%d bytes of it): %s", what, len(secret), strings.ReplaceAll(text, secret, "<SECRET>"))
	}
}

// Err looks into an error and everything that it wraps, as fmt prints it.
func (w *Watch) Err(err error) {
	for ; err != nil; err = errors.Unwrap(err) {
		w.Text(fmt.Sprintf("an error (%T)", err), fmt.Sprintf("%v %+v %q", err, err, err))
	}
}

// Panic looks into what a panic was called with, and into the stack that it shows.
func (w *Watch) Panic(value any, stack []byte) {
	w.Text("a panic", fmt.Sprintf("%v %+v %#v\n%s", value, value, value, stack))
	if err, ok := value.(error); ok {
		w.Err(err)
	}
}

// Recovered runs fn and looks into its panic, which it returns, nil for none.
func (w *Watch) Recovered(fn func()) (value any) {
	defer func() {
		if value = recover(); value != nil {
			w.Panic(value, debug.Stack())
		}
	}()
	fn()
	return nil
}

// Value looks into a value, and into a pointer to it, as fmt, log/slog and the
// standard library's encoders print it. What an encoder refuses it has not shown.
func (w *Watch) Value(what string, v any) {
	w.t.Helper()
	value := reflect.ValueOf(v)
	for value.Kind() == reflect.Pointer && !value.IsNil() {
		value = value.Elem()
	}
	if !value.IsValid() || value.Kind() == reflect.Pointer { // nil
		return
	}
	pointer := reflect.New(value.Type())
	pointer.Elem().Set(value)
	for _, one := range []any{value.Interface(), pointer.Interface()} {
		w.Text(what, fmt.Sprintf("%v %+v %#v %s %q %x %X %d", one, one, one, one, one, one, one, one))
		w.Logger().Debug(what, "value", one)
		for name, encode := range encoders() {
			var out bytes.Buffer
			err := encode(&out, one)
			w.Text(what+" in "+name, out.String())
			w.Err(err)
		}
	}
}

// encoders are those of the standard library that a program may hand values to.
func encoders() map[string]func(io.Writer, any) error {
	return map[string]func(io.Writer, any) error{
		"JSON": func(out io.Writer, v any) error { return json.NewEncoder(out).Encode(v) },
		"XML":  func(out io.Writer, v any) error { return xml.NewEncoder(out).Encode(v) },
		"gob":  func(out io.Writer, v any) error { return gob.NewEncoder(out).Encode(v) },
		"a JSON log": func(out io.Writer, v any) error {
			slog.New(slog.NewJSONHandler(out, nil)).Info("value", "value", v)
			return nil
		},
	}
}

// Logger looks into every record at any level, and hands it on to the default
// logger.
func (w *Watch) Logger() *slog.Logger { return slog.New(logs{w, slog.DiscardHandler, nil}) }

// StartQuery implements handle.Tracer.
func (w *Watch) StartQuery(ctx context.Context, q handle.Query) (context.Context, func(error)) {
	w.trace(q.Operation + " " + q.Text)
	return ctx, w.Err
}

func (w *Watch) trace(text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.traced[text] {
		return
	}
	w.look("a trace", text)
	if w.traced == nil {
		w.traced = map[string]bool{}
	}
	w.traced[text] = true
}

// logs is a handler of log records.
type logs struct {
	watch *Watch
	slog.Handler
	attrs []slog.Attr
}

func (logs) Enabled(context.Context, slog.Level) bool { return true }

func (l logs) Handle(ctx context.Context, r slog.Record) error {
	var text strings.Builder
	record := r.Clone()
	record.AddAttrs(l.attrs...)
	if err := slog.NewTextHandler(&text, &slog.HandlerOptions{Level: slog.Level(-100)}).Handle(ctx, record); err != nil {
		return err
	}
	l.watch.Text("a log record", text.String())
	if next := slog.Default().Handler(); next.Enabled(ctx, r.Level) {
		return next.Handle(ctx, record)
	}
	return nil
}

func (l logs) WithAttrs(attrs []slog.Attr) slog.Handler {
	l.attrs = append(slices.Clip(l.attrs), attrs...)
	return l
}

func (l logs) WithGroup(string) slog.Handler { return l }
