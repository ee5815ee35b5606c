// Package postgres opens PostgreSQL and compatible servers through pgx. [ParseURL]
// converts a URL, as hosting providers issue it, into the driver's configuration, and
// [Open] connects with it.
//
// All settings come from the URL: the PG* variables, ~/.pgpass and ~/.postgresql are not
// consulted. Parameters keep the meaning that libpq and other tools give them, where it
// applies here. Parameters of poolers and of other languages' libraries are translated
// or dropped, because the server would refuse a connection that sends them.
//
// # TLS
//
// If the URL does not mention TLS, a connection is encrypted without verification if the
// server supports TLS, and otherwise unencrypted (libpq's prefer). sslmode=require
// encrypts without verification, unless sslrootcert names a certificate; verify-ca and
// verify-full verify. With any of these three, a TLS failure is final: nothing is sent
// unencrypted.
//
// # Transaction poolers
//
// A URL is taken to lead to a transaction pooler if it has pgbouncer=true, port 6543
// (Supabase) or 6432, or a first host label that ends in -pooler (Neon, Vercel), unless
// [Config.SetPooled] says otherwise. Such a handle uses no named prepared statements and
// no session state.
package postgres
