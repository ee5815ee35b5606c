package ledgertest_test

import (
	"testing"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/chameleontest"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/credits/ledgertest"
)

// A team's test of the ledger, on the engine of its choice with the ledger's tables and no
// others. postgrestest and mysqltest take a template, too; a team with a handle of its own
// opens it instead.
func ExampleRun() { //nolint:testableexamples // its function is a test
	tables := &chameleontest.Template{Models: credits.Models()}
	_ = func(t *testing.T) {
		ledgertest.Run(t, func(t *testing.T) *bun.DB { t.Helper(); return tables.New(t) })
	}
}

// Random histories on one database.
func ExampleRunRandom() { //nolint:testableexamples // its function is a test
	tables := &chameleontest.Template{Models: credits.Models()}
	_ = func(t *testing.T) { ledgertest.RunRandom(t, tables.New(t)) }
}
