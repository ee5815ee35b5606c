package main

import "github.com/chameleon-go/chameleon/dialect"

// openingMutations open sessions in which values are not quoted or read as they
// should be, or whose statements MariaDB refuses.
func openingMutations() []mutation {
	return []mutation{
		{
			name: "strings-not-asked", breaks: "what a DBA set for strings counts",
			at: "dialect/postgres", file: "session.go", old: `"standard_conforming_strings": "on", `, new: "",
			engine: dialect.PostgreSQL, tests: "^TestHostileSettings$", by: ".",
		},
		{
			name: "mariadb-snapshot-isolation", breaks: "a row that others changed ends the caller's transaction",
			at: "internal/rows", file: "current_mysql.go",
			old: `"/*M!110602 SET STATEMENT innodb_snapshot_isolation=OFF FOR */ "`, new: `""`,
			engine: dialect.MariaDB, tests: "^TestVerbsBehindSnapshots$", by: ledger,
		},
	}
}
