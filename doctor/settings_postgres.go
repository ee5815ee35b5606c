package doctor

func settingsPostgres() []setting {
	return []setting{
		{
			query: "SHOW TimeZone", fits: utcZone, code: "time_zone", severity: Warning,
			problem: "the session's time zone is {}: days and weeks begin at other times than the ledger's, which is in UTC",
			remedy:  "open the handle with chameleon.Open, or ALTER ROLE … SET timezone = 'UTC'",
		},
		{
			query: "SHOW standard_conforming_strings", want: "on", code: "backslash_quotes", severity: Error,
			problem: "standard_conforming_strings is {}: texts with a backslash are stored differently, and a quote may end one",
			remedy:  "open the handle with chameleon.Open, or ALTER DATABASE … SET standard_conforming_strings = on",
		},
		{
			query: "SHOW client_encoding", want: "UTF8", code: "client_encoding", severity: Error,
			problem: "client_encoding is {}: texts are read and written incorrectly",
			remedy:  "open the handle with chameleon.Open, or ALTER ROLE … SET client_encoding = 'UTF8'",
		},
		{
			query: "SHOW default_transaction_isolation", want: "read committed", code: "isolation", severity: Info,
			problem: "default_transaction_isolation is {}: your own transactions fail with conflicts that have to be repeated",
			remedy:  "none if this is intended; otherwise ALTER DATABASE … SET default_transaction_isolation = 'read committed'",
		},
		{
			query: "SELECT CASE WHEN pg_is_in_recovery() THEN 'a replica' WHEN current_setting('default_transaction_read_only') = 'on' " +
				"THEN 'set to read only' ELSE '' END", code: "read_only", severity: Error,
			problem: "the database is {}: nothing can be written", remedy: "connect to the primary; check default_transaction_read_only",
		},
	}
}
