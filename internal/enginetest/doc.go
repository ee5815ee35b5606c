// Package enginetest runs a test on every engine, each time on a database of
// its own.
//
// SQLite is always there. Servers are found by the URLs in
// CHAMELEON_TEST_POSTGRES_URL, CHAMELEON_TEST_MYSQL_URL and
// CHAMELEON_TEST_MARIADB_URL, which `make test` sets for servers that it starts
// (the module internal/servers); nothing is started here.
//
// An engine that no URL names, or that cannot be reached, fails the test under CI=true or
// CHAMELEON_TEST_REQUIRE=all. Elsewhere its subtests are skipped, and that is
// said once a run, on the go command's own standard error.
// CHAMELEON_TEST_ENGINES=sqlite,mysql narrows a run on purpose; where every
// engine is required it is ignored.
package enginetest
