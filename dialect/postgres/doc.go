// Package postgres opens PostgreSQL, and what speaks its protocol, through
// pgx: [ParseURL] turns a URL as providers hand it out into the driver's
// configuration, and [Open] connects with it.
//
// Everything comes from the URL: the PG* variables, ~/.pgpass and
// ~/.postgresql are not consulted. What libpq and other tools mean by a
// parameter is kept where it makes sense here; the words of poolers and of
// other languages' libraries are translated or dropped, because the server
// would refuse the connection if they were sent.
//
// # TLS
//
// If the URL says nothing of TLS, a connection is encrypted where the server offers
// it, unverified, and plain where not (libpq's prefer). sslmode=require
// encrypts without verifying, unless sslrootcert names a certificate;
// verify-ca and verify-full verify. With any of these three a failure of TLS
// is the end: nothing is sent in the clear.
//
// # Transaction poolers
//
// A URL with pgbouncer=true, port 6543 (Supabase), a first host label that
// ends in -pooler (Neon, Vercel), or port 6432 leads to a transaction pooler,
// unless [Config.SetPooled] says otherwise. Such a handle uses no named
// prepared statement and no session state.
package postgres
