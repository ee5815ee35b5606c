package main

import "github.com/chameleon-go/chameleon/dialect"

// budgetMutations break the caps of API keys and members, and overage.
func budgetMutations() []mutation {
	return []mutation{
		{
			name: "budget-unbounded", breaks: "a charge that does not fit in its budget is taken",
			file: "budget_model.go", old: "c.most > 0 && amount > c.most-c.used", new: "c.most > 0 && amount > c.most",
			engine: dialect.SQLite, tests: "^TestBudgets$",
		},
		{
			name: "budget-refund-kept", breaks: "what is refunded stays counted",
			file: "refund.go", old: "a.uncount(in, amount)", new: "a.uncount(in, 0)",
			engine: dialect.SQLite, tests: "^TestBudgets$",
		},
		{
			name: "budget-fast", breaks: "a charge in one round trip counts in no budget",
			file: "charge_fast.go", old: " || len(p.Budgets) > 0", new: "",
			engine: dialect.SQLite, tests: "^TestBudgets$",
		},
		{
			name: "budget-capture", breaks: "what is captured counts in no budget",
			file: "capture.go", old: "a.count(in, amount)", new: "a.count(nil, amount)",
			engine: dialect.SQLite, tests: "^TestBudgets$",
		},
		{
			name: "budget-day-ahead", breaks: "setting a budget's caps forgets what was spent on the account's day",
			file: "budget.go", old: "row.turnTo(a.AsOfUs)", new: "row.turnTo(max(a.AsOfUs, s.at))",
			engine: dialect.SQLite, tests: "^TestBudgets$",
		},
		{
			name: "budget-zone-back", breaks: "a zone that is changed and changed back begins a day anew",
			file: "budget_model.go", old: "b.Day < day", new: "b.Day != day",
			engine: dialect.SQLite, tests: "^TestBudgets$",
		},
		{
			name: "budget-refund-unnamed", breaks: "a refund's entry does not say which budgets it gives back to",
			file: "refund.go", old: "b.data.Budgets = in", new: "b.data.Budgets = nil",
			engine: dialect.SQLite, tests: "^TestVerifyBudgets$", by: audit,
		},
		{
			name: "budget-unproved", breaks: "the audit counts what was released as captured",
			at: audit, file: "replay_budget.go", old: " && e.Held == e.Credits", new: "",
			engine: dialect.SQLite, tests: "^TestVerifyBudgets$",
		},
		{
			name: "budget-unrestored", breaks: "the audit restores no budgets",
			at: audit, file: "rebuild_write.go", old: ", b.writeBudgets}", new: "}",
			engine: dialect.SQLite, tests: "^TestVerifyBudgets$",
		},
		{
			name: "budget-unmetered", breaks: "what a meter settles counts in no budget",
			at: ledger + "/meter", file: "settle.go", old: "Key: l.stepKey(), Budgets: m.p.Budgets", new: "Key: l.stepKey()",
			engine: dialect.SQLite, tests: "^TestMeterBudgets$",
		},
		{
			name: "overdraft-unbounded", breaks: "an account owes more than it may",
			file: "overdraw.go", old: "max(p.MaxDebt-debt, 0)", new: "p.MaxDebt",
			engine: dialect.SQLite, tests: "^TestOverdraw$",
		},
		{
			name: "overdraft-forgotten", breaks: "what an overdrawn charge was lent is not owed",
			file: "overdraw.go", old: "Total: lent, Policy: PolicyDebt", new: "Total: lent, Policy: PolicyForgive",
			engine: dialect.SQLite, tests: "^TestOverdraw$",
		},
	}
}
