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
			file: "clawback_lots.go", old: "min(sum, granted) - c.met()", new: "min(sum, granted)",
			engine: dialect.SQLite, tests: scenarios("claw-back", "totals are cumulative"),
		},
		{
			name: "claw-back-twice", breaks: "a refund and a dispute take more than the purchase",
			file: "clawback_lots.go", old: "min(sum, granted) -", new: "sum -",
			engine: dialect.SQLite, tests: scenarios("claw-back", "a refund and a dispute"),
		},
		{
			name: "forgiveness-forgotten", breaks: "what the policy lets go is owed",
			file: "clawback_lots.go", old: "if policy == PolicyForgive {", new: "if policy == \"\" {",
			engine: dialect.SQLite, tests: scenarios("claw-back", "the policy forgive"),
		},
		{
			name: "forgiven-refunded", breaks: "what was forgiven comes back by a refund",
			file: "forgive.go", old: "taken := min(amount, state.Forgiven)", new: "taken := min(0, state.Forgiven)",
			engine: dialect.SQLite, tests: scenarios("claw-back", "what was forgiven does not come back"),
		},
		{
			name: "carried-over-escapes", breaks: "what was carried over survives the claw-back of its purchase",
			file: "carry.go", old: "Origin: from.lot.root(),", new: "Origin: from.lot.Lot.Lot,",
			engine: dialect.SQLite, tests: scenarios("claw-back", "a claw-back follows"),
		},
		{
			name: "debt-erased", breaks: "a forgiven purchase erases another one's debt that it paid",
			file: "clawback_lots.go", old: "max(c.paid-c.state.Debt, 0)", new: "max(c.state.Debt-c.paid, 0)*0",
			engine: dialect.SQLite, tests: scenarios("claw-back", "debts that a purchase paid"),
		},
		{
			name: "payer-clawed-back", breaks: "paid debt goes back to a purchase that was taken back",
			file: "payers.go", old: "min(amount, paid[id], spare[root])", new: "min(amount, paid[id])",
			engine: dialect.SQLite, tests: scenarios("claw-back", "paid debt does not go back"),
		},
	}
}
