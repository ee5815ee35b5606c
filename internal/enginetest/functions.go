package enginetest

import (
	"context"
	"strings"
	"sync"
	"testing"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/engines"
	"github.com/chameleon-go/chameleon/internal/shardtest"
)

// checked are the shapes of statements that this process has asked PostgreSQL about.
var checked sync.Map

// checkFunctions fails the test by the functions in its statements that Citus would
// refuse. What PostgreSQL does not read, since the test has dropped its table by now
// or had another schema, is left to the next test that sends it.
func checkFunctions(t testing.TB, url string, statements map[string]string) {
	t.Helper()
	for shape := range statements {
		if _, known := checked.LoadOrStore(shape, true); known {
			delete(statements, shape)
		}
	}
	if len(statements) == 0 {
		return
	}
	db, err := engines.OpenAdmin(dialect.PostgreSQL, url)
	if err != nil {
		t.Errorf("open a database to ask about functions: %v", err)
		return
	}
	defer func() { _ = db.Close() }()                                     // nothing was written
	ctx, cancel := context.WithTimeout(context.Background(), dropTimeout) // the test's context has ended
	defer cancel()
	for shape, statement := range statements {
		problems, err := shardtest.Refused(ctx, db, statement)
		if err != nil {
			checked.Delete(shape)
			t.Logf("not asked about functions: %v", err)
		}
		if len(problems) > 0 {
			t.Errorf("Citus would refuse this: %s\n%.2000s", strings.Join(problems, "; "), statement)
		}
	}
}
