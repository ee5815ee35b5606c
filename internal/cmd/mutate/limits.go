package main

import "github.com/chameleon-go/chameleon/dialect"

// limitMutations take away what a charge in one round trip leaves to the general
// way, so that its refusal has a type.
func limitMutations() []mutation {
	return []mutation{
		{
			name: "mysql-spelling-guard", breaks: "a charge is taken from an account of another spelling",
			file: "charge_fast_mysql.go", old: "AND CAST(user_uuid AS BINARY) = CAST(? AS BINARY)", new: "AND '' <> CAST(? AS BINARY)",
			engine: dialect.MySQL, tests: "TestAnotherSpellingIsAnotherAccount/mysql",
		},
		{
			name: "postgres-clock-guard", breaks: "a charge far ahead of the database's clock is taken",
			file: "charge_fast_postgres.go", old: "AND $13::timestamptz <=", new: "AND $13::timestamptz - interval '1000 years' <=",
			engine: dialect.PostgreSQL, tests: scenarios("clock", "no verb takes a time too far"),
		},
		{
			name: "mysql-clock-guard", breaks: "a charge far ahead of the database's clock is taken",
			file: "charge_fast_mysql.go", old: "AND ? <= TIMESTAMPDIFF", new: "AND ? - 1000000000000000000 <= TIMESTAMPDIFF",
			engine: dialect.MySQL, tests: scenarios("clock", "no verb takes a time too far"),
		},
		{
			name: "postgres-drift-guard", breaks: "a charge spends what another program has spent already",
			file: "charge_fast_postgres.go", old: "AND a.left_credits = a.balance - a.held_credits + a.debt_credits", new: "",
			engine: dialect.PostgreSQL, tests: "^TestWhatTheOriginalSpentIsSpent$",
		},
		{
			name: "mysql-drift-guard", breaks: "a charge spends what another program has spent already",
			file: "charge_fast_mysql.go", old: "AND left_credits = balance - held_credits + debt_credits", new: "",
			engine: dialect.MySQL, tests: "^TestWhatTheOriginalSpentIsSpent$",
		},
		{
			name: "limit-leaves-traces", breaks: "what left_credits' bound refuses is written with the rest of its batch",
			file: "limits.go", old: "a.DebtCredits, a.ExpiredCredits) > near", new: "a.DebtCredits, a.ExpiredCredits) > math.MaxInt64-1",
			engine: dialect.PostgreSQL, tests: "^TestNarrow",
		},
	}
}
