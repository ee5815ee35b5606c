// Package sqlite opens SQLite databases through modernc.org/sqlite, which
// needs no C compiler: [ParseURL] reads sqlite: and file: URLs, and [Open]
// opens the file.
//
// # One writer, many readers
//
// SQLite lets one connection write at a time. Connections that compete for it
// wait by sleeping and trying again, in no order, and fail when their patience
// ends. A handle therefore has one connection that writes and a pool of those
// that read, behind one *bun.DB: what database/sql takes for a connection
// borrows the right one for each statement, and keeps it for a transaction.
// Writers queue in the order they come, and leave the queue when their context
// ends. Readers never wait for a writer, nor a writer for readers.
//
// A transaction begins with BEGIN IMMEDIATE and is the writer, unless
// sql.TxOptions.ReadOnly makes it a reader with a snapshot. Reading from the
// *bun.DB while a transaction is open is fine: it reads what was committed.
// Writing to it from within waits for oneself, and fails after the lock
// timeout (30 seconds) with dialect.ErrTimeout.
//
// Session state does not carry over from one statement to the next outside a
// transaction: PRAGMA, temporary tables and last_insert_rowid() belong to
// the connection that was borrowed.
//
// # Durability
//
// A commit is on disk before it is acknowledged: a log that is synchronized
// (journal_mode WAL, synchronous FULL), or with a rollback journal EXTRA, which
// synchronizes the directory, too. handle.Settings.UnsyncedCommits gives that
// up for speed (synchronous NORMAL): a power failure then takes back the latest
// transactions, acknowledged or not. A disk that lies about having written
// cannot be helped.
//
// # Pragmas
//
// _pragma=name(value), which may stand there several times, and other drivers'
// shorthands (_synchronous, _journal_mode, _busy_timeout, _foreign_keys …) set
// a pragma on every connection, the writer's and the readers', in an order in
// which each takes effect. Each is read back. What SQLite does not take, what
// cannot be read back, and what would change what a connection is for is
// refused by name. busy_timeout is how long a statement waits for other
// processes, 5 seconds by default; writers of one handle queue instead.
//
// # In memory
//
// sqlite://:memory: is a database of the handle's own that is gone when the
// handle is closed. SQLite's own databases in memory cannot be read while a
// connection writes, so this one is a file without durability in a private
// directory, in shared memory where the system has some (/dev/shm) and else
// among the temporary files. What a process leaves there that ends without closing its
// handle, the next one removes.
// file:name?mode=memory&cache=shared is one that all handles of the process with
// that name see, until the last is closed.
package sqlite
