// Package meter counts micro-charges, such as tokens, seconds or frames, that occur
// more often than a database can commit.
//
// A [Meter] leases credits of one account, by a hold with a timeout ([credits.Hold]),
// and counts against the lease in memory. When the lease is used up or old, what was
// counted is captured ([credits.Capture]), the rest is returned, and the next lease
// is taken. A million calls of [Meter.Take] become a few hundred entries.
//
//	m, err := meter.New(meter.Params{DB: db, UserUUID: user, Lease: 10_000})
//	…
//	err = m.Take(ctx, tokens) // an *credits.InsufficientError: stop the stream
//	…
//	err = m.Close(ctx)
//
// # What is certain
//
//   - The customer never pays for what was not counted. Held credits that were
//     not counted are returned when the lease ends, at its timeout at the
//     latest.
//   - Nothing is counted that the account did not have: a lease is held before any of
//     it is counted.
//   - Take refuses as soon as the lease and the account are used up. Credits in other
//     leases of the account are not available until those end.
//   - A process that dies loses what it had counted but not settled: at most Lease
//     credits, or those of one larger Take, and at most those of the last Every while
//     the database is reachable. The loss is the product's; the customer gets the
//     credits back when the hold times out. A new lease is not begun before the
//     previous one is settled, so the bound holds even while the database is failing.
//
// # A lease that is lost
//
// If a hold has ended by the time its lease is settled (because the database was
// unreachable for longer than Grace, or someone released the hold), or if grants that
// it drew on have expired, the counted credits are charged to whatever else the
// account has. If that is not enough, the rest is lost, and [Totals] counts it.
//
// # Budgets
//
// What is settled counts against the budgets that [Params] names ([credits.SetBudget]). A
// lease holds no more than they have left, and Take refuses when one is used up. Held
// credits count against no budget, though: if others spend from the same budget, what they
// took by the time a lease is settled is lost to that lease. The cap is not exceeded.
//
// Several meters may count against one account, in one process or in many; each has
// its own leases.
package meter
