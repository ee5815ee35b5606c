// Package containertest starts the servers of packages postgrestest and mysqltest in
// containers, with testcontainers-go, where the environment names none:
//
//	func TestMain(m *testing.M) {
//		os.Exit(containertest.Main(m, containertest.PostgreSQL()))
//	}
//
//	func TestCharge(t *testing.T) {
//		db := postgrestest.New(t) // a database of its own, in milliseconds
//
// Each server is started once per process, all at the same time, and removed after the
// tests. A server that the environment already names, as it may in CI
// (CHAMELEON_TEST_POSTGRES_URL and so on), is used instead of a container. The package is
// a module of its own, so that nobody else gets testcontainers-go.
//
// Servers keep their files in memory and do not wait for a disk. What they lock, isolate
// and refuse is as by default.
//
// testcontainers-go finds the Docker daemon, and removes what a killed process leaves
// behind with a container of its own, whose image it downloads. Its environment
// variables apply, such as DOCKER_HOST and TESTCONTAINERS_RYUK_DISABLED.
package containertest
