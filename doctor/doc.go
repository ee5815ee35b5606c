// Package doctor reports what is wrong with a database, or soon will be, and what to
// do about it. It links no driver.
//
//	report, err := doctor.Run(ctx, db, doctor.Params{Models: credits.Models()})
//	fmt.Print(report.Text())
//
// It only reads, and its reads are bounded: catalogs, the ends of indexes and samples
// of a few thousand rows, each with a timeout of its own. No check scans a table, so
// it may run on a large, busy database. Checks that the database user lacks the
// rights for are skipped and reported ([Check]).
//
// An unreachable database is a finding like any other, with its cause: [Unreachable]
// makes a report from the error of opening it, and chameleon.Doctor does both.
package doctor
