// Package doctor says what is wrong with a database, or soon will be, and what to do
// about it. It links no driver.
//
//	report, err := doctor.Run(ctx, db, doctor.Params{Models: credits.Models()})
//	fmt.Print(report.Text())
//
// It only reads, and its reads are bounded: catalogs, the ends of indexes, samples of
// a few thousand rows, each with a timeout of its own. No check scans a table, so it
// may run on a large database while that is busy. What the database's user may not
// see is left out and said ([Check]).
//
// A database that cannot be reached is a finding like others, told apart by its cause:
// [Unreachable] makes a report of the error of opening it, and chameleon.Doctor does
// both.
package doctor
