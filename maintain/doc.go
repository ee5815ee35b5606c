// Package maintain runs what a product has to run regularly: it expires grants and
// times holds out, fails generations that are stuck, pays monthly grants out, tells
// of grants that expire soon, removes events that were delivered, and exports where each account's history stands. It links no driver.
//
//	go maintain.Run(ctx, db, maintain.Params{})
//
// Run it in every process of an application, in one, or from cron with Once. All of
// this work is idempotent and looks for what is due by an index, so that a process
// that comes second finds nothing to do. There is no lease between processes: it would
// cost more than it saves, and work would stop with its holder. Jitter spreads them.
package maintain
