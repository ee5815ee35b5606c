package postgres_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"maps"
	"math/big"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/dialect/postgres"
)

// passwords are awkward in a URL, alone and all at once.
var passwords = []string{
	"plain", "p@ss", "a:b", "a/b", "a?b", "a#b", "50%", "[x]", "a&b", "a=b", "a+b", "a b", "a^b|c<d>", "é",
	"@:/?#%[]&=+ ^|<é", `'q' \ "`, "AVNS_x", "npg_x",
}

func encode(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }

// want is what a shape must come to.
type want struct {
	host, user, database string
	port                 uint16
	tls                  string
	serverName           string
	verifies             bool // by Go's own check: chain and name
	verifiesChain        bool // by a callback: chain only
	plaintext            bool // a fallback, or the only way
	direct               bool
	pooled               bool
	poolSize             int
	connectTimeout       time.Duration
	runtime              map[string]string
}

// shapes are the URLs of SPEC's hosts, with PW in place of the password.
func shapes() map[string]want {
	neon := "ep-x-pooler.us-east-2.aws.neon.tech"
	vercel := "ep-x-pooler.us-east-1.postgres.vercel-storage.com"
	supabase := "aws-0-eu-west-1.pooler.supabase.com"
	return map[string]want{
		"postgres://default:PW@" + vercel + ":5432/verceldb?sslmode=require": {
			host: vercel, user: "default", database: "verceldb", tls: "require", serverName: vercel, pooled: true,
		},
		"postgres://default:PW@" + vercel + ":5432/verceldb?sslmode=require&pgbouncer=true&connect_timeout=15": {
			host: vercel, user: "default", database: "verceldb", tls: "require", serverName: vercel, pooled: true,
			connectTimeout: 15 * time.Second,
		},
		"postgresql://postgres:PW@db.abcdef.supabase.co:5432/postgres": {
			host: "db.abcdef.supabase.co", user: "postgres", database: "postgres", tls: "prefer",
			serverName: "db.abcdef.supabase.co", plaintext: true,
		},
		"postgres://postgres.ref:PW@" + supabase + ":6543/postgres?pgbouncer=true&connection_limit=1": {
			host: supabase, port: 6543, user: "postgres.ref", database: "postgres", tls: "prefer", serverName: supabase,
			plaintext: true, pooled: true, poolSize: 1,
		},
		"postgres://postgres.ref:PW@" + supabase + ":6543/postgres": {
			host: supabase, port: 6543, user: "postgres.ref", database: "postgres", tls: "prefer", serverName: supabase,
			plaintext: true, pooled: true,
		},
		"postgres://postgres.ref:PW@" + supabase + ":5432/postgres?sslmode=require&supa=base-pooler.x": {
			host: supabase, user: "postgres.ref", database: "postgres", tls: "require", serverName: supabase,
		},
		"postgresql://postgres:PW@postgres.railway.internal:5432/railway": {
			host: "postgres.railway.internal", user: "postgres", database: "railway", tls: "prefer",
			serverName: "postgres.railway.internal", plaintext: true,
		},
		"postgresql://owner:PW@" + neon + "/neondb?sslmode=require&channel_binding=require": {
			host: neon, user: "owner", database: "neondb", tls: "require", serverName: neon, pooled: true,
		},
		"postgresql://u:PW@x.rds.amazonaws.com:5432/db?sslmode=verify-full&sslrootcert=global-bundle.pem": {
			host: "x.rds.amazonaws.com", user: "u", database: "db", tls: "verify-full",
			serverName: "x.rds.amazonaws.com", verifies: true,
		},
		"postgresql://role.id:PW@x.horizon.psdb.cloud:5432/db?sslmode=verify-full&sslrootcert=system&sslnegotiation=direct": {
			host: "x.horizon.psdb.cloud", user: "role.id", database: "db", tls: "verify-full",
			serverName: "x.horizon.psdb.cloud", verifies: true, direct: true,
		},
		"postgresql://role.id:PW@x.horizon.psdb.cloud:6432/db?sslmode=verify-full&sslrootcert=system": {
			host: "x.horizon.psdb.cloud", port: 6432, user: "role.id", database: "db", tls: "verify-full",
			serverName: "x.horizon.psdb.cloud", verifies: true, pooled: true,
		},
		"postgresql://u:PW@x.cockroachlabs.cloud:26257/defaultdb?sslmode=verify-full": {
			host: "x.cockroachlabs.cloud", port: 26257, user: "u", database: "defaultdb", tls: "verify-full",
			serverName: "x.cockroachlabs.cloud", verifies: true,
		},
		"postgresql://u:PW@free.cockroachlabs.cloud:26257/defaultdb?sslmode=verify-full&options=--cluster=x-12": {
			host: "free.cockroachlabs.cloud", port: 26257, user: "u", database: "defaultdb", tls: "verify-full",
			serverName: "free.cockroachlabs.cloud", verifies: true, runtime: map[string]string{"options": "--cluster=x-12"},
		},
		"postgres://avnadmin:PW@h.aivencloud.com:12345/defaultdb?sslmode=require": {
			host: "h.aivencloud.com", port: 12345, user: "avnadmin", database: "defaultdb", tls: "require",
			serverName: "h.aivencloud.com",
		},
		// Addresses, sockets, and what may be missing.
		"postgresql://u:PW@[2001:db8::1]:5433/db?sslmode=verify-full": {
			host: "2001:db8::1", port: 5433, user: "u", database: "db", tls: "verify-full",
			serverName: "2001:db8::1", verifies: true,
		},
		"postgresql://u:PW@[::1]/db": {host: "::1", user: "u", database: "db", tls: "prefer", plaintext: true},
		"postgresql://u:PW@/db?host=/cloudsql/p:r:i": {
			host: "/cloudsql/p:r:i", user: "u", database: "db", tls: "disable", plaintext: true,
		},
		"postgresql://u:PW@%2Fvar%2Frun%2Fpostgresql/db": {
			host: "/var/run/postgresql", user: "u", database: "db", tls: "disable", plaintext: true,
		},
		"postgresql://u:PW@h.example": {
			host: "h.example", user: "u", database: "u", tls: "prefer", serverName: "h.example", plaintext: true,
		},
		"POSTGRESQL://u:PW@h.example/db?sslmode=DISABLE": {
			host: "h.example", user: "u", database: "db", tls: "disable", plaintext: true,
		},
	}
}

