package postgres_test

import (
	"fmt"

	"github.com/chameleon-go/chameleon/dialect/postgres"
)

// A URL as its provider shows it, with a password that nobody encoded.
func ExampleParseURL() {
	c, err := postgres.ParseURL("postgres://postgres.ref:p@ss/w%rd@aws-0-eu-west-1.pooler.supabase.com:6543/postgres?pgbouncer=true&connection_limit=1")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(c, c.TLS, c.Pooled(), c.PoolSize, c.Conn().Password == "p@ss/w%rd")
	// Output: postgresql://aws-0-eu-west-1.pooler.supabase.com/postgres prefer true 1 true
}
