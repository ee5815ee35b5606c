package engines_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/engines"
)

func TestEnvironmentCarriesTheFleet(t *testing.T) {
	fleet := engines.Fleet{Servers: []engines.Server{
		{Engine: dialect.PostgreSQL, URL: "postgres://u:p@127.0.0.1:1/postgres", Source: "container image x", CAFile: "/ca.pem"},
		{Engine: dialect.MariaDB, URL: "mysql://u:p@127.0.0.1:2/mysql", Source: "program y"},
	}}
	for _, variable := range fleet.Environ() {
		name, value, found := strings.Cut(variable, "=")
		require.True(t, found)
		t.Setenv(name, value)
	}
	t.Setenv("CHAMELEON_TEST_MYSQL_URL", "")
	t.Setenv("CHAMELEON_TEST_MARIADB_CA", "")
	for _, want := range fleet.Servers {
		got, ok := engines.FromEnvironment(want.Engine)
		require.True(t, ok)
		assert.Equal(t, want, got)
	}
	_, ok := engines.FromEnvironment(dialect.MySQL)
	assert.False(t, ok, "no URL names MySQL")
}

func TestEveryEngineIsRequiredInCI(t *testing.T) {
	for _, c := range []struct {
		ci, require string
		want        bool
	}{{"", "", false}, {"true", "", true}, {"", "all", true}, {"false", "some", false}} {
		t.Setenv("CI", c.ci)
		t.Setenv("CHAMELEON_TEST_REQUIRE", c.require)
		assert.Equal(t, c.want, engines.Required(), "CI=%s CHAMELEON_TEST_REQUIRE=%s", c.ci, c.require)
	}
}

func TestAdminErrorsHideThePassword(t *testing.T) {
	t.Parallel()
	for _, engine := range engines.OfServers() {
		admin, err := engines.OpenAdmin(engine, "mysql://root:se^cret@127.0.0.1:1/mysql")
		if err == nil {
			_, err = engines.Version(t.Context(), engine, admin)
			require.NoError(t, admin.Close())
		}
		require.Error(t, err)
		assert.NotContains(t, err.Error(), "cret")
	}
}
