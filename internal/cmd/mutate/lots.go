package main

import "github.com/chameleon-go/chameleon/dialect"

// lotMutations break what is drawn from which grant and goes back to it.
func lotMutations() []mutation {
	order := scenarios("grant", "spending takes the soonest expiry")
	parts := scenarios("grant", "a refund goes back to the very grants")
	return []mutation{
		{
			name: "burn-order-paid", breaks: "paid credits are spent before free ones",
			file: "account.go", old: "if o.paid {\n\t\t\treturn -1\n\t\t}\n\t\treturn 1", new: "if o.paid {\n\t\t\treturn 1\n\t\t}\n\t\treturn -1",
			engine: dialect.SQLite, tests: order,
		},
		{
			name: "burn-order-expiry", breaks: "what expires last is spent first",
			file: "account.go", old: "cmp.Compare(r.expires, o.expires)", new: "cmp.Compare(o.expires, r.expires)",
			engine: dialect.SQLite, tests: order,
		},
		{
			name: "burn-order-read", breaks: "lots are read from the database in another order than they are spent in",
			file: "fetch.go", old: `"expires_us, paid, lot"`, new: `"expires_us DESC, paid, lot"`,
			engine: dialect.SQLite, tests: scenarios("grant", "an account of 10,000 grants"),
		},
		{
			name: "refund-other-lot", breaks: "a refund goes to another grant than the one drawn on",
			file: "refund.go", old: "a.post(b, c.lot, p.transType(), c.amount, 0)", new: "a.post(b, parts[0].lot, p.transType(), c.amount, 0)",
			engine: dialect.SQLite, tests: parts,
		},
		{
			name: "refund-twice", breaks: "refunds give back more than was charged",
			file: "refund.go", old: "back := min(returned[e.Lot], -e.Credits)", new: "back := min(returned[e.Lot], 0)",
			engine: dialect.SQLite, tests: parts + "|" + scenarios("grant", "concurrent refunds"),
		},
		{
			name: "hold-not-taken", breaks: "what is held can still be spent",
			file: "hold.go", old: "a.post(b, part.lot, TypeHold, 0, part.amount)", new: "a.post(b, part.lot, TypeHold, 0, 0)",
			engine: dialect.SQLite, tests: scenarios("hold", "held credits cannot be spent"),
		},
		{
			name: "capture-expired", breaks: "held credits of an expired grant are captured",
			file: "capture.go", old: "if !a.expired(lots[part.Lot]) {", new: "if part.Amount >= 0 {",
			engine: dialect.SQLite, tests: scenarios("hold", "held credits expire with their grant"),
		},
		{
			name: "carry-over-uncapped", breaks: "a renewal carries over more than its cap",
			file: "carry.go", old: "take := min(left, l.Free)", new: "take := l.Free",
			engine: dialect.SQLite, tests: scenarios("grant", "a renewal carries over up to its cap"),
		},
		{
			name: "carry-over-revives", breaks: "a renewal carries over what expired long ago",
			file: "carry.go", old: "a.AsOfUs-l.ExpiresUs > c.within()", new: "a.AsOfUs-l.ExpiresUs > 1<<62",
			engine: dialect.SQLite, tests: scenarios("grant", "a renewal carries over only what expired"),
		},
	}
}
