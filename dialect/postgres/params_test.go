package postgres_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/dialect/handle"
	"github.com/chameleon-go/chameleon/dialect/postgres"
)

// TestDropped: nothing that poolers, ORMs and other drivers put into a URL is
// sent to the server, which would end the connection.
func TestDropped(t *testing.T) {
	for _, p := range []string{
		"supa=base-pooler.x", "uselibpqcompat=true", "pool_timeout=10", "statement_cache_capacity=64",
		"pool_min_conns=2", "socket_timeout=5", "workaround=supabase-pooler.vercel", "prepareThreshold=5", "datestyle=German", "standard_conforming_strings=off",
		"keepalives_idle=5", "timezone=Asia/Tokyo", "client_encoding=latin1", "somethingNew=1", "binary_parameters=no", "bytea_output=escape",
		"gssencmode=disable", "serverVersion=16",
	} {
		t.Run(p, func(t *testing.T) {
			c, err := postgres.ParseURL("postgresql://u:p@h/db?" + p)
			require.NoError(t, err)
			assert.Equal(t, always(nil), c.Conn().RuntimeParams)
			assert.False(t, c.Pooled())
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
	assert.Equal(t, always(map[string]string{
		"search_path": `"app", """x"`, "application_name": "web", "lock_timeout": "5000",
		"my.tenant": "7", "options": "-c geqo=off",
	}), c.Conn().RuntimeParams)

	c.SetPooled(true)
	assert.Equal(t, always(map[string]string{"application_name": "web"}), c.Conn().RuntimeParams)
	_, err = postgres.Open(t.Context(), c, handle.Settings{})
	assert.ErrorContains(t, err, "sets lock_timeout, which a transaction pooler does not keep")

	c.SetPooled(false)
	assert.Equal(t, "5000", c.Conn().RuntimeParams["lock_timeout"])
}

func TestOptionsForRouters(t *testing.T) {
	for written, want := range map[string]string{
		"--cluster=x-1": "--cluster=x-1", "--cluster%3Dx-1": "--cluster=x-1", "endpoint%3Dep-x": "endpoint=ep-x",
		"project=p": "project=p", "reference=r+s": "reference=r s",
	} {
		c, err := postgres.ParseURL("postgresql://u:p@ep-x-pooler.h/db?options=" + written)
		require.NoError(t, err)
		assert.True(t, c.Pooled())
		assert.Equal(t, want, c.Conn().RuntimeParams["options"], "a router reads it behind a pooler too")
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
		"sslmode=require": unverified, "sslmode=no-verify": unverified, "ssl=require": unverified, "requiressl=1": unverified,
		"requiressl=0": prefer, "ssl=true": full, "ssl=1": full, "ssl={}": full, "sslmode=disable&ssl=true": full,
		"ssl=true&sslrootcert=global-bundle.pem": full, "ssl=no-verify": unverified,
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

// TestPlaces: the URL's own hosts and ports, and the parameters that libpq
// allows beside them, in any order.
func TestPlaces(t *testing.T) {
	for url, want := range map[string][]string{
		"postgres://u:p@a:6000/db?host=b":                         {"b:6000"},
		"postgres://u:p@a:6000/db?host=/run/pg":                   {"/run/pg:6000"},
		"postgres://u:p@a:6000/db?host=b&port=7000":               {"b:7000"},
		"postgres:///db?port=6000&host=b":                         {"b:6000"},
		"postgres:///db?host=b&port=6000":                         {"b:6000"},
		"postgres:///db?port=6000":                                {"localhost:6000"},
		"postgres:///db?host=b:6000":                              {"b:6000"},
		"postgres:///db?host=::1&port=6000":                       {"::1:6000"},
		"postgres:///db?host=[::1]:6000,b":                        {"::1:6000", "b:5432"},
		"postgres:///db?host=a,b,&port=1,,3":                      {"a:1", "b:5432", "localhost:3"},
		"postgres:///db?host=a,b&port=6000":                       {"a:6000", "b:6000"},
		"postgres://u:p@a:1,b:2,[::1]:3/db":                       {"a:1", "b:2", "::1:3"},
		"postgres://u:p@a:1,b:2/db?host=c,d":                      {"c:1", "d:2"},
		"postgres://u:p@a:1,b:2/db?port=3,4":                      {"a:3", "b:4"},
		"postgres://u:p@a:6000/db?hostaddr=10.0.0.7":              {"a:6000=10.0.0.7"},
		"postgres://u:p@/db?hostaddr=10.0.0.7&port=6000":          {"10.0.0.7:6000=10.0.0.7"},
		"postgres://u:p@a:1,b:2/db?hostaddr=::1,10.0.0.7":         {"a:1=::1", "b:2=10.0.0.7"},
		"postgres:///db?hostaddr=10.0.0.7&host=a.example&port=60": {"a.example:60=10.0.0.7"},
	} {
		t.Run(url, func(t *testing.T) {
			c, err := postgres.ParseURL(url + "&sslmode=disable")
			if !strings.Contains(url, "?") {
				c, err = postgres.ParseURL(url + "?sslmode=disable")
			}
			require.NoError(t, err)
			assert.Equal(t, want, servers(t, c, strings.Contains(url, "hostaddr")))
		})
	}
	c, err := postgres.ParseURL("postgres://u:p@a.example:6000/db?hostaddr=10.0.0.7&ssl=true")
	require.NoError(t, err)
	assert.Equal(t, "a.example", c.Conn().TLSConfig.ServerName, "the name that the certificate must bear")
}

// servers are c's hosts with ports, and their addresses where the URL has them.
func servers(t *testing.T, c *postgres.Config, resolved bool) (found []string) {
	t.Helper()
	all := append([]*pgconn.FallbackConfig{{Host: c.Conn().Host, Port: c.Conn().Port}}, c.Conn().Fallbacks...)
	for _, s := range all {
		text := s.Host + ":" + strconv.Itoa(int(s.Port))
		if resolved {
			addresses, err := c.Conn().LookupFunc(t.Context(), s.Host)
			require.NoError(t, err)
			text += "=" + strings.Join(addresses, "=")
		}
		found = append(found, text)
	}
	return found
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

		"postgresql://u:p@db-1.b.db.ondigitalocean.com:25061/pool":      true,
		"postgresql://u:p@db-1.b.db.ondigitalocean.com:25060/db":        false,
		"postgresql://u:p@h/db?prepareThreshold=0":                      true,
		"postgresql://u:p@h/db?statement_cache_capacity=0":              true,
		"postgresql://u:p@h/db?statement_cache_mode=describe":           true,
		"postgresql://u:p@h/db?statement_cache_mode=prepare":            false,
		"postgresql://u:p@h/db?default_query_exec_mode=simple_protocol": true,
		"postgresql://u:p@h/db?default_query_exec_mode=exec":            true,
		"postgresql://u:p@h/db?default_query_exec_mode=cache_statement": false,
		"postgresql://u:p@h/db?prefer_simple_protocol=true":             true,
		"postgresql://u:p@h/db?binary_parameters=yes":                   true,
		"postgresql://u:p@h/db?prepared_statement_cache_size=0":         true,
		"postgresql://u:p@h/db?prepared_statements=false":               true,
		"postgresql://u:p@h/db?prepare=false&pgbouncer=false":           false,
		"postgresql://u:p@h/db?prepare=unnamed":                         true,
		"postgresql://u:p@h/db?prepare=named":                           false,
		"postgresql://u:p@h/db?statement-cache-capacity=0":              true,
		"postgresql://u:p@h/db?preferQueryMode=simple":                  true,
		"postgresql://u:p@h/db?preferQueryMode=extended":                false,
		"postgresql://u:p@h/db?description_cache_capacity=0":            false,
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
			if len(c.Conn().Password) >= len(secret) && c.Conn().Host == "h" {
				assert.NotContains(t, c.String(), secret)
			}
		}
	})
}
