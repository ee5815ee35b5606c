package containertest_test

import (
	"context"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/chameleontest"
	"github.com/chameleon-go/chameleon/chameleontest/containertest"
	"github.com/chameleon-go/chameleon/chameleontest/mysqltest"
	"github.com/chameleon-go/chameleon/chameleontest/postgrestest"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/dialect/handle"
	"github.com/chameleon-go/chameleon/internal/engines"
)

// kinds are the servers, and how a test takes a database from each.
var kinds = []struct {
	server   containertest.Server
	variable string
	open     func(testing.TB, ...func(*handle.Settings)) *bun.DB
}{
	{containertest.PostgreSQL(), postgrestest.URLVariable, postgrestest.New},
	{containertest.MySQL(), mysqltest.MySQLVariable, mysqltest.New},
	{containertest.MariaDB(), mysqltest.MariaDBVariable, mysqltest.NewMariaDB},
}

// image takes the image that the engine's server of the other tests was made from: no
// registry may answer here. Where those servers are no containers, there may be no Docker.
func image(t testing.TB, s containertest.Server) containertest.Server {
	t.Helper()
	name, ok := strings.CutPrefix(os.Getenv(engines.SourceVariable(s.Engine)), "container image ")
	if !ok && engines.Required() {
		t.Fatalf("the %s of these tests runs in no container, and every engine is required: %s names it",
			s.Engine, engines.SourceVariable(s.Engine))
	}
	if !ok {
		t.Skipf("the %s of these tests runs in no container", s.Engine)
	}
	return s.From(name)
}

// TestStart starts a server of each kind; a test finds it, and it is gone in the end.
func TestStart(t *testing.T) {
	t.Setenv("TESTCONTAINERS_RYUK_DISABLED", "true") // its image would have to be downloaded
	var servers []containertest.Server
	for _, k := range kinds {
		t.Setenv(k.variable, "")
		servers = append(servers, image(t, k.server))
	}
	started, err := containertest.Start(t.Context(), servers...)
	t.Cleanup(func() { assert.NoError(t, started.Stop(context.WithoutCancel(t.Context()))) })
	require.NoError(t, err)
	urls := map[string]string{}
	for _, k := range kinds {
		t.Run(string(k.server.Engine), func(t *testing.T) {
			db := k.open(t)
			assert.Equal(t, k.server.Engine, dialect.Of(db).Engine)
			ada := chameleontest.User(t, db)
			chameleontest.AssertBalance(t, db, ada.UUID, 100)
			urls[k.variable] = os.Getenv(k.variable)
			require.NotEmpty(t, urls[k.variable])
		})
	}
	again, err := containertest.Start(t.Context(), servers...)
	require.NoError(t, err)
	require.NoError(t, again.Stop(t.Context()))
	for variable, url := range urls {
		require.Equal(t, url, os.Getenv(variable), "one that is named is used as it is, and left")
	}
	require.NoError(t, started.Stop(t.Context()))
	for _, k := range kinds {
		require.Empty(t, os.Getenv(k.variable))
	}
	require.NoError(t, started.Stop(t.Context()), "twice is no error")
}

// TestStartFails says which server did not start, and why.
func TestStartFails(t *testing.T) {
	t.Setenv("TESTCONTAINERS_RYUK_DISABLED", "true")
	broken := image(t, containertest.PostgreSQL())
	broken.Image += "-none"
	t.Setenv(postgrestest.URLVariable, "")
	started, err := containertest.Start(t.Context(), broken)
	require.ErrorContains(t, err, "start postgres")
	require.ErrorContains(t, err, `-none"`)
	require.Empty(t, os.Getenv(postgrestest.URLVariable))
	require.NoError(t, started.Stop(t.Context()))
}

func TestSQLiteHasNoServer(t *testing.T) {
	t.Parallel()
	_, err := containertest.Start(t.Context(), containertest.Server{Engine: dialect.SQLite, Image: "sqlite"})
	require.ErrorContains(t, err, `engine "sqlite" has no server`)
}
