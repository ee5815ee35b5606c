package enginetest

import (
	"flag"
	"os"
	"strconv"
	"sync"
	"testing"
)

// randomChecks is how often a random test draws on each engine: enough to see that
// it still holds with every change. `make property` draws more.
const randomChecks = 6

var setChecks sync.Once

// RandomChecks sets how often rapid.Check draws in this process:
// CHAMELEON_RAPID_CHECKS times or a few, unless -rapid.checks is given. A test that
// draws what it does on an engine calls it first: rapid's own number is a hundred.
func RandomChecks(t testing.TB) {
	t.Helper()
	setChecks.Do(func() {
		given := false
		flag.Visit(func(f *flag.Flag) { given = given || f.Name == "rapid.checks" })
		if given {
			return
		}
		checks := strconv.Itoa(randomChecks)
		if text := os.Getenv("CHAMELEON_RAPID_CHECKS"); text != "" {
			checks = text
		}
		if n, err := strconv.Atoi(checks); err != nil || n < 1 {
			panic("CHAMELEON_RAPID_CHECKS is no number above 0: " + checks)
		}
		if err := flag.Set("rapid.checks", checks); err != nil {
			panic(err)
		}
	})
}
