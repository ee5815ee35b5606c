package payevents

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// verbs are those of package orders that events call.
func verbs() []string {
	return []string{
		"Cancel", "Dispute", "FailRenewal", "LinkPayment", "MarkFailed", "MarkPaid", "Prorate", "Refund", "Renew",
		"StartTrial", "SyncSubscription",
	}
}

// source is what a package's functions mention.
type source map[string]map[string]bool

// Handled are the verbs that a handler calls of each event: what the cases of the
// switch in its function dispatch lead to. also are verbs that one leads to which
// is not the package's own.
func Handled(t testing.TB, dir, dispatch string, also map[string][]string) map[string][]string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	require.NoError(t, err)
	functions, cases := source{}, []*ast.CaseClause{}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		require.NoError(t, err)
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			functions[f.Name.Name] = mentions(f.Body)
			if f.Name.Name == dispatch {
				cases = clauses(f.Body)
			}
		}
	}
	events := map[string][]string{}
	for _, c := range cases {
		reached := functions.reach(&ast.BlockStmt{List: c.Body}, also)
		for _, e := range c.List {
			events[Event(literal(e))] = reached
		}
	}
	require.NotEmpty(t, events, "%s has no switch", dispatch)
	return events
}

// clauses are the cases of the first switch.
func clauses(body *ast.BlockStmt) (all []*ast.CaseClause) {
	ast.Inspect(body, func(n ast.Node) bool {
		if s, ok := n.(*ast.SwitchStmt); ok && all == nil {
			for _, c := range s.Body.List {
				if clause, ok := c.(*ast.CaseClause); ok {
					all = append(all, clause)
				}
			}
		}
		return true
	})
	return all
}

// literal is the event of a case: text, or the name of a constant.
func literal(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.BasicLit:
		text, _ := strconv.Unquote(e.Value)
		return text
	case *ast.SelectorExpr:
		return e.Sel.Name
	}
	return ""
}

// mentions are the names of all functions that a body may call.
func mentions(n ast.Node) map[string]bool {
	all := map[string]bool{}
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			all[n.Sel.Name] = true
		case *ast.Ident:
			all[n.Name] = true
		}
		return true
	})
	return all
}

// reach finds the verbs that a body leads to.
func (s source) reach(body ast.Node, also map[string][]string) []string {
	seen := map[string]bool{}
	queue := slices.Collect(maps.Keys(mentions(body)))
	for len(queue) > 0 {
		name := queue[0]
		queue = queue[1:]
		if seen[name] {
			continue
		}
		seen[name] = true
		queue = append(queue, slices.Collect(maps.Keys(s[name]))...)
		queue = append(queue, also[name]...)
	}
	return slices.DeleteFunc(verbs(), func(verb string) bool { return !seen[verb] })
}

// Compare fails unless the handler does for each event what is documented, and
// the documentation names no event that the handler does not know.
func Compare(t testing.TB, handled, documented map[string][]string) {
	t.Helper()
	for event, does := range handled {
		verbs, known := Of(documented, event)
		if assert.True(t, known, "%s is handled and not documented", event) {
			assert.Equal(t, verbs, does, "%s: documented, and what the handler calls", event)
		}
	}
	Known(t, handled, slices.Collect(maps.Keys(documented)))
}

// Known fails unless the handler knows all of these events.
func Known(t testing.TB, handled map[string][]string, events []string) {
	t.Helper()
	for _, event := range events {
		begins, all := strings.CutSuffix(event, "*")
		known := slices.ContainsFunc(slices.Collect(maps.Keys(handled)), func(name string) bool {
			return name == event || all && strings.HasPrefix(name, begins)
		})
		assert.True(t, known, "%s is documented and not handled", event)
	}
}
