package doctor

func settingsSQLite() []setting {
	return []setting{
		{
			query: "PRAGMA journal_mode", fits: func(v string) bool { return v == "wal" || v == "memory" }, code: "no_wal", severity: Warning,
			problem: "journal_mode is {}: readers and the writer block each other",
			remedy:  "open the file with chameleon.Open, which sets journal_mode(WAL)",
		},
	}
}
