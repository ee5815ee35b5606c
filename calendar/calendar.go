// Package calendar says how the statistics of all packages divide time: by the days,
// weeks or months of a time zone's calendar, as long as they really are there, with the
// hours that daylight saving adds or takes. The edges are computed in Go, so that every
// engine counts alike.
//
// A statistic takes the params From and To, of which From is included and To is not,
// Period and Location:
//
//	orders.Revenue(ctx, db, orders.RevenueParams{Period: calendar.Month, From: january, Location: berlin})
//	users.SignUpsPerDay(ctx, db, users.SignUpsPerDayParams{Period: calendar.Week, Days: 28})
//
// The first period and the last are cut where the time begins and ends.
package calendar

// Unit is the length of the periods of a series.
type Unit string

// The units. Weeks begin on Monday.
const (
	// None is the default of the statistic: [Day] of those that are series, and one
	// sum of the whole time of the others.
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
	// DefaultDays is how many days a statistic covers when it is not told.
	DefaultDays = 90
	// MaxDays is the most that the params Days take; From and To may be further apart.
	MaxDays = 366
	// MaxPeriods bounds a series.
	MaxPeriods = 1000
)
