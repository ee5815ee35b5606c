package handle_test

import (
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/dialect/handle"
)

func TestSettingsOfTheProgramWin(t *testing.T) {
	url := handle.Settings{PoolSize: 1, ConnectTimeout: 15 * time.Second, ConnMaxLifetime: -1}
	program := handle.Settings{PoolSize: 4, SlowQuery: -1}
	assert.Equal(t, handle.Settings{
		PoolSize: 4, MaxIdle: 4, ConnectTimeout: 15 * time.Second, ConnMaxLifetime: 0,
		ConnMaxIdleTime: 5 * time.Minute, SlowQuery: 0, Logger: slog.Default(),
	}, program.Over(url).WithDefaults())
}

func TestDefaults(t *testing.T) {
	assert.Equal(t, handle.Settings{
		PoolSize: 16, MaxIdle: 16, ConnectTimeout: 10 * time.Second, ConnMaxLifetime: 30 * time.Minute,
		ConnMaxIdleTime: 5 * time.Minute, SlowQuery: time.Second, Logger: slog.Default(),
	}, handle.Settings{}.WithDefaults())
	assert.Equal(t, 1, handle.Settings{PoolSize: -3}.WithDefaults().PoolSize)
	assert.Equal(t, 2, handle.Settings{PoolSize: 2, MaxIdle: 9}.WithDefaults().MaxIdle)
}

func TestVersions(t *testing.T) {
	for s, want := range map[string]handle.Version{
		"10.11.6-MariaDB": {10, 11, 6}, "15.4 (Debian 15.4-1)": {15, 4, 0}, "19beta1": {19, 0, 0},
		"8.0": {8, 0, 0}, "v9": {9, 0, 0}, "8.0.mysql_aurora.3.05.2": {8, 0, 0}, "1.2.3.4": {1, 2, 3},
	} {
		got, ok := handle.ParseVersion(s)
		assert.True(t, ok, s)
		assert.Equal(t, want, got, s)
	}
	_, ok := handle.ParseVersion("none")
	assert.False(t, ok)
	assert.True(t, handle.Version{10, 11, 6}.AtLeast(handle.Version{10, 11}))
	assert.True(t, handle.Version{11, 0}.AtLeast(handle.Version{10, 11}))
	assert.False(t, handle.Version{10, 6, 99}.AtLeast(handle.Version{10, 11}))

	err := handle.RequireVersion(dialect.MySQL, "5.7.44", handle.Version{8, 0})
	require.ErrorIs(t, err, dialect.ErrUnsupportedVersion)
	assert.ErrorContains(t, err, "mysql 5.7.44 is older than 8.0")
}
