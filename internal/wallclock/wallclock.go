// Package wallclock is about what clocks show, and what was stored of it where a driver
// read it in a location of its own.
package wallclock

import "time"

// Shown is what a clock shows at a time, as a time in UTC.
func Shown(at time.Time) time.Time {
	_, offset := at.Zone()
	return at.UTC().Add(time.Duration(offset) * time.Second)
}

// UTC is the time in UTC that a clock shows as at's shows at. Where clocks went forward, the
// times that they skipped are read as others: then other is another time that would be read
// as at, and zero anywhere else.
func UTC(at time.Time) (shown, other time.Time) {
	shown = Shown(at)
	start, end := at.ZoneBounds()
	for _, change := range []time.Time{start, end} {
		if change.IsZero() {
			continue
		}
		_, before := change.Add(-1).Zone()
		_, after := change.Zone()
		skipped := time.Duration(after-before) * time.Second
		for _, other := range []time.Time{shown.Add(skipped), shown.Add(-skipped)} {
			if skipped > 0 && In(at.Location(), other).Equal(at) {
				return shown, other
			}
		}
	}
	return shown, time.Time{}
}

// In is what a driver makes of a time that shows as shown does in UTC.
func In(loc *time.Location, shown time.Time) time.Time {
	return time.Date(shown.Year(), shown.Month(), shown.Day(),
		shown.Hour(), shown.Minute(), shown.Second(), shown.Nanosecond(), loc)
}
