package main

import "github.com/chameleon-go/chameleon/dialect"

const kept = "cache"

// cacheMutations have a cache bring old values back.
func cacheMutations() []mutation {
	return []mutation{
		{
			name: "cache-old-read-joined", breaks: "a read that begins after a change shares one from before it",
			at: kept, file: "forget.go", old: "\t\tc.flights.Forget(key)\n", new: "\t\t_ = key\n",
			engine: dialect.SQLite, tests: "^TestAReadFromBeforeAChange$",
		},
		{
			name: "cache-lease-ignored", breaks: "a read from before a change puts the old value back",
			at: kept, file: "cachetest/store.go", old: "case !ok || lease == \"\" || h.lease != lease || ", new: "case !ok || ",
			engine: dialect.SQLite, tests: "^TestAReadFromBeforeAChange$",
		},
		{
			name: "cache-unforgettable", breaks: "what a store could not be told to forget is believed",
			at: kept, file: "forget.go", old: "if !c.drop(ctx, keys...) {", new: "if !c.drop(ctx, keys...) && false {",
			engine: dialect.SQLite, tests: "^TestAStoreThatCannotForget$",
		},
		{
			name: "cache-forged", breaks: "a value that is not what was stored is believed",
			at: kept, file: "sign.go", old: "hmac.Equal(stored[:sha256.Size], c.mac(name, value))", new: "true",
			engine: dialect.SQLite, tests: "^TestValuesThatAreNotWhatWasStored$",
		},
		{
			name: "cache-before-commit", breaks: "what a caller's transaction changes is kept as it was, by a read before its commit",
			at: "internal/cached", file: "cached.go", old: "c.Suspend(ctx, keys...)", new: "c.Forget(ctx, keys...)",
			engine: dialect.SQLite, tests: "^TestKeptKeysInTransactions$", by: "apikeys",
		},
		{
			name: "cache-key-unforgotten", breaks: "a key that another process revoked goes on in the process that revokes it again",
			at: "apikeys", file: "change.go", old: "cached.Changed(ctx, tx, keptName(k.Key))", new: "defer cached.Changed(ctx, tx)",
			engine: dialect.SQLite, tests: "^TestKeptKeysThatChange$",
		},
		{
			name: "cache-in-transactions", breaks: "what a transaction reads is kept",
			at: "internal/cached", file: "cached.go", old: "\treturn nil\n}\n\n// Keeps", new: "\treturn dialect.Of(db).Cache\n}\n\n// Keeps",
			engine: dialect.SQLite, tests: "^TestKeptKeysInTransactions$", by: "apikeys",
		},
	}
}
