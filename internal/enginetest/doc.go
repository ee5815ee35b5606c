// Package enginetest runs a test on every engine, each time on a database of
// its own.
//
// SQLite is always there. Servers are found by the URLs in
// CHAMELEON_TEST_POSTGRES_URL, CHAMELEON_TEST_MYSQL_URL and
// CHAMELEON_TEST_MARIADB_URL, which `make test` sets; without them every test
// binary of a run shares servers that one background process starts in Docker
// or from installed programs, and stops soon after the last binary has ended.
//
// An engine that cannot be reached fails the test under CI=true or
// CHAMELEON_TEST_REQUIRE=all. Elsewhere its subtests are skipped, and that is
// said once a run, on the go command's own standard error.
// CHAMELEON_TEST_ENGINES=sqlite,mysql narrows a run on purpose; where every
// engine is required it is ignored.
package enginetest
