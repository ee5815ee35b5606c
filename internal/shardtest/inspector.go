package shardtest

import (
	"context"
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/internal/shards"
)

// module is the path before every function of this repository.
const module = "github.com/chameleon-go/chameleon/"

// Inspector is a query hook that fails its test by what the library sends. What
// tests send themselves it passes over.
type Inspector struct {
	t      testing.TB
	layout Layout
	exempt map[string]string

	mu     sync.Mutex
	counts map[any]map[string]bool // the users of each transaction
	told   map[string]bool

	changes map[string]string // statements that change rows, by their shape
}

// New returns an inspector. exempt names functions, by package and name as in
// credits.(*sweeper).list, whose statements may ask all shards, each with why.
func New(t testing.TB, layout Layout, exempt map[string]string) *Inspector {
	t.Helper()
	return &Inspector{t: t, layout: layout, exempt: exempt, counts: map[any]map[string]bool{}, told: map[string]bool{}, changes: map[string]string{}}
}

// BeforeQuery implements bun.QueryHook.
func (i *Inspector) BeforeQuery(ctx context.Context, e *bun.QueryEvent) context.Context {
	if !mentions(e.Query, i.layout.Tables) {
		return ctx
	}
	found := i.layout.Inspect(e.Query)
	if !i.matters(ctx, found) {
		return ctx
	}
	callers := library()
	if len(callers) == 0 {
		return ctx
	}
	i.keep(found.Shape, e.Query)
	if problem, over := i.over(ctx, found.Users); over {
		found.Problems = append(found.Problems, problem)
	}
	if len(found.Problems) > 0 && !i.isExempt(callers) {
		i.tell(strings.Join(callers[:min(len(callers), 3)], " < "), found.Problems, e.Query)
	}
	return ctx
}

// AfterQuery implements bun.QueryHook.
func (*Inspector) AfterQuery(context.Context, *bun.QueryEvent) {}

// matters reports whether it matters who has sent a statement, which takes longer to
// find out than all else: it has problems, or its shape or the users of its
// transaction are not known yet.
func (i *Inspector) matters(ctx context.Context, found Findings) bool {
	if len(found.Problems) > 0 {
		return true
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	if _, known := i.changes[found.Shape]; found.Shape != "" && !known {
		return true
	}
	transaction := shards.Transaction(ctx)
	if transaction == nil || shards.IsAcross(ctx) {
		return false
	}
	all := i.counts[transaction]
	return len(all) > 1 || slices.ContainsFunc(found.Users, func(user string) bool { return !placeholder(user) && !all[user] })
}

// keep remembers a statement that changes rows, one of each shape.
func (i *Inspector) keep(shape, statement string) {
	if shape == "" {
		return
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.changes[shape] = statement
}

// Changes are the statements that changed rows of sharded tables, one of each
// shape, by it. They are kept where the layout asks for shapes.
func (i *Inspector) Changes() map[string]string {
	i.mu.Lock()
	defer i.mu.Unlock()
	return maps.Clone(i.changes)
}

// over reports whether a transaction that does not say so works on two users.
func (i *Inspector) over(ctx context.Context, users []string) (string, bool) {
	transaction := shards.Transaction(ctx)
	if transaction == nil || shards.IsAcross(ctx) {
		return "", false
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	all := i.counts[transaction]
	if all == nil {
		all = map[string]bool{}
		i.counts[transaction] = all
	}
	for _, user := range users {
		if !placeholder(user) { // whose value is not told
			all[user] = true
		}
	}
	if len(all) < 2 {
		return "", false
	}
	return "a transaction over several users that does not say so: " + strings.Join(slices.Sorted(maps.Keys(all)), ", "), true
}

// placeholder reports whether a user is ? or $1, as packets have them.
func placeholder(user string) bool {
	return user == "?" || strings.HasPrefix(user, "$") && strings.Trim(user[1:], "0123456789") == ""
}

// tell fails the test once for each function.
func (i *Inspector) tell(function string, problems []string, statement string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.told[function] {
		return
	}
	i.told[function] = true
	i.t.Errorf("a router over shards would refuse this, or ask them all: %s\nsent by %s\n%.2000s",
		strings.Join(problems, "; "), function, statement)
}

// isExempt reports whether the function is exempt that sent the statement, by
// itself or by a helper of all domains; "a < b" exempts it where b calls it.
func (i *Inspector) isExempt(callers []string) bool {
	domain := slices.DeleteFunc(slices.Clone(callers), func(c string) bool {
		return strings.HasPrefix(c, "internal/") || strings.HasPrefix(c, "dialect.")
	})
	if len(domain) == 0 {
		return false
	}
	return i.exempt[domain[0]] != "" || len(domain) > 1 && i.exempt[domain[0]+" < "+domain[1]] != ""
}

// mentions is a quick look for a table's name.
func mentions(statement string, tables []string) bool {
	return slices.ContainsFunc(tables, func(table string) bool { return strings.Contains(statement, table) })
}

// library lists the functions of the library on the stack, the one that sent the
// statement first; none where a test sent it.
func library() []string {
	pcs := make([]uintptr, 64)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(3, pcs)])
	var out []string
	for {
		frame, more := frames.Next()
		name, ours := strings.CutPrefix(frame.Function, module)
		switch {
		case ours && strings.HasSuffix(frame.File, "_test.go"), testPackage(name):
			return out
		case ours:
			out = append(out, plain(name))
		}
		if !more {
			return out
		}
	}
}

// testPackage reports whether a function is of a package for tests, such as
// internal/enginetest.
func testPackage(name string) bool {
	path, inside := strings.CutPrefix(name, "internal/")
	name, _, _ = strings.Cut(path, ".")
	return inside && strings.HasSuffix(name, "test")
}

// plain is a function's name without what the compiler adds: closures and type
// parameters.
func plain(name string) string {
	if before, _, found := strings.Cut(name, ".func"); found {
		name = before
	}
	return strings.ReplaceAll(name, "[...]", "")
}
