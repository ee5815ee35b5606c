// Package mysql opens MySQL, MariaDB, and what speaks their protocol, through
// go-sql-driver/mysql: [ParseURL] turns a mysql:// URL as providers hand it
// out into the driver's configuration, and [Open] connects with it.
//
// The driver runs every parameter that it does not know as a SET statement.
// Here a parameter that is not known is refused by name, and none is passed
// on.
//
// # TLS
//
// If the URL says nothing of TLS, a connection over TCP is encrypted where the server
// offers it, unverified, and plain where not. ssl-mode=REQUIRED encrypts
// without verifying, VERIFY_CA, VERIFY_IDENTITY, ssl=true, sslaccept=strict
// and ssl={"rejectUnauthorized":true} verify. With any of these a failure of
// TLS is the end: nothing is sent in the clear.
//
// # Sessions
//
// Every session is in UTC and utf8mb4, in strict mode, without backslash
// surprises, and counts the rows that an UPDATE matched, not those it changed.
package mysql
