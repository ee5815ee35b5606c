// Package calendar defines how the statistics of all packages divide time: into the
// days, weeks or months of a time zone's calendar, with the lengths that daylight
// saving gives them. Boundaries are computed in Go, so that every engine counts
// alike.
//
// A statistic takes the params From and To, of which From is included and To is not,
// Period and Location:
//
//	orders.Revenue(ctx, db, orders.RevenueParams{Period: calendar.Month, From: january, Location: berlin})
//	users.SignUpsPerDay(ctx, db, users.SignUpsPerDayParams{Period: calendar.Week, Days: 28})
//
// The first and last periods are cut at the bounds of the range.
package calendar

// Unit is the length of the periods of a series.
type Unit string

// The units. Weeks begin on Monday.
const (
	// None is the statistic's default: [Day] for those that are always a series,
	// and a single sum over the whole range for the others.
	None  Unit = ""
	Day   Unit = "day"
	Week  Unit = "week"
	Month Unit = "month"
)

// Valid reports whether u is a unit.
func (u Unit) Valid() bool {
	switch u {
	case None, Day, Week, Month:
		return true
	}
	return false
}

const (
	// DefaultDays is how many days a statistic covers by default.
	DefaultDays = 90
	// MaxDays is the maximum of the params Days; From and To may be further apart.
	MaxDays = 366
	// MaxPeriods is the maximum length of a series.
	MaxPeriods = 1000
)
