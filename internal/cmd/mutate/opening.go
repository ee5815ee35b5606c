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
			name: "sql-mode-not-asked", breaks: "NO_BACKSLASH_ESCAPES of the server's counts, and a value ends its string",
			at: "dialect/mysql", file: "config.go", old: `, "sql_mode": sqlMode`, new: "",
			engine: dialect.MySQL, tests: "^TestHostileSettings$", by: ".",
		},
		{
			name: "ssl-unverified", breaks: "ssl=true encrypts to whoever answers",
			at: "dialect/postgres", file: "tls.go",
			old: "{\"rejectunauthorized\":true}`:\n\t\tr.raise(TLSVerifyFull)", new: "{\"rejectunauthorized\":true}`:\n\t\tr.raise(TLSRequire)",
			engine: dialect.SQLite, tests: "^TestTLSWords$",
		},
		{
			name: "tls-falls-back", breaks: "a connection goes on in the clear although TLS was asked for",
			at: "dialect/mysql", file: "config.go",
			old: "conn.AllowFallbackToPlaintext = r.mode == TLSPrefer", new: "conn.AllowFallbackToPlaintext = true",
			engine: dialect.SQLite, tests: "^TestStrippedTLS$", by: ".",
		},
		{
			name: "port-lost", breaks: "host= in a URL loses the port that stands before",
			at: "dialect/postgres", file: "places.go",
			old: "spread(hosts, portsOf(inURL), false)", new: "spread(hosts, nil, false)",
			engine: dialect.SQLite, tests: "^TestPlaces$",
		},
		{
			name: "pooler-unheard", breaks: "other drivers' words for a pooler are passed over",
			at: "dialect/postgres", file: "poolers.go", old: "r.unprepared = r.unprepared || pooled", new: "r.unprepared = r.unprepared && pooled",
			engine: dialect.SQLite, tests: "^TestPoolers$",
		},
		{
			name: "password-shown", breaks: "an error shows what stands in a parameter",
			at: "internal/dburl", file: "query.go", old: "if !given {", new: "if !given && false {",
			engine: dialect.SQLite, tests: "^TestRefusedByName$", by: "dialect/postgres",
		},
		{
			name: "key-shown", breaks: "an error shows a private key that stands in a path's place",
			at: "internal/dburl", file: "file.go", old: `strings.Contains(p.Value, "-----")`, new: "false",
			engine: dialect.SQLite, tests: "^TestRefusedByName$", by: "dialect/postgres",
		},
		{
			name: "mariadb-snapshot-isolation", breaks: "a row that others changed ends the caller's transaction",
			at: "internal/rows", file: "current_mysql.go",
			old: `"/*M!110602 SET STATEMENT innodb_snapshot_isolation=OFF FOR */ "`, new: `""`,
			engine: dialect.MariaDB, tests: "^TestVerbsBehindSnapshots$", by: ledger,
		},
	}
}
