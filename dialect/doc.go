// Package dialect encapsulates the differences between engines. It tells which
// engine a bun handle talks to and what that engine can do ([Of]), runs work in
// a transaction with bounded retries ([InTx]), and classifies errors of any
// driver ([Classify]).
//
// It links no driver: errors and handles are recognized by their shape, so that a
// program that uses a domain package on its own *bun.DB links no further driver.
// The packages below it (dialect/postgres, dialect/mysql, dialect/sqlite) link
// one driver each.
package dialect
