// Package sqlite opens SQLite databases through modernc.org/sqlite, which needs no C
// compiler. [ParseURL] reads sqlite: and file: URLs, and [Open] opens the file.
//
// # One writer, many readers
//
// SQLite lets one connection write at a time. Connections that compete for the write lock
// poll for it, in no particular order, and fail after a timeout. A handle therefore has
// one connection for writing and a pool of connections for reading, behind one *bun.DB.
// Each connection that database/sql sees borrows the right one for every statement, and
// keeps it for a transaction. Writers queue in order of arrival and leave the queue when
// their context ends. Readers and the writer never wait for each other.
//
// A transaction begins with BEGIN IMMEDIATE and occupies the writer, unless
// sql.TxOptions.ReadOnly makes it a reader with a snapshot. Reading from the *bun.DB
// while a transaction is open is fine and returns committed data. Writing to the *bun.DB
// from within a transaction waits for that same transaction, and fails after the lock
// timeout (30 seconds) with dialect.ErrTimeout.
//
// Session state does not carry over between statements outside a transaction: PRAGMA,
// temporary tables and last_insert_rowid() belong to the connection that was borrowed.
//
// # Durability
//
// A commit is on disk before it is acknowledged: with a synchronized log (journal_mode
// WAL, synchronous FULL), or with a rollback journal and synchronous EXTRA, which also
// synchronizes the directory. handle.Settings.UnsyncedCommits trades that for speed
// (synchronous NORMAL): a power failure then undoes the latest transactions, even
// acknowledged ones. No setting helps against a disk that acknowledges writes before it
// has stored them.
//
// # Pragmas
//
// _pragma=name(value), which may be repeated, and the shorthands of other drivers
// (_synchronous, _journal_mode, _busy_timeout, _foreign_keys …) set a pragma on every
// connection, for writing and for reading, in an order in which each takes effect. Each
// is read back. A pragma is refused by name if SQLite does not accept it, if it cannot be
// read back, or if it would change what a connection is for. busy_timeout is how long a
// statement waits for other processes, 5 seconds by default; writers of one handle queue
// instead.
//
// # In memory
//
// sqlite://:memory: is a private database that is gone when the handle is closed. SQLite's
// own in-memory databases cannot be read while a connection writes, so this one is a file
// without durability in a private directory: in shared memory if the system has it
// (/dev/shm), otherwise among the temporary files. If a process ends without closing its
// handle, the next process removes the file. file:name?mode=memory&cache=shared is a
// database that all handles of the process with that name share, until the last one is
// closed.
package sqlite
