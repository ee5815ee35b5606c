// Package wallclock finds out what was stored from what a driver read in a location of its
// own.
package wallclock

import "time"

// UTC is the time in UTC that a clock shows as at's shows at. Where clocks went forward, the
// times that they skipped are read as others: then other is another time that would be read
// as at, and zero anywhere else.
func UTC(at time.Time) (shown, other time.Time) {
	_, offset := at.Zone()
	shown = at.UTC().Add(time.Duration(offset) * time.Second)
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
