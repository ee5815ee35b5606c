// Package mysql opens MySQL, MariaDB and compatible servers through
// go-sql-driver/mysql. [ParseURL] converts a mysql:// URL, as hosting providers issue it,
// into the driver's configuration, and [Open] connects with it.
//
// go-sql-driver executes every parameter that it does not know as a SET statement. Here,
// unknown parameters are refused by name and none is passed on.
//
// # TLS
//
// If the URL does not mention TLS, a TCP connection is encrypted without verification if
// the server supports TLS, and otherwise unencrypted. ssl-mode=REQUIRED encrypts without
// verification; VERIFY_CA, VERIFY_IDENTITY, ssl=true, sslaccept=strict and
// ssl={"rejectUnauthorized":true} verify the server's certificate. With any of these, a
// TLS failure is final: nothing is sent unencrypted.
//
// # Sessions
//
// Every session uses UTC, utf8mb4, strict mode and backslash escapes, and counts the rows
// that an UPDATE matched rather than those that it changed.
package mysql
