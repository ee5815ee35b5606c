package main

import "github.com/chameleon-go/chameleon/dialect"

// shardMutations are what one server does and several refuse, or do by asking all.
func shardMutations() []mutation {
	return []mutation{
		{
			name: "sharded-locks-several", breaks: "several accounts are locked by one statement over shards",
			at: "dialect", file: "engine.go", old: "return !c.Sharded && (", new: "return true || !c.Sharded && (",
			engine: dialect.MySQL, tests: "^TestShardedLocksOneAccountAStatement$", by: ledger,
		},
		{
			name: "stable-function", breaks: "an UPDATE asks a function that is STABLE about a column, which Citus refuses",
			file: "charge_fast_postgres.go", old: "head_hash = encode(sha256((COALESCE(a.head_hash, '') || '|' ||",
			new:    "head_hash = encode(sha256((concat(COALESCE(a.head_hash, '')) || '|' ||",
			engine: dialect.PostgreSQL, tests: "^TestSemanticsSharded$",
		},
	}
}
