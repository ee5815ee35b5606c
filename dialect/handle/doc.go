// Package handle holds what the engines' packages (dialect/postgres,
// dialect/mysql, dialect/sqlite) share when they open a database: the
// settings of a pool, the check of an engine's version, errors with a remedy,
// and the query hook that reports slow queries and feeds a [Tracer] without
// ever showing a literal. It links no driver.
package handle
