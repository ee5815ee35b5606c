package doctor

import "strings"

func settingsMySQL() []setting {
	const handle = "open the handle with chameleon.Open, or "
	mode := func(problem string) func(string) bool {
		return func(value string) bool { return !strings.Contains(value, problem) }
	}
	return []setting{
		{
			query: "SELECT IF(@@SESSION.time_zone = 'SYSTEM', @@system_time_zone, @@SESSION.time_zone)", fits: utcZone, code: "time_zone", severity: Warning,
			problem: "the session's time zone is {}: timestamps are converted when they are read and written",
			remedy:  handle + "put time_zone='+00:00' in the driver's configuration",
		},
		{
			query: "SELECT @@SESSION.sql_mode", fits: mode("NO_BACKSLASH_ESCAPES"), code: "backslash_quotes", severity: Error,
			problem: "sql_mode has NO_BACKSLASH_ESCAPES: texts with a backslash are stored differently",
			remedy:  handle + "take it out of the session's sql_mode",
		},
		{
			query: "SELECT @@SESSION.sql_mode", fits: func(v string) bool { return strings.Contains(v, "STRICT_") }, code: "not_strict", severity: Error,
			problem: "sql_mode is not strict: values that are too long for a column are truncated",
			remedy:  handle + "add STRICT_TRANS_TABLES to the session's sql_mode",
		},
		{
			query: "SELECT @@SESSION.character_set_client", want: "utf8mb4", code: "client_encoding", severity: Error,
			problem: "character_set_client is {}: texts are read and written incorrectly", remedy: handle + "connect with charset=utf8mb4",
		},
		{
			query: "SELECT @@SESSION.transaction_isolation", fits: func(v string) bool { return v != "SERIALIZABLE" && v != "READ-UNCOMMITTED" },
			code: "isolation", severity: Warning,
			problem: "transaction_isolation is {}: your own transactions wait for one another, or read what is not committed",
			remedy:  "set transaction_isolation to READ-COMMITTED or REPEATABLE-READ",
		},
		{
			query: "SELECT IF(@@GLOBAL.read_only, 'read_only', '')", code: "read_only", severity: Error,
			problem: "the server is {}: nothing can be written", remedy: "connect to the primary; check read_only",
		},
	}
}
