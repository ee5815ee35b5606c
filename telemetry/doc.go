// Package telemetry reports what Chameleon does with a database to OpenTelemetry: a span
// for every query, and metrics of queries, of the ledger's operations, of retries,
// webhooks, maintenance and the pool.
//
//	t, err := telemetry.New(telemetry.Params{}) // the global providers
//	db, err := chameleon.Open(ctx, url, chameleon.WithTracer(t), chameleon.WithObserver(t))
//	pool, err := t.Pool(db)
//	defer pool.Unregister()
//	http.Handle("/webhooks/stripe", stripe.Handler(db, config, t.Webhook(nil)))
//	maintain.Run(ctx, db, maintain.Params{OnOutcome: t.Maintained(nil)})
//
// Spans of queries and their metric follow the semantic conventions for databases. Nothing
// literal leaves: queries are shown without values, errors by their kind and code, and
// accounts, keys and amounts of one customer nowhere. A program that does not call New
// pays nothing.
//
// # Metrics
//
//   - db.client.operation.duration: seconds a query took, by engine, SQL verb and kind of
//     failure
//   - chameleon.lock.duration: the same of queries that wait for locks, when others hold
//     them: that lock or change rows; on SQLite that begin a transaction
//   - db.client.connection.count: connections of the pool, by state: idle or used
//   - db.client.connection.max: the most that the pool may have
//   - db.client.connection.wait_count: how often somebody waited for a connection, and
//     db.client.connection.wait_duration: for how many seconds in all
//   - chameleon.ledger.operations: operations, by verb, outcome and reason
//   - chameleon.ledger.credits: credits that operations moved, by verb
//   - chameleon.ledger.duration: seconds an operation took, by verb and outcome
//   - chameleon.transaction.failures: attempts that did not go through, by kind; whether
//     another followed; and whether the outcome is unknown
//   - chameleon.transaction.lost: seconds that such attempts took. With a kind of
//     conflict or timeout it is what was spent waiting for locks
//   - chameleon.webhook.events: events of payment providers, by provider, type and outcome
//   - chameleon.maintenance.runs, chameleon.maintenance.done and
//     chameleon.maintenance.set_aside: runs of maintain's tasks by outcome, what they did,
//     and what they could not work on
package telemetry
