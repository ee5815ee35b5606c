package doctor

func settingsPostgres() []setting {
	return []setting{
		{
			query: "SHOW TimeZone", fits: utcZone, code: "time_zone", severity: Warning,
			problem: "the session's time zone is {}: days and weeks begin at other times than the ledger's, which is in UTC",
			remedy:  "open the handle with chameleon.Open, or ALTER ROLE … SET timezone = 'UTC'",
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