func TestShapesOfProviders(t *testing.T) {
	writeCertificate(t)
	for shape, w := range shapes() {
		for _, password := range passwords {
			for name, written := range map[string]string{"encoded": encode(password), "raw": password} {
				t.Run(fmt.Sprintf("%s/%s %s", shape, name, password), func(t *testing.T) {
					c, err := postgres.ParseURL(strings.Replace(shape, "PW", written, 1))
					require.NoError(t, err)
					w.check(t, c, password)
				})
			}
		}
	}
}

func (w want) check(t *testing.T, c *postgres.Config, password string) {
	t.Helper()
	if w.port == 0 {
		w.port = 5432
	}
	assert.Equal(t, w.host, c.Conn().Host)
	assert.Equal(t, w.port, c.Conn().Port)
	assert.Equal(t, w.user, c.Conn().User)
	assert.Equal(t, password, c.Conn().Password)
	assert.Equal(t, w.database, c.Conn().Database)
	assert.Equal(t, w.tls, c.TLS)
	assert.Equal(t, w.pooled, c.Pooled())
	assert.Equal(t, w.poolSize, c.PoolSize)
	assert.Equal(t, w.connectTimeout, c.ConnectTimeout)
	assert.Equal(t, pgx.QueryExecModeSimpleProtocol, c.Conn().DefaultQueryExecMode)
	if w.pooled {
		assert.Zero(t, c.Conn().StatementCacheCapacity)
	}
	assert.Equal(t, always(w.runtime), c.Conn().RuntimeParams)
	w.checkTLS(t, c)
}

// always are the run-time parameters of every session, and more.
func always(more map[string]string) map[string]string {
	params := map[string]string{
		"timezone": "UTC", "datestyle": "ISO, MDY", "standard_conforming_strings": "on", "client_encoding": "UTF8",
	}
	maps.Copy(params, more)
	return params
}

func (w want) checkTLS(t *testing.T, c *postgres.Config) {
	t.Helper()
	ways := []*tls.Config{c.Conn().TLSConfig}
	for _, f := range c.Conn().Fallbacks {
		ways = append(ways, f.TLSConfig)
	}
	plaintext := false
	for _, way := range ways {
		if way == nil {
			plaintext = true
			continue
		}
		assert.Equal(t, w.serverName, way.ServerName)
		assert.Equal(t, w.verifies, !way.InsecureSkipVerify)
		assert.Equal(t, w.verifiesChain, way.VerifyPeerCertificate != nil)
	}
	assert.Equal(t, w.plaintext, plaintext, "plaintext is possible")
	if w.tls == "prefer" {
		assert.NotNil(t, ways[0], "TLS first")
	}
	assert.Equal(t, w.direct, c.Conn().SSLNegotiation == "direct")
}

// writeCertificate makes the test's working directory one that holds
// global-bundle.pem.
func writeCertificate(t *testing.T) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, IsCA: true,
		NotAfter: time.Now().Add(time.Hour), BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	require.NoError(t, err)
	dir := t.TempDir()
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	require.NoError(t, os.WriteFile(filepath.Join(dir, "global-bundle.pem"), block, 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "empty.pem"), nil, 0o600))
	t.Chdir(dir)
}

func TestHostList(t *testing.T) {
	c, err := postgres.ParseURL("postgresql://u:p@h1,h2:5433/db?sslmode=require&target_session_attrs=read-write")
	require.NoError(t, err)
	assert.Equal(t, "h1", c.Conn().Host)
	assert.EqualValues(t, 5432, c.Conn().Port)
	require.Len(t, c.Conn().Fallbacks, 1)
	assert.Equal(t, "h2", c.Conn().Fallbacks[0].Host)
	assert.EqualValues(t, 5433, c.Conn().Fallbacks[0].Port)
	assert.NotNil(t, c.Conn().ValidateConnect)
}

