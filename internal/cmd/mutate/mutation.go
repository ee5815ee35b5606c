package main

import (
	"cmp"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/chameleon-go/chameleon/dialect"
)

// ledger is the package that is broken unless a mutation names another, and audit
// that which finds some of what is wrong, by their paths from the module's root.
const (
	ledger = "credits"
	audit  = ledger + "/audit"
)

// mutation is one way to break the ledger.
type mutation struct {
	name string
	// breaks says what goes wrong.
	breaks string
	// at is the package that is broken, the ledger where it is empty.
	at string
	// file, by its path from there, holds old, exactly once; new takes its place.
	file, old, new string
	// engine is where it shows.
	engine dialect.Engine
	// tests are expected to catch it: an expression for the flag -test.run.
	tests string
	// by is the package of the tests, the broken one where it is empty.
	by string
}

// mutations are all of them.
func mutations() []mutation {
	return slices.Concat(fastMutations(), limitMutations(), outcomeMutations(), keyMutations(), lotMutations(),
		voidMutations(), debtMutations(), timeMutations(), bookMutations(), neighbourMutations(), readMutations(), privacyMutations(),
		identityMutations(), accountMutations(), openingMutations(), shardMutations(), changeMutations(), paymentMutations(), subscriptionMutations(), chargerMutations(), archiveMutations(),
		budgetMutations(), eventMutations(), cacheMutations(), totalsMutations())
}

// broken is the package that is broken, and pkg that of the tests.
func (m mutation) broken() string { return cmp.Or(m.at, ledger) }

func (m mutation) pkg() string { return cmp.Or(m.by, m.broken()) }

// path is the mutated file's, under the module's root.
func (m mutation) path(root string) string { return filepath.Join(root, m.broken(), m.file) }

// shownFile is how the table names the file.
func (m mutation) shownFile() string { return path.Join(m.at, m.file) }

// mutate returns the file's text with the mutation in it. It fails where the
// text that it replaces is not there exactly once.
func (m mutation) mutate(root string) (string, error) {
	text, err := os.ReadFile(m.path(root))
	if err != nil {
		return "", err
	}
	if n := strings.Count(string(text), m.old); n != 1 {
		return "", fmt.Errorf("%s has %q %d times, not once", m.file, m.old, n)
	}
	return strings.Replace(string(text), m.old, m.new, 1), nil
}

// scenarios is the expression for subtests of TestSemantics in one group.
func scenarios(group, name string) string {
	return "^TestSemantics$/.*/^" + group + "$/" + name
}
