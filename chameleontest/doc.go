// Package chameleontest is for the test suites of programs that use Chameleon:
// a database of a test's own in milliseconds, fixtures, signed webhooks, a clock,
// and assertions on the ledger.
//
//	func TestCharge(t *testing.T) {
//		db := chameleontest.New(t)
//		chameleontest.RequireVerified(t, db)
//		ada := chameleontest.User(t, db)
//		// … what is tested …
//		chameleontest.AssertBalance(t, db, ada.UUID, 70)
//	}
//
// New makes a SQLite database, embedded, with all tables. It links SQLite and no
// other driver. Package chameleontest/postgrestest makes databases on a PostgreSQL
// server, and chameleontest/mysqltest on MySQL or MariaDB; the servers are named by
// URLs in the environment.
//
// # Fixtures
//
// User, Grant, PaidOrder, Subscribe, Generation, Post, APIKey and Affiliate write
// one thing each, by the verbs that an application calls, with defaults that make
// sense together. A function that changes the verb's params says what is to be
// different:
//
//	order := chameleontest.PaidOrder(t, db, ada.UUID, func(p *orders.CreateParams) {
//		p.Credits = 5000
//	})
//
// They take a *bun.DB, a bun.Conn or a bun.Tx, and end the test where the verb fails.
//
// # Time
//
// Verbs and reads take their time as a field, At. A Clock gives them one that the
// test sets. It starts in the past, because verbs refuse times that lie far ahead of
// the database's clock (credits.DefaultMaxAhead).
package chameleontest
