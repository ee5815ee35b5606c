package main

import "github.com/chameleon-go/chameleon/dialect"

// timeMutations break what falls due by itself.
func timeMutations() []mutation {
	return []mutation{
		{
			name: "expiry-by-one", breaks: "a grant lives on in the microsecond in which it expires",
			file: "fetch.go", old: "l.Live && l.ExpiresUs <= at", new: "l.Live && l.ExpiresUs < at",
			engine: dialect.SQLite, tests: scenarios("time", "expiry exactly at T"),
		},
		{
			name: "clock-unchecked", breaks: "any time is taken, however far ahead of the database's clock",
			file: "ahead.go", old: "if at-now <= ahead {", new: "if at-now <= unbounded {",
			engine: dialect.SQLite, tests: scenarios("clock", "no verb takes a time too far"),
		},
		{
			name: "reset-revives-nothing", breaks: "grants that a wrong clock ended stay ended",
			file: "reset_clock.go", old: "\t\ta.revive(l)\n", new: "\t\t_ = l\n",
			engine: dialect.SQLite, tests: scenarios("clock", "an account that a sweep carried off"),
		},
		{
			name: "reset-unseen-in-history", breaks: "past balances leave out what was stamped in the future before a reset",
			file: "balance.go", old: "(at_us <= ? OR seq <= (", new: "(at_us <= ? OR seq < 0 * (",
			engine: dialect.SQLite, tests: scenarios("clock", "an account that a charge carried off"),
		},
		{
			name: "history-expiry-by-one", breaks: "a past balance has a grant in the microsecond in which it expires",
			file: "balance.go", old: "WHEN expires_us > ? AND lot <> ?", new: "WHEN expires_us >= ? AND lot <> ?",
			engine: dialect.SQLite, tests: scenarios("time", "reads are exact without a sweep"),
		},
		{
			name: "timeout-never", breaks: "holds that have timed out stay",
			file: "hold_state.go", old: "h.Status == HoldActive && h.DueUs <= at", new: "h.Status == HoldActive && h.DueUs < 0",
			engine: dialect.SQLite, tests: scenarios("time", "a hold times out"),
		},
		{
			name: "timeout-by-one", breaks: "a hold lives on in the microsecond of its timeout",
			file: "hold_state.go", old: "h.Status == HoldActive && h.DueUs <= at", new: "h.Status == HoldActive && h.DueUs < at",
			engine: dialect.SQLite, tests: scenarios("time", "a hold times out"),
		},
		{
			name: "timeout-unseen", breaks: "an operation after a hold's forgets when the hold falls due",
			file: "flush.go", old: "a.NextEventUs = min(a.NextEventUs, row.Due)", new: "_ = a",
			engine: dialect.SQLite, tests: scenarios("time", "a hold times out"),
		},
		{
			name: "due-order", breaks: "a hold's timeout comes before the expiry of the same moment",
			file: "advance.go", old: "return cmp.Compare(x.at, y.at) })", new: "return cmp.Or(cmp.Compare(x.at, y.at), -1) })",
			engine: dialect.SQLite, tests: scenarios("time", "a grant and a hold on it end"),
		},
		{
			name: "refund-revives", breaks: "a refund to an expired grant counts in the running balance",
			file: "account.go", old: "if a.expired(l) {\n\t\t// The", new: "if a.expired(l) && credits < 0 {\n\t\t// The",
			engine: dialect.SQLite, tests: scenarios("grant", "a refund goes back to the very grants"),
		},
	}
}
