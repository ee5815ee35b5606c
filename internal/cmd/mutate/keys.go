package main

import "github.com/chameleon-go/chameleon/dialect"

// keyMutations break idempotency.
func keyMutations() []mutation {
	return []mutation{
		{
			name: "replay-forgotten", breaks: "a repeated call is not recognized",
			file: "book_peek.go", old: "b.find(wanted, row.Account, &row.Entry)", new: "_ = row",
			engine: dialect.SQLite, tests: scenarios("idempotency", "a replay returns the original after"),
		},
		{
			name: "any-payload", breaks: "another payload under the same key is taken for a replay",
			file: "execute.go", old: "!s.sameAs(first)", new: `first.OpHash == ""`,
			engine: dialect.SQLite, tests: scenarios("idempotency", "another payload under the key"),
		},
		{
			name: "replay-in-batch-forgotten", breaks: "a key that a batch has twice is performed twice",
			file: "execute.go", old: "a.ops[s.key] = op", new: "_ = op",
			engine: dialect.SQLite, tests: scenarios("batch", "the same key twice"),
		},
		{
			name: "no-look-under-lock", breaks: "a key that others used while the call waited for the lock is not seen",
			file: "book.go", old: "if !b.current() {", new: "if !b.current() && b.users == nil {",
			engine: dialect.PostgreSQL, tests: scenarios("idempotency", "20 concurrent calls"),
		},
		{
			name: "mysql-no-look-in-callers", breaks: "a key that others used while a caller's call waited is not seen",
			file: "book.go", old: "if !b.current() {", new: "if !b.snapshot && !b.current() {",
			engine: dialect.MySQL, tests: scenarios("caller", "a caller loses the race for a grant"),
		},
		{
			name: "reserved-keys-taken", breaks: "a caller takes a key of the library",
			file: "batch.go", old: `why != "" && !s.own {`, new: `why != "" && s.key == "order:" {`,
			engine: dialect.SQLite, tests: scenarios("idempotency", "the library's own keys"),
		},
		{
			name: "key-of-another", breaks: "keys of another account are taken for one's own",
			file: "book_peek.go", old: "ON t.user_uuid = a.user_uuid AND t.user_uuid IN (?) AND t.op_key IN", new: "ON (t.user_uuid <> '' OR t.user_uuid IN (?)) AND t.op_key IN",
			engine: dialect.SQLite, tests: scenarios("idempotency", "keys are the account's own"),
		},
	}
}
