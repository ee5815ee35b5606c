package main

import "github.com/chameleon-go/chameleon/dialect"

const (
	charger = ledger + "/charger"
	meter   = ledger + "/meter"
)

// chargerMutations break charges that share a commit, and those that are counted.
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
		{
			name: "meter-pays-again", breaks: "what a lost lease counted is charged again by each attempt",
			at: meter, file: "settle.go", old: "UserUUID: m.p.UserUUID, HoldKey: l.key, Amount: s.left, Key: l.stepKey(),",
			new: "UserUUID: m.p.UserUUID, HoldKey: l.key, Amount: s.left,", engine: dialect.PostgreSQL, tests: "^TestCutConnections$",
		},
		{
			name: "meter-counts-on", breaks: "a lease that is being settled counts on",
			at: meter, file: "lease.go", old: "l == nil || l.settling != nil || amount", new: "l == nil || amount",
			engine: dialect.SQLite, tests: "^TestCutConnections$",
		},
		{
			name: "meter-overdrawn", breaks: "more is counted than was leased",
			at: meter, file: "lease.go", old: "amount > l.amount-l.used", new: "amount > l.amount",
			engine: dialect.SQLite, tests: "^TestCountsWhatThereIs$",
		},
	}
}
