package wallclock_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/internal/wallclock"
)

// TestUTC: what a driver read in its own location is what was stored, or another time is
// said to be possible.
func TestUTC(t *testing.T) {
	for _, name := range []string{"Asia/Kolkata", "America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "UTC", "Asia/Tokyo"} {
		loc, err := time.LoadLocation(name)
		require.NoError(t, err)
		unsure := 0
		for stored := time.Date(2026, 1, 1, 0, 15, 0, 0, time.UTC); stored.Year() == 2026; stored = stored.Add(15 * time.Minute) {
			read := wallclock.In(loc, stored)
			got, other := wallclock.UTC(read)
			if !other.IsZero() {
				require.NotEqual(t, got, other)
				require.True(t, wallclock.In(loc, other).Equal(read), "%s reads %s", name, other)
				require.Contains(t, []time.Time{got, other}, stored)
				unsure++
				continue
			}
			require.Equal(t, stored, got, "%s reads %s", name, stored)
		}
		want := map[string]int{"America/New_York": 8, "Europe/Berlin": 8, "Australia/Lord_Howe": 4}
		assert.Equal(t, want[name], unsure, name)
	}
}
