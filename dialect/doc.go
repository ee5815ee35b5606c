// Package dialect is the only package that knows engines. It says which engine a
// bun handle talks to and what that engine can do ([Of]), runs work in a
// transaction with bounded retries ([InTx]), and turns any driver's error into
// meaning ([Classify]).
//
// It links no driver: errors and handles are read by shape, so that a team
// that embeds one domain package on its own *bun.DB links what it linked
// before. The packages below it (dialect/postgres, dialect/mysql, dialect/sqlite)
// each link exactly one driver.
package dialect
