package main

import "github.com/chameleon-go/chameleon/dialect"

const outbox = "events"

// eventMutations break the low-balance mark, and the delivery of events.
func eventMutations() []mutation {
	return []mutation{
		{
			name: "low-mark-unseen", breaks: "a charge in one round trip reaches below the mark, and nothing tells",
			file: "internal/column/column.go", old: "return min(free, available-mark)", new: "return free",
			engine: dialect.SQLite, tests: "^TestLowBalanceIsToldOnceACrossing$", by: outbox,
		},
		{
			name: "low-mark-twice", breaks: "every charge below the mark is told",
			file: "tell.go", old: "was.available < a.LowMark || ", new: "",
			engine: dialect.SQLite, tests: "^TestLowBalanceIsToldOnceACrossing$", by: outbox,
		},
		{
			name: "open-part-lost", breaks: "what an account with a mark has beside the open part of a grant is lost",
			file: "account.go", old: "l.Free += a.OpenLeft", new: "l.Free = a.OpenLeft",
			engine: dialect.SQLite, tests: "^TestLowBalanceIsToldOnceACrossing$", by: outbox,
		},
		{
			name: "events-out-of-order", breaks: "an account's later events are delivered while an earlier one waits",
			at: outbox, file: "lane.go", old: "if head.DueUs > time.Now().UnixMicro() {", new: "if head.DueUs < 0 {",
			engine: dialect.SQLite, tests: "^TestDelivery$",
		},
		{
			name: "events-lease-lost", breaks: "a process whose lease has ended writes over what others did since",
			at: outbox, file: "lane.go", old: "(head == nil || head.Lease != l.lease)", new: "head == nil",
			engine: dialect.SQLite, tests: "^TestDelivery$",
		},
	}
}
