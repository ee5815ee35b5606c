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
// chameleon says how a column compares (exact, bytes). What an engine makes of
// a type stands in the file with that engine's name.
//
// Additive means: a missing table, column or index is created, and nothing
// else happens. What exists is matched by name and left as it is, whatever its
// type; what the models do not know is not looked at. Every statement passes a
// guard that refuses anything but CREATE TABLE, ADD COLUMN and CREATE INDEX.
// Each [Change] carries the statements that reverse it.
package schema
