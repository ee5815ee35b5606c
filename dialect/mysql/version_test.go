package mysql

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/dialect/handle"
)

func TestCheckVersion(t *testing.T) {
	for version, engine := range map[string]dialect.Engine{
		"8.0.11": dialect.MySQL, "9.7.4-2": dialect.MySQL, "8.4.0-0ubuntu0.24.04.1": dialect.MySQL,
		"8.0.11-TiDB-v8.5.0": dialect.MySQL, "8.0.30-Vitess": dialect.MySQL, "8.0.mysql_aurora.3.05.2": dialect.MySQL,
		"10.11.6-MariaDB-0+deb12u1": dialect.MariaDB, "11.8.6-MariaDB": dialect.MariaDB,
		"5.5.5-10.11.2-MariaDB-log": dialect.MariaDB, "12.0.1-mariadb": dialect.MariaDB,
	} {
		got, stated, err := checkVersion(version, "Source distribution")
		require.NoError(t, err, version)
		assert.Equal(t, engine, got, version)
		assert.Equal(t, version, stated)
	}
	for version, needs := range map[string]string{
		"5.7.44": "mysql 8.0", "5.7.25-TiDB-v6.1.0": "mysql 8.0", "": "mysql 8.0", "unknown": "mysql 8.0",
		"10.6.18-MariaDB": "mariadb 10.11", "5.5.5-10.5.9-MariaDB": "mariadb 10.11",
	} {
		_, _, err := checkVersion(version, "")
		require.ErrorIs(t, err, dialect.ErrUnsupportedVersion, version)
		assert.ErrorContains(t, err, "upgrade the server to "+needs)
	}
	for _, dolt := range [][2]string{{"8.0.31", "Dolt"}, {"8.0.33-Dolt", ""}, {"11.4.0-MariaDB", " Dolt"}} {
		_, _, err := checkVersion(dolt[0], dolt[1])
		require.ErrorIs(t, err, dialect.ErrUnsupportedVersion)
		assert.ErrorContains(t, err, "Dolt")
	}
}

func TestLimits(t *testing.T) {
	params := map[string]string{}
	limits(params, false, handle.Settings{})
	assert.Equal(t, map[string]string{"innodb_lock_wait_timeout": "10"}, params)

	params = map[string]string{}
	limits(params, false, handle.Settings{StatementTimeout: 1500 * time.Millisecond, LockTimeout: 1100 * time.Millisecond})
	assert.Equal(t, map[string]string{"innodb_lock_wait_timeout": "2", "max_execution_time": "1500"}, params)

	params = map[string]string{}
	limits(params, true, handle.Settings{StatementTimeout: 1500 * time.Millisecond, LockTimeout: time.Second})
	assert.Equal(t, map[string]string{"innodb_lock_wait_timeout": "1", "max_statement_time": "1.500"}, params)

	params = map[string]string{}
	limits(params, true, handle.Settings{StatementTimeout: time.Nanosecond, LockTimeout: time.Nanosecond})
	assert.Equal(t, map[string]string{"innodb_lock_wait_timeout": "1", "max_statement_time": "0.001"}, params)
}
