package doctor

func settingsMySQL() []setting {
	return []setting{
		{
			query: "SELECT IF(@@SESSION.time_zone = 'SYSTEM', @@system_time_zone, @@SESSION.time_zone)", fits: utcZone, code: "time_zone", severity: Warning,
			problem: "the session's time zone is {}: timestamps are converted when they are read and written",
			remedy:  "open the handle with chameleon.Open, or put time_zone='+00:00' in the driver's configuration",
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
