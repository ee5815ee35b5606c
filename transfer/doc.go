// Package transfer moves whole databases: [Copy] from any engine to any other,
// [Backup] into an archive that belongs to no engine, and [Restore] from one. It
// links no driver, and takes the models whose tables are meant; chameleon.Copy,
// chameleon.Backup and chameleon.Restore take all of them.
//
// # What is kept
//
// Every row and every column of the models' tables, as stored: ids, times to the
// microsecond, NULL apart from empty, texts byte for byte in any script, JSON as
// the text that it is. A column that no model knows, of a database that another
// program had before, is copied where the target has a column of its name, and
// else reported ([LeftColumn]). Rows are never interpreted, so that those of the
// original application's which are not adopted yet stay what they are.
//
// What an engine cannot hold is refused by name, with a *[ValueError]: a NUL or
// broken UTF-8 in a text of PostgreSQL's, a text that is longer than its column, a
// number or time out of its range. Nothing is cut or replaced.
//
// Times mean UTC. A zero date of MySQL's ('0000-00-00') is the year 1, as its
// driver reads it.
//
// # One snapshot
//
// What is copied or written to an archive is the database at one moment: a
// REPEATABLE READ transaction on PostgreSQL, MySQL and MariaDB, a read transaction
// on SQLite. The application goes on meanwhile. The engine keeps old versions of
// rows for as long as that takes; tables must not be altered.
//
// # Checksums
//
// A table's checksum is the sum of the SHA-256 of each of its rows, in four lanes
// of 64 bits, over a form of the row that does not depend on the engine
// (docs/archive-format.md). It is computed here, never by the engine, so that equal
// checksums mean equal contents, whatever holds them.
package transfer
