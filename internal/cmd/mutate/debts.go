package main

import "github.com/chameleon-go/chameleon/dialect"

// debtMutations break claw-backs and what they leave owed.
func debtMutations() []mutation {
	return []mutation{
		{
			name: "debt-unpaid", breaks: "coming credits do not pay debt",
			file: "account.go", old: "if pay == 0 {", new: "if pay >= 0 {",
			engine: dialect.SQLite, tests: scenarios("claw-back", "pay"),
		},
		{
			name: "claw-back-not-cumulative", breaks: "a claw-back takes its total again",
			file: "clawback.go", old: "min(sum, granted) - (s.Taken + s.Debt + s.Forgiven)", new: "min(sum, granted)",
			engine: dialect.SQLite, tests: scenarios("claw-back", "totals are cumulative"),
		},
		{
			name: "claw-back-twice", breaks: "a refund and a dispute take more than the purchase",
			file: "clawback.go", old: "min(sum, granted) -", new: "sum -",
			engine: dialect.SQLite, tests: scenarios("claw-back", "a refund and a dispute"),
		},
		{
			name: "forgiveness-forgotten", breaks: "what the policy lets go is owed",
			file: "clawback.go", old: "debt -= spent", new: "debt += 0 * spent",
			engine: dialect.SQLite, tests: scenarios("claw-back", "the policy forgive"),
		},
	}
}
