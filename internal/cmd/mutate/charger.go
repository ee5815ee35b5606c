package main

import "github.com/chameleon-go/chameleon/dialect"

const charger = ledger + "/charger"

// chargerMutations break charges that share a commit.
func chargerMutations() []mutation {
	return []mutation{
		{
			name: "open-lot-overdrawn", breaks: "charges that go together take more than the open lot has",
			file: "fetch_open.go", old: "c.sum >= a.OpenLeft", new: "c.sum < 0",
			engine: dialect.SQLite, tests: "^TestChargesAreThoseOfCharge$", by: charger,
		},
		{
			name: "open-lot-expired", breaks: "charges that go together spend a grant that has expired",
			file: "fetch_open.go", old: "max(c.latest, a.AsOfUs) >= a.NextEventUs", new: "a.NextEventUs < 0",
			engine: dialect.SQLite, tests: "^TestChargesTogetherAtAnExpiry$", by: charger,
		},
		{
			name: "charger-own-work", breaks: "a charge whose answer was lost is called a replay",
			file: "batch.go", old: "if s != nil && s.mark != 0 && s.ours", new: "if s != nil && s.mark == 0 && s.ours",
			engine: dialect.PostgreSQL, tests: "^TestCutConnections$", by: charger,
		},
		{
			name: "charger-undivided", breaks: "one broken account fails the charges that are gathered with it",
			at: charger, file: "group.go", old: "case divisible(err) && len(group) > 1:", new: "case divisible(err) && len(group) > 1000:",
			engine: dialect.SQLite, tests: "^TestOneBrokenAccount$",
		},
		{
			name: "charger-sent-given-up", breaks: "a caller is told that nothing is stored though the charge was sent",
			at: charger, file: "call.go", old: "return c.state.CompareAndSwap(waiting, givenUp)",
			new: "return c.state.CompareAndSwap(waiting, givenUp) || true", engine: dialect.SQLite, tests: "^TestCallersWhoLeave$",
		},
	}
}
