package containertest_test

import (
	"testing"

	"github.com/moby/moby/api/types/network"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/testcontainers/testcontainers-go"
	"github.com/testcontainers/testcontainers-go/wait"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/chameleontest/containertest"
	"github.com/chameleon-go/chameleon/chameleontest/postgrestest"
)

// BenchmarkByHand is what a test costs that starts a PostgreSQL of its own with
// testcontainers, as its documentation has it, and pushes all tables; BenchmarkNew of
// chameleontest and its packages is what it costs with them.
func BenchmarkByHand(b *testing.B) {
	b.Setenv("TESTCONTAINERS_RYUK_DISABLED", "true")
	server := image(b, containertest.PostgreSQL())
	for b.Loop() {
		byHand(b, server.Image)
	}
}

// byHand takes its container away, whatever fails.
func byHand(b *testing.B, image string) {
	b.Helper()
	c, err := testcontainers.Run(b.Context(), image,
		testcontainers.WithEnv(map[string]string{"POSTGRES_PASSWORD": "secret"}),
		testcontainers.WithCmd("postgres"), // which images made from Debian's packages want to be told
		testcontainers.WithExposedPorts("5432/tcp"),
		testcontainers.WithWaitStrategy(wait.ForSQL("5432/tcp", "pgx", func(host string, port network.Port) string {
			return "postgres://postgres:secret@" + host + ":" + port.Port() + "/postgres?sslmode=disable"
		})))
	defer func() { // there may be one where Run failed, too
		assert.NoError(b, testcontainers.TerminateContainer(c, testcontainers.StopTimeout(0)))
	}()
	require.NoError(b, err)
	endpoint, err := c.PortEndpoint(b.Context(), "5432/tcp", "")
	require.NoError(b, err)
	db, err := chameleon.Open(b.Context(), "postgres://postgres:secret@"+endpoint+"/postgres?sslmode=disable")
	require.NoError(b, err)
	defer func() { assert.NoError(b, db.Close()) }()
	_, err = chameleon.Push(b.Context(), db)
	require.NoError(b, err)
}

// BenchmarkStart is what containertest costs once per test program: a server that is
// started and removed.
func BenchmarkStart(b *testing.B) {
	b.Setenv("TESTCONTAINERS_RYUK_DISABLED", "true")
	b.Setenv(postgrestest.URLVariable, "")
	server := image(b, containertest.PostgreSQL())
	for b.Loop() {
		started, err := containertest.Start(b.Context(), server)
		require.NoError(b, err)
		require.NoError(b, started.Stop(b.Context()))
	}
}
