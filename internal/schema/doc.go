// Package schema turns bun models into tables, on every engine, by additions
// alone. It reads what the models want ([Read]), reads what the database holds,
// plans what is missing ([Diff]) and applies it under a lock ([Push]).
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
//
// Statements are rendered by atlas, which knows each engine's grammar and
// versions; each [Change] carries the statement that reverses it.
package schema
