// Package upgrade tests that databases of earlier versions of this module keep
// working: testdata holds, for each version and engine, the schema as that
// version pushed it and the rows of a small product's history, together with
// the facts that its verbs told then.
//
// TestUpgrade loads each of them, pushes today's schema over it, and then needs
// the same facts, a ledger that verifies, replays of the old idempotency keys,
// and every kind of verb to work on the old rows.
//
// Before a release, `go test ./internal/upgrade -write=VERSION` writes the
// fixtures of the version that is about to be released.
package upgrade
