package handle

import (
	"context"

	"github.com/chameleon-go/chameleon/dialect"
)

// Query describes a query to a [Tracer]. It contains no literals.
type Query struct {
	Engine dialect.Engine
	// Operation is the SQL verb: SELECT, INSERT, …
	Operation string
	// Text is the query with every literal replaced by a question mark.
	Text string
}

// Tracer sees every query that goes through bun, BEGIN, COMMIT and ROLLBACK
// included, and each charge that takes one round trip, as one query.
//
// StartQuery returns the context for the query and a function that is called once,
// with the query's error. A query that succeeds ends with nil or sql.ErrNoRows. A
// driver's error text may quote values; do not publish it.
//
// A Tracer must be safe for concurrent use.
type Tracer interface {
	StartQuery(ctx context.Context, q Query) (context.Context, func(err error))
}
