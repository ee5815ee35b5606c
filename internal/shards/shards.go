// Package shards lets code say what it does across accounts, which a deployment
// with one account a shard pays for: a commit of several shards costs more, and
// may be done in part where the router does without a second phase. Tests hold
// each transaction to what it says.
package shards

import "context"

type (
	acrossKey      struct{}
	transactionKey struct{}
	transaction    struct{ _ byte } // has a size, so that addresses differ
)

// Across says that what runs with the context works on several accounts because
// its caller asked for that.
func Across(ctx context.Context) context.Context { return context.WithValue(ctx, acrossKey{}, true) }

// IsAcross reports whether the context says so.
func IsAcross(ctx context.Context) bool { return ctx.Value(acrossKey{}) != nil }

// InTransaction marks the context of a transaction that begins.
func InTransaction(ctx context.Context) context.Context {
	return context.WithValue(ctx, transactionKey{}, new(transaction))
}

// Transaction is a value of the context's transaction alone, nil for none.
func Transaction(ctx context.Context) any { return ctx.Value(transactionKey{}) }
