// Package transfer moves whole databases: [Copy] from any engine to any other,
// [Backup] into an engine-independent archive, and [Restore] from one. It links
// no driver and takes the models of the tables to move; chameleon.Copy,
// chameleon.Backup and chameleon.Restore take all of them.
//
// # What is kept
//
// Every row and every column of the models' tables, as stored: IDs, times to the
// microsecond, NULL as distinct from empty, text byte for byte in any script,
// and JSON as text. A column unknown to the models, as in an adopted database,
// is copied if the target has a column of that name, and otherwise reported
// ([LeftColumn]). Rows are never interpreted, so rows of the original
// application that have not been adopted yet stay that way.
//
// A value that the target engine cannot hold is refused with a *ValueError that
// names it: a NUL or invalid UTF-8 in PostgreSQL text, a text longer than its
// column, a number or time out of range. Nothing is truncated or replaced.
//
// Times mean UTC. A zero date of MySQL's ('0000-00-00') is the year 1, as its
// driver reads it.
//
// # One snapshot
//
// What is copied or archived is the database at one moment: a REPEATABLE READ
// transaction on PostgreSQL, MySQL and MariaDB, a read transaction on SQLite. The
// application keeps running. The engine keeps old row versions in the meantime;
// tables must not be altered.
//
// # Checksums
//
// A table's checksum is the sum of the SHA-256 hashes of its rows, in four lanes of
// 64 bits, over an engine-independent form of each row (docs/archive-format.md). It
// is computed in Go, never by the engine, so that equal checksums mean equal
// contents on any engine.
package transfer
