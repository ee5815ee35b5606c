// Package tables lists the models of all domains, for those who push or read the
// whole of a database without linking its drivers.
package tables

import (
	"slices"

	"github.com/chameleon-go/chameleon/apikeys"
	"github.com/chameleon-go/chameleon/content"
	"github.com/chameleon-go/chameleon/generations"
	"github.com/chameleon-go/chameleon/orders"
)

// All are the models of all tables, in the order in which they are created.
func All() []any {
	return slices.Concat(
		orders.Models(), // and affiliates, users, the ledger
		generations.Models(),
		apikeys.Models(),
		content.Models(),
	)
}
