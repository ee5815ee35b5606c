// Package lists holds tests of the lists of all domains: what package page makes of
// rows, of their times and of cursors, on every engine. They are not beside it, where
// the compiler would compile all domains once more for the tests of page's own.
package lists
