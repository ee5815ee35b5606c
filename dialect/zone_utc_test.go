package dialect

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestAsUTC: what a driver read in its own location is what was stored, or it is
// refused, never another time.
func TestAsUTC(t *testing.T) {
	for _, name := range []string{"Asia/Kolkata", "America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "UTC", "Asia/Tokyo"} {
		loc, err := time.LoadLocation(name)
		require.NoError(t, err)
		refused := 0
		for stored := time.Date(2026, 1, 1, 0, 15, 0, 0, time.UTC); stored.Year() == 2026; stored = stored.Add(15 * time.Minute) {
			got, err := asUTC(onClock(stored, loc))
			if err != nil {
				require.ErrorIs(t, err, ErrTimeZone)
				refused++
				continue
			}
			require.Equal(t, stored, got, "%s reads %s", name, stored)
		}
		want := map[string]int{"America/New_York": 8, "Europe/Berlin": 8, "Australia/Lord_Howe": 4}
		assert.Equal(t, want[name], refused, name)
	}
}
