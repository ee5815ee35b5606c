// Package meter counts micro-charges: tokens, seconds, frames, of which a process has
// more a second than a database has commits.
//
// A [Meter] leases credits of one account, which is a hold with a timeout
// ([credits.Hold]), and counts against them in memory. Where the lease is used up, or
// old, what was counted is captured ([credits.Capture]), the rest goes back, and the next
// lease is taken. So a million calls of [Meter.Take] are some hundreds of entries.
//
//	m, err := meter.New(meter.Params{DB: db, UserUUID: user, Lease: 10_000})
//	…
//	err = m.Take(ctx, tokens) // an *credits.InsufficientError: stop the stream
//	…
//	err = m.Close(ctx)
//
// # What is certain
//
//   - The customer never pays for what was not counted. What is held and was not
//     counted goes back when the lease ends, at the latest by its timeout.
//   - Nothing is counted that the account did not have: each lease is held before the
//     first credit of it is counted.
//   - Take refuses at the moment when lease and account are used up. What other leases
//     of the account hold is not to be had until they end.
//   - A process that dies loses what it had counted and not settled: at most Lease
//     credits, or those of one larger Take, and of at most the last Every while the
//     database can be reached. It is the product's loss; the customer has them back when
//     the hold times out. A next lease is not begun before the one before is settled, so
//     that this is the bound also where the database fails.
//
// # A lease that is lost
//
// If a hold has ended when its lease is settled (a database that could not be reached
// for longer than Grace, somebody who released it), or grants that it drew on have
// expired, then what was counted is charged to what the account has otherwise. What
// it has not is lost, and [Totals] counts it.
//
// Several meters may count one account, in one process or in many: each has leases of
// its own.
package meter
