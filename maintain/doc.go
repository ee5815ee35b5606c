// Package maintain performs the regular maintenance that a product needs: it expires
// grants and times out holds, fails stuck generations, makes monthly grants,
// announces grants that expire soon, removes delivered events, counts sign-ups,
// payments into the totals that statistics read, and exports the heads of the
// accounts' histories. It links no driver.
//
//	go maintain.Run(ctx, db, maintain.Params{})
//
// Run it in every process of an application, in one of them, or from cron with Once.
// All of the tasks are idempotent and find due work by an index, so a second process
// finds nothing to do. There is no lease between processes, which would cost more
// than it saves and would stop the work when its holder stops. Jitter spreads the
// processes.
package maintain
