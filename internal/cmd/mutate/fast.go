package main

import "github.com/chameleon-go/chameleon/dialect"

// fastMutations break the charge in one round trip.
func fastMutations() []mutation {
	spend := scenarios("caller", "50 goroutines spend the last credits")
	expiry := scenarios("time", "expiry exactly at T")
	latest := scenarios("time", "an operation stamped before the latest")
	return []mutation{
		{
			name: "postgres-balance-guard", breaks: "a charge takes more than the open lot has",
			file: "charge_fast_postgres.go", old: "AND a.open_left >= $2::bigint", new: "AND $2::bigint > 0",
			engine: dialect.PostgreSQL, tests: spend,
		},
		{
			name: "mysql-balance-guard", breaks: "a charge takes more than the open lot has",
			file: "charge_fast_mysql.go", old: "AND open_left >= ?", new: "AND 0 < ?",
			engine: dialect.MySQL, tests: spend,
		},
		{
			name: "postgres-expiry-guard", breaks: "a charge spends a grant that has expired",
			file: "charge_fast_postgres.go", old: "AND a.next_event_us > GREATEST(a.as_of_us, $3::bigint)", new: "",
			engine: dialect.PostgreSQL, tests: expiry,
		},
		{
			name: "mysql-expiry-guard", breaks: "a charge spends a grant that has expired",
			file: "charge_fast_mysql.go", old: "AND next_event_us > GREATEST(as_of_us, ?)", new: "AND 0 <= GREATEST(as_of_us, ?)",
			engine: dialect.MySQL, tests: expiry,
		},
		{
			name: "postgres-expiry-by-one", breaks: "a charge spends a grant in the microsecond in which it expires",
			file: "charge_fast_postgres.go", old: "a.next_event_us > GREATEST", new: "a.next_event_us >= GREATEST",
			engine: dialect.PostgreSQL, tests: expiry,
		},
		{
			name: "mysql-expiry-by-one", breaks: "a charge spends a grant in the microsecond in which it expires",
			file: "charge_fast_mysql.go", old: "next_event_us > GREATEST", new: "next_event_us >= GREATEST",
			engine: dialect.MySQL, tests: expiry,
		},
		{
			name: "postgres-key-guard", breaks: "a replay's unique violation undoes the caller's transaction",
			file: "charge_fast_postgres.go", engine: dialect.PostgreSQL,
			old: "AND $4::text IS DISTINCT FROM (SELECT t.op_key FROM credits_trans AS t\n", new: "AND '' IS DISTINCT FROM (SELECT t.op_key FROM credits_trans AS t\n",
			tests: scenarios("caller", "refusals and replays leave"),
		},
		{
			name: "postgres-moved-on-guard", breaks: "losing the race for a key undoes the caller's transaction",
			file: "charge_fast_postgres.go", engine: dialect.PostgreSQL,
			old: "AND a.seq = (SELECT v.seq FROM credits AS v WHERE v.user_uuid = $1::text)", new: "",
			tests: "^TestCallerWaitsForAnotherWithItsKey$",
		},
		{
			name: "mysql-savepoint", breaks: "a replay's unique violation leaves its charge in the caller's transaction",
			file: "charge_fast_mysql.go", engine: dialect.MySQL,
			old: `"ROLLBACK TO SAVEPOINT "+mysqlSavepoint)`, new: `"RELEASE SAVEPOINT "+mysqlSavepoint)`,
			tests: "^TestCallerBehindAnotherWithItsKey$",
		},
		{
			name: "mysql-time-backwards", breaks: "an account's time runs backwards",
			file: "charge_fast_mysql.go", old: "as_of_us = GREATEST(as_of_us, ?)", new: "as_of_us = ?",
			engine: dialect.MySQL, tests: latest,
		},
	}
}
