// Package handle holds what the packages of the engines (dialect/postgres, dialect/mysql,
// dialect/sqlite) share for opening a database: the settings of the pool, the version
// check, errors with a remedy, and the query hook that logs slow queries and feeds a
// [Tracer], always without literals. It links no driver.
package handle
