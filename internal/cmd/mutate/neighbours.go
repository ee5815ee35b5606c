package main

import "github.com/chameleon-go/chameleon/dialect"

// neighbourMutations break what keeps callers' transactions on MySQL and
// MariaDB right without locking gaps.
func neighbourMutations() []mutation {
	snapshot := scenarios("isolation", "")
	return []mutation{
		{
			name: "mysql-stale-snapshot", breaks: "a caller's old snapshot is taken for what is there",
			file: "book.go", old: "b.snapshot, b.call = true,", new: "b.snapshot, b.call = false,",
			engine: dialect.MySQL, tests: snapshot + "|^TestSnapshotAfterOwnWrite$",
		},
		{
			name: "mysql-unseen-entries", breaks: "what others wrote after a caller's snapshot is overlooked",
			file: "behind.go", old: "return e.Seq + 1, last, nil", new: "return 1, 0, nil",
			engine: dialect.MySQL, tests: snapshot + "|^TestSnapshotAfterOwnWrite$",
		},
		{
			name: "mysql-own-entries", breaks: "a row that the transaction changed itself is taken for a view of all else",
			file: "behind.go", old: "a.behind = true",
			new:    "if b.versions[a.UserUUID] == (version{a.Seq, a.AsOfUs}) {\n\t\treturn nil\n\t}\n\ta.behind = true",
			engine: dialect.MySQL, tests: "^TestSnapshotBehindPointer$",
		},
		{
			name: "mysql-lock-of-no-account", breaks: "an account that is not there is locked, and its neighbours wait",
			file: "book.go", old: "if !b.snapshot {\n\t\treturn users", new: "if b.users != nil {\n\t\treturn users",
			engine: dialect.MySQL, tests: "^TestStrangersDoNotWait$",
		},
		{
			name: "mysql-charge-of-no-account", breaks: "a charge of an account that is not there makes its neighbours wait",
			file: "charge_fast_mysql.go", old: "AND NOT EXISTS (SELECT 1 FROM credits_trans AS t WHERE t.user_uuid = ? AND t.op_key = ?);",
			new:    "AND NOT EXISTS (SELECT 1 FROM credits_trans AS t WHERE t.user_uuid = ? AND t.op_key = ?) FOR UPDATE;",
			engine: dialect.MySQL, tests: "^TestStrangersDoNotWait$",
		},
		{
			name: "mysql-charge-again", breaks: "a charge that is repeated locks the end of the table of entries",
			file: "charge_fast_mysql.go", old: "AND NOT EXISTS (SELECT 1 FROM credits_trans AS t WHERE t.user_uuid = ? AND t.op_key = ?);",
			new:    "AND (? <> '' OR ? <> '');",
			engine: dialect.MySQL, tests: "^TestStrangersDoNotWait$",
		},
		{
			name: "mariadb-lock-by-user", breaks: "an account is locked by a secondary key, which locks the gap before it",
			file: "book_mysql.go", old: "if id, ok := b.ids[user]; ok {", new: "if id, ok := b.ids[user]; ok && id < 0 {",
			engine: dialect.MariaDB, tests: "^TestStrangersDoNotWait$",
		},
		{
			name: "read-locks-the-account", breaks: "a balance of a time at which something falls due locks the account",
			file: "balance.go", old: "return lookAhead(ctx, db, user, at)",
			new: "if b := newBook(db, []*spec{{user: user}}); b.peek(ctx) == nil {\n\t\tif err := b.lock(ctx); err != nil {\n\t\t\treturn nil, err" +
				"\n\t\t}\n\t}\n\treturn lookAhead(ctx, db, user, at)",
			engine: dialect.MySQL, tests: "^TestReadsLockNothing$",
		},
		{
			name: "read-ahead-without-held", breaks: "a balance forgets grants of which something is held",
			file: "lookahead.go", old: "(expires_us <= ? OR held > 0)", new: "(expires_us <= ?)",
			engine: dialect.SQLite, tests: "^TestBalanceOfASnapshot$|^TestReadAheadOfHeldGrants$",
		},
		{
			name: "mysql-entry-of-every-shard", breaks: "a charge looks for its entry without naming the account, on every shard",
			file: "charge_fast_mysql.go", old: "ON t.user_uuid = ? AND t.seq", new: "ON t.user_uuid = a.user_uuid AND ? <> '' AND t.seq",
			engine: dialect.MySQL, tests: "^TestFastChargeIsObserved$",
		},
	}
}
