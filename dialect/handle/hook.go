package handle

import (
	"context"
	"log/slog"
	"strings"
	"time"
	"unicode"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
)

// maxLoggedText bounds, in bytes, the text of a query in a log line or trace.
const maxLoggedText = 2000

// Hook returns the query hook that s asks for, nil when it asks for none.
// Literals never reach a log line or a trace.
func Hook(engine dialect.Engine, s Settings) bun.QueryHook {
	if s.SlowQuery == 0 && s.Tracer == nil {
		return nil
	}
	return &hook{engine: engine, slow: s.SlowQuery, logger: s.Logger, tracer: s.Tracer}
}

type hook struct {
	engine dialect.Engine
	slow   time.Duration
	logger *slog.Logger
	tracer Tracer
}

// finishKey finds the tracer's function in an event's stash.
type finishKey struct{}

func (h *hook) BeforeQuery(ctx context.Context, e *bun.QueryEvent) context.Context {
	if h.tracer == nil {
		return ctx
	}
	ctx, finish := h.tracer.StartQuery(ctx, Query{Engine: h.engine, Operation: h.operation(e), Text: h.text(e)})
	if finish != nil {
		if e.Stash == nil {
			e.Stash = make(map[any]any, 1)
		}
		e.Stash[finishKey{}] = finish
	}
	return ctx
}

func (h *hook) AfterQuery(ctx context.Context, e *bun.QueryEvent) {
	if finish, ok := e.Stash[finishKey{}].(func(error)); ok {
		finish(e.Err)
	}
	took := time.Since(e.StartTime)
	if h.slow == 0 || took < h.slow {
		return
	}
	h.logger.LogAttrs(ctx, slog.LevelWarn, "slow query",
		slog.String("engine", string(h.engine)),
		slog.String("operation", h.operation(e)),
		slog.Duration("took", took),
		slog.Bool("failed", e.Err != nil),
		slog.String("query", h.text(e)))
}

// operation is the SQL verb. bun takes it to end at the first space, behind
// which a literal may have slipped in: SELECT'x'. Of a text that is not bun's own
// it says SELECT, whatever that does.
func (h *hook) operation(e *bun.QueryEvent) string {
	if _, raw := e.IQuery.(*bun.RawQuery); raw {
		return verbOf(h.text(e))
	}
	op := e.Operation()
	if end := strings.IndexFunc(op, func(r rune) bool { return !isLetter(r) && r != ' ' }); end >= 0 {
		return op[:end]
	}
	return op
}

// verbOf is what a text without literals does: its first word, and behind a WITH,
// or in a packet of several statements, the first that changes rows.
func verbOf(text string) string {
	words := strings.FieldsFunc(strings.ToUpper(text), func(r rune) bool { return !isLetter(r) })
	if len(words) == 0 {
		return ""
	}
	switch words[0] {
	case "WITH", "SET", "SAVEPOINT", "START":
	default:
		return words[0]
	}
	verb := words[0]
	for i, word := range words[1:] {
		switch {
		case word == "SELECT":
			verb = word
		case word == "INSERT", word == "DELETE", word == "UPDATE" && words[i] != "FOR":
			return word
		}
	}
	return verb
}

func isLetter(r rune) bool { return unicode.IsLetter(r) || r == '_' }

// text is the query without literals, from its start.
func (h *hook) text(e *bun.QueryEvent) string {
	return StripLiterals(h.engine, e.Query, maxLoggedText)
}