// TestEnvironmentIsNotRead: what libpq takes from its variables and files
// must not change what a URL says.
func TestEnvironmentIsNotRead(t *testing.T) {
	for name, value := range map[string]string{
		"PGHOST": "other", "PGPORT": "1", "PGUSER": "other", "PGPASSWORD": "other", "PGDATABASE": "other",
		"PGSSLMODE": "disable", "PGOPTIONS": "-c x=y", "PGAPPNAME": "other", "PGTZ": "Asia/Tokyo", "PGSSLROOTCERT": "/missing",
		"PGCONNECT_TIMEOUT": "1", "PGTARGETSESSIONATTRS": "standby", "PGCHANNELBINDING": "require", "PGSSLNEGOTIATION": "direct",
	} {
		t.Setenv(name, value)
	}
	c, err := postgres.ParseURL("postgresql://u@h/db")
	require.NoError(t, err)
	want{host: "h", user: "u", database: "db", tls: "prefer", serverName: "h", plaintext: true}.check(t, c, "")
	assert.Nil(t, c.Conn().ValidateConnect)
	assert.Equal(t, "prefer", c.Conn().ChannelBinding)
}

func TestConfigPrintsNoPassword(t *testing.T) {
	c, err := postgres.ParseURL("postgresql://u:SECRET@h/db")
	require.NoError(t, err)
	for _, format := range []string{"%s", "%v", "%+v", "%#v"} {
		assert.Equal(t, "postgresql://h/db", fmt.Sprintf(format, c))
	}
}

func TestRefusedByName(t *testing.T) {
	writeCertificate(t)
	for params, problem := range map[string]string{
		"sslmod=verify-full":                  "sslmod ",
		"sslmode=verify":                      "sslmode",
		"ssl=maybe":                           "parameter ssl ",
		"tlsmode=require":                     "tlsmode",
		"sslrootcert=missing.pem":             "missing.pem",
		"sslrootcert=empty.pem":               "holds no certificate",
		"sslrootcert=-----BEGIN%20SECRET":     "sslrootcert holds something else",
		"sslcert=x.pem&sslkey=SECRET":         "parameter sslkey names a file that cannot be read",
		"sslmode=require&SECRET":              "parameter without a value",
		"sslcert=global-bundle.pem":           "sslcert",
		"channel_binding=always":              "channel_binding",
		"target_session_attrs=sideways":       "target_session_attrs",
		"sslmode=require&require_auth=SECRET": "require_auth",
		"connection_limit=0":                  "connection_limit",
		"connection_limit=lots":               "connection_limit",
		"connect_timeout=soon":                "connect_timeout",
		"pgbouncer=perhaps":                   "pgbouncer",
		"port=70000":                          "port",
		"schema=":                             "schema",
		"options=":                            "options",
		"schema=app,,x":                       "schema",
		"port=1,2":                            "2 ports for 1 hosts",
		"host=a,b&port=1,2,3":                 "3 ports for 2 hosts",
		"host=a:b":                            "host",
		"hostaddr=h.example":                  "hostaddr",
		"hostaddr=10.0.0.1,10.0.0.2":          "2 addresses in hostaddr for 1 hosts",
		"host=/run/x&hostaddr=10.0.0.1":       "socket",
		"sslnegotiation=sometimes":            "sslnegotiation",
		"sslcertmode=sometimes":               "sslcertmode",
		"sslsni=2":                            "sslsni",
		"sslkey=global-bundle.pem":            "sslkey",
		"requiressl=maybe":                    "requiressl",
		"gssencmode=require":                  "gssencmode",
		"useSSL=true":                         "useSSL",
		"encrypt=true":                        "encrypt",
		"trustServerCertificate=true":         "trustServerCertificate",
		"sslcrl=x.pem":                        "sslcrl",
		"ssl_min_protocol_version=TLSv1.3":    "ssl_min_protocol_version",
		"ssl={\"ca\":\"x\"}":                  "parameter ssl ",
		"sslaccept=SECRET":                    "sslaccept",
		"prepareThreshold=never":              "prepareThreshold",
		"default_query_exec_mode=fast":        "default_query_exec_mode",
		"statement_cache_mode=SECRET":         "statement_cache_mode",
	} {
		t.Run(params, func(t *testing.T) {
			_, err := postgres.ParseURL("postgresql://u:SECRET@h/db?" + params)
			require.ErrorIs(t, err, dialect.ErrInvalid)
			assert.ErrorContains(t, err, problem)
			assert.NotContains(t, err.Error(), "SECRET")
		})
	}
	_, err := postgres.ParseURL("mysql://u:SECRET@h/db")
	assert.ErrorContains(t, err, "mysql")
}
