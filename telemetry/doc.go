// Package telemetry reports what Chameleon does to OpenTelemetry: a span for every
// query, and metrics of queries, ledger operations, retries, webhooks, maintenance and
// the connection pool.
//
//	t, err := telemetry.New(telemetry.Params{}) // the global providers
//	db, err := chameleon.Open(ctx, url, chameleon.WithTracer(t), chameleon.WithObserver(t))
//	pool, err := t.Pool(db)
//	defer pool.Unregister()
//	http.Handle("/webhooks/stripe", stripe.Handler(db, config, t.Webhook(nil)))
//	maintain.Run(ctx, db, maintain.Params{OnOutcome: t.Maintained(nil)})
//
// Spans and metrics of queries follow OpenTelemetry's semantic conventions for databases.
// No customer data is reported: queries appear without their values, errors as a kind and
// a code, and accounts, keys and single amounts not at all. A program that does not call
// New pays nothing.
//
// # Metrics
//
//   - db.client.operation.duration: seconds that a query took, by engine, SQL verb and
//     kind of failure
//   - chameleon.lock.duration: the same for queries that may wait for locks: those that
//     lock or change rows, and on SQLite those that begin a transaction
//   - db.client.connection.count: connections of the pool, by state (idle or used)
//   - db.client.connection.max: the maximum size of the pool
//   - db.client.connection.wait_count and db.client.connection.wait_duration: how many
//     times a caller waited for a connection, and for how many seconds in total
//   - chameleon.ledger.operations: operations, by verb, outcome and reason
//   - chameleon.ledger.credits: credits moved by operations, by verb
//   - chameleon.ledger.duration: seconds that an operation took, by verb and outcome
//   - chameleon.transaction.failures: failed attempts of transactions, by kind, by whether
//     another attempt followed, and by whether the outcome is unknown
//   - chameleon.transaction.lost: seconds that failed attempts took; for the kinds conflict
//     and timeout, this is mostly time spent waiting for locks
//   - chameleon.webhook.events: events from payment providers, by provider, type and
//     outcome
//   - chameleon.maintenance.runs, chameleon.maintenance.done and
//     chameleon.maintenance.set_aside: runs of maintenance tasks by outcome, items that
//     they processed, and items that they could not process
package telemetry
