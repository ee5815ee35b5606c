// Package chameleontest supports the tests of programs that use Chameleon. It provides
// a separate database for each test within milliseconds, fixtures, signed webhooks, a
// clock, and assertions on the ledger.
//
//	func TestCharge(t *testing.T) {
//		db := chameleontest.New(t)
//		chameleontest.RequireVerified(t, db)
//		ada := chameleontest.User(t, db)
//		// … the code under test …
//		chameleontest.AssertBalance(t, db, ada.UUID, 70)
//	}
//
// New creates an embedded SQLite database with all tables. It links SQLite and no other
// driver. For a database on a server, use package chameleontest/postgrestest, or
// chameleontest/mysqltest for MySQL and MariaDB. Environment variables name the servers.
//
// # Fixtures
//
// User, Grant, PaidOrder, Subscribe, Generation, Post, APIKey and Affiliate create one
// thing each. They call the same verbs as an application does, with consistent defaults.
// Pass a function to change the verb's params:
//
//	order := chameleontest.PaidOrder(t, db, ada.UUID, func(p *orders.CreateParams) {
//		p.Credits = 5000
//	})
//
// They take a *bun.DB, a bun.Conn or a bun.Tx, and fail the test if the verb fails.
//
// # Time
//
// Verbs and reads take the time in a field, At. A Clock supplies times that the test
// controls. It starts in the past, because verbs refuse times that are far ahead of the
// database's clock (credits.DefaultMaxAhead).
package chameleontest
