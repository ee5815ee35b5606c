// Package schema creates this module's tables, all of them or a part, and brings
// them up to date, on every engine, by additions alone. It links no driver.
//
//	result, err := schema.Push(ctx, db, credits.Models()...)
//
// Each package's Models are its tables and those of the packages that it stands
// on: orders brings affiliates, users and the ledger, generations the ledger and
// the providers' keys. Models of several packages go in together, however often
// a table is named; chameleon.Push is all of them.
//
// # What is pushed
//
// The models are the only source: bun's tags give names, types, nullability
// and defaults, dialect.Indexed gives the indexes, and the struct tag
// chameleon says how a column compares (exact, bytes) or that it holds an amount
// (amount), which takes 64 bits. What an engine makes of
// a type stands in the file with that engine's name.
//
// Additive means: a missing table, column or index is created, and nothing
// else happens. What exists is matched by name and left as it is, whatever its
// type; what the models do not know is not looked at. Every statement passes a
// guard that refuses anything but CREATE TABLE, ADD COLUMN and CREATE INDEX.
// Each [Change] carries the statements that reverse it.
//
// [Plan] says what a push would do and what it would leave alone, as data, in words and as
// scripts for another migration tool. [Push] records what it does, [Status] lists that and
// what is pending, and [Undo] reverses the last push.
//
// # Beside tables of your own
//
// Before anything is written, every table that exists already under a wanted
// name has to prove to be Chameleon's, by the columns that the model's Marks
// name and by their types: every version of this module and the original has
// them. If one does not, an empty one included, or if a view or a sequence bears
// the name, the push writes nothing and returns a *[ForeignTablesError] with all
// of them.
//
// Where only some names are taken, push the models of the packages that you use.
// A package's verbs need its tables under their own names, so where those are
// taken the module needs a namespace of its own: on PostgreSQL a schema, by the
// handle's search_path (schema= in the URL), in which transactions can write both
// sides; on MySQL and MariaDB a database of its own, on the same server, whose
// handle reaches your tables as yours.users, in one transaction too; on SQLite a
// file of its own. What cannot be: two sets of our tables in one schema, tables
// under other names, and one transaction over two SQLite files that survives a
// power failure in both or neither.
//
// An index of a wanted name that is not what the model wants (not unique, on other
// columns, partial) is not taken for it: the *[PushError] has the statement that makes
// way. One that a failed CREATE INDEX CONCURRENTLY left is made anew.
package schema
