package provision_test

import (
	"bytes"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/engines"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/internal/servers/provision"
)

// Servers that URLs name are used as they are, and a URL that leads nowhere is
// said: nothing else is started in its stead.
func TestURLsComeFirstAndAreTheOnlySource(t *testing.T) {
	postgres := enginetest.NewEmpty(t, dialect.PostgreSQL)
	mariadb := enginetest.NewEmpty(t, dialect.MariaDB)
	t.Setenv(engines.URLVariable(dialect.PostgreSQL), postgres.URL)
	t.Setenv(engines.URLVariable(dialect.MariaDB), mariadb.URL)
	t.Setenv(engines.URLVariable(dialect.MySQL), mariadb.URL) // the wrong engine

	var log bytes.Buffer
	run, err := provision.Start(t.Context(), provision.Options{Log: &log})
	require.NoError(t, err)
	defer func() { assert.NoError(t, run.Stop(t.Context())) }()
	run.Fleet.Servers = slices.DeleteFunc(run.Fleet.Servers, func(s engines.Server) bool { return s.Engine == engines.Redis })
	require.Len(t, run.Fleet.Servers, 2)
	assert.Equal(t, dialect.PostgreSQL, run.Fleet.Servers[0].Engine)
	assert.Equal(t, postgres.Version, run.Fleet.Servers[0].Version)
	assert.Equal(t, mariadb.URL, run.Fleet.Servers[1].URL)
	require.Len(t, run.Fleet.Missing, 1)
	assert.Equal(t, dialect.MySQL, run.Fleet.Missing[0].Engine)
	assert.Contains(t, run.Fleet.Missing[0].Why, "it is not mysql")
	assert.Contains(t, log.String(), "postgresql")
}
