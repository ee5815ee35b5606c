package chameleon

import (
	"slices"

	"github.com/chameleon-go/chameleon/affiliates"
	"github.com/chameleon-go/chameleon/apikeys"
	"github.com/chameleon-go/chameleon/content"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/generations"
	"github.com/chameleon-go/chameleon/orders"
	"github.com/chameleon-go/chameleon/providers"
	"github.com/chameleon-go/chameleon/users"
)

// models are all tables, in the order in which they are created.
func models() []any {
	return slices.Concat(
		users.Models(),
		credits.Models(),
		orders.Models(),
		affiliates.Models(),
		providers.Models(),
		generations.Models(),
		apikeys.Models(),
		content.Models(),
	)
}
