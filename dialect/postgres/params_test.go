package postgres_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/dialect/handle"
	"github.com/chameleon-go/chameleon/dialect/postgres"
)

// TestDropped: nothing that poolers, ORMs and other drivers put into a URL is
// sent to the server, which would end the connection.
func TestDropped(t *testing.T) {
	for _, p := range []string{
		"supa=base-pooler.x", "uselibpqcompat=true", "pool_timeout=10", "statement_cache_capacity=0", "schema=public",
		"pool_min_conns=2", "socket_timeout=5", "workaround=supabase-pooler.vercel", "prepareThreshold=0",
		"keepalives_idle=5", "timezone=Asia/Tokyo", "client_encoding=latin1", "somethingNew=1", "binary_parameters=yes",
		"gssencmode=disable", "serverVersion=16",
	} {
		t.Run(p, func(t *testing.T) {
			c, err := postgres.ParseURL("postgresql://u:p@h/db?" + p)
			require.NoError(t, err)
			assert.Equal(t, map[string]string{"timezone": "UTC"}, c.Conn.RuntimeParams)
		})
	}
}

func TestTranslatedToSettings(t *testing.T) {
	c, err := postgres.ParseURL("postgresql://u:p@h/db?pool_max_conns=7&connect_timeout=1&pool_max_conn_lifetime=1h&pool_max_conn_idle_time=90")
	require.NoError(t, err)
	assert.Equal(t, handle.Settings{
		PoolSize: 7, ConnectTimeout: 2 * time.Second, ConnMaxLifetime: time.Hour, ConnMaxIdleTime: 90 * time.Second,
	}, c.Settings)
	c, err = postgres.ParseURL("postgresql://u:p@h/db?connection_limit=3&connect_timeout=0")
	require.NoError(t, err)
	assert.Equal(t, 3, c.PoolSize)
	assert.Negative(t, c.ConnectTimeout, "no limit")
}

func TestSessionSettings(t *testing.T) {
	url := `postgresql://u:p@h/db?schema=app,"x&application_name=web&lock_timeout=5000&my.tenant=7&options=-c%20geqo=off`
	c, err := postgres.ParseURL(url)
	require.NoError(t, err)
	assert.Equal(t, map[string]string{
		"timezone": "UTC", "search_path": `"app", """x"`, "application_name": "web", "lock_timeout": "5000",
		"my.tenant": "7", "options": "-c geqo=off",
	}, c.Conn.RuntimeParams)

	c.SetPooled(true)
	assert.Equal(t, map[string]string{"timezone": "UTC", "application_name": "web"}, c.Conn.RuntimeParams)
	_, err = postgres.Open(t.Context(), c, handle.Settings{})
	assert.ErrorContains(t, err, "sets lock_timeout, which a transaction pooler does not keep")

	c.SetPooled(false)
	assert.Equal(t, "5000", c.Conn.RuntimeParams["lock_timeout"])
}

func TestOptionsForRouters(t *testing.T) {
	for written, want := range map[string]string{
		"--cluster=x-1": "--cluster=x-1", "--cluster%3Dx-1": "--cluster=x-1", "endpoint%3Dep-x": "endpoint=ep-x",
		"project=p": "project=p", "reference=r+s": "reference=r s",
	} {
		c, err := postgres.ParseURL("postgresql://u:p@ep-x-pooler.h/db?options=" + written)
		require.NoError(t, err)
		assert.True(t, c.Pooled())
		assert.Equal(t, want, c.Conn.RuntimeParams["options"], "a router reads it behind a pooler too")
	}
}

func TestTLSWords(t *testing.T) {
	writeCertificate(t)
	unverified := want{host: "h", user: "u", database: "db", tls: "require", serverName: "h"}
	chain, full, prefer, plain := unverified, unverified, unverified, unverified
	chain.tls, chain.verifiesChain = "verify-ca", true
	full.tls, full.verifies = "verify-full", true
	prefer.tls, prefer.plaintext = "prefer", true
	plain.tls, plain.plaintext = "disable", true
	direct := unverified
	direct.direct = true
	for params, w := range map[string]want{
		"": prefer, "sslmode=prefer": prefer, "sslmode=disable": plain, "ssl=false": plain,
		"sslmode=require": unverified, "sslmode=no-verify": unverified, "ssl=true": unverified, "requiressl=1": unverified,
		"sslaccept=accept_invalid_certs": unverified, `ssl={"rejectUnauthorized":false}`: unverified,
		"channel_binding=require": unverified, "sslnegotiation=direct": direct, "sslnegotiation=direct&sslmode=prefer": direct,
		"sslmode=require&sslrootcert=global-bundle.pem": chain, "sslmode=verify-ca&sslrootcert=global-bundle.pem": chain,
		"sslrootcert=global-bundle.pem": chain, "sslmode=no-verify&sslrootcert=global-bundle.pem": unverified,
		"sslmode=verify-full": full, "sslaccept=strict": full, "sslmode=require&sslaccept=strict": full,
		`ssl=%7B%22rejectUnauthorized%22:true%7D`: full, "sslrootcert=system": full, "sslmode=require&sslrootcert=system": full,
		"sslmode=require&sslmode=disable": unverified,
	} {
		t.Run(params, func(t *testing.T) {
			c, err := postgres.ParseURL("postgresql://u:p@h/db?" + params)
			require.NoError(t, err)
			w.check(t, c, "p")
		})
	}
}

func TestPoolers(t *testing.T) {
	for url, pooled := range map[string]bool{
		"postgresql://u:p@h/db?pgbouncer=true":       true,
		"postgresql://u:p@h/db?pgbouncer=1":          true,
		"postgresql://u:p@h:6543/db":                 true,
		"postgresql://u:p@h:6432/db":                 true,
		"postgresql://u:p@ep-a-pooler.x.y/db":        true,
		"postgresql://u:p@ep-a.x-pooler.y/db":        false,
		"postgresql://u:p@pooler.supabase.co/db":     false,
		"postgresql://u:p@h:6543/db?pgbouncer=false": false,
	} {
		c, err := postgres.ParseURL(url)
		require.NoError(t, err)
		assert.Equal(t, pooled, c.Pooled(), url)
	}
}

// FuzzParseURL: nothing panics, and no error shows the password.
func FuzzParseURL(f *testing.F) {
	for shape := range shapes() {
		f.Add(shape, "sslmode")
	}
	for _, p := range passwords {
		f.Add("postgres://u:"+p+"@h/db?x=y&host=/a,b", p)
	}
	f.Fuzz(func(t *testing.T, before, after string) {
		const secret = "hunter2hunter2"
		for _, url := range []string{"postgres://u:" + secret + "@" + before + "?" + after, "postgres://u:" + secret + after + "@" + before} {
			c, err := postgres.ParseURL(url)
			if err != nil {
				assert.NotContains(t, err.Error(), secret)
				continue
			}
			if len(c.Conn.Password) >= len(secret) && c.Conn.Host == "h" {
				assert.NotContains(t, c.String(), secret)
			}
		}
	})
}
