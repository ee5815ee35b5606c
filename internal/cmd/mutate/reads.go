package main

import "github.com/chameleon-go/chameleon/dialect"

// readMutations break statements and statistics, which read history back.
func readMutations() []mutation {
	return []mutation{
		{
			name: "statement-other-tails", breaks: "a long operation takes entries that its neighbour read on for",
			file: "statement_entries.go", old: "ok && t.from <= e.Seq && e.Seq < t.to", new: "ok && e.Seq < t.to",
			engine: dialect.SQLite, tests: "^TestStatementOfNinePingsTheirChargeAndItsRefund$|^TestLedgerEqualsModel$",
		},
		{
			name: "statement-since-forgotten", breaks: "a page takes rows for entries that were none when the statement began",
			file: "statement_read.go", old: "last.since = r.since", new: "last.since = 0",
			engine: dialect.SQLite, tests: "^TestStatementWhileRowsAreTakenOver$",
		},
		{
			name: "statement-run-takes-adopted", breaks: "a page reads rows that were taken over since as the run of entries that they are now",
			file: "statement_run.go", old: " || r.since > 0 {", new: " {",
			engine: dialect.SQLite, tests: "^TestStatementWhileRowsAreTakenOver$",
		},
		{
			name: "stats-returned-debt", breaks: "paid debt that a won dispute gives back is in Net alone",
			file: "stats_query.go", old: "AND credits > 0 AND lot <> %d THEN", new: "AND credits > 0 AND lot < %d THEN",
			engine: dialect.SQLite, tests: "^TestStatsOfADisputeThatIsWon$",
		},
		{
			name: "stats-types-collate", breaks: "a team's type counts as the ledger's where they differ by case alone",
			file: "statement_read.go", old: `return "CAST(CONVERT(" + column + " USING utf8mb4) AS BINARY)"`, new: "return column",
			engine: dialect.MySQL, tests: "^TestStatsTypesCompareByteForByte$",
		},
	}
}
