// Package schema creates this module's tables, or some of them, and brings them
// up to date on every engine, by additions only. It links no driver.
//
//	result, err := schema.Push(ctx, db, credits.Models()...)
//
// Each package's Models are its tables and those of the packages that it depends
// on: orders includes affiliates, users and the ledger; generations includes the
// ledger and the providers' keys. Models of several packages can be passed
// together, even if they name a table more than once. chameleon.Push takes all
// of them.
//
// # What is pushed
//
// The models are the only source: bun's tags give names, types, nullability and
// defaults, dialect.Indexed gives the indexes, and the struct tag chameleon says
// how a column compares (exact, bytes) or that it holds an amount (amount),
// which takes 64 bits.
//
// Missing tables, columns and indexes are created, and nothing else happens.
// What exists is matched by name and left as it is, whatever its type; what the
// models do not name is ignored. Every statement passes a guard that refuses
// anything but CREATE TABLE, ADD COLUMN and CREATE INDEX. Each [Change] has the
// statements that reverse it.
//
// [Plan] reports what a push would do and what it would leave alone, as data, as text
// and as scripts for another migration tool. [Push] records what it does, [Status]
// lists that and what is pending, and [Undo] reverses the last push.
//
// # Beside tables of your own
//
// Before anything is written, every existing table with the name of one of the
// models must be recognized as Chameleon's, by the columns that the model's
// Marks name and by their types: every version of this module and the original
// application have them. If one is not, even an empty one, or if a view, a
// sequence or a type has the name, or another table's index that of one of
// ours, the push writes nothing and returns a *ForeignTablesError that lists
// all of them.
//
// If only some names are taken, push the models of the packages that you use. A
// package needs its tables under their own names, so if those are taken, the
// module needs a namespace of its own: on PostgreSQL a schema, by the handle's
// search_path (schema= in the URL), so that one transaction can write to both; on
// MySQL and MariaDB a separate database on the same server, whose handle reaches
// your tables as yours.users, in one transaction too; on SQLite a separate file.
// Not possible are two sets of these tables in one schema, tables under other
// names, and a transaction over two SQLite files that survives a power failure in
// both or neither.
//
// An existing index that has the right name but does not match the model (not unique,
// on other columns, partial) is not accepted: the *PushError has the statement that
// removes it. An invalid index that a failed CREATE INDEX CONCURRENTLY left behind is
// rebuilt.
package schema
