package mysql_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/dialect/handle"
	"github.com/chameleon-go/chameleon/dialect/mysql"
)

// passwords are awkward in a URL, alone and all at once.
var passwords = []string{
	"plain", "p@ss", "a:b", "a/b", "a?b", "a#b", "50%", "[x]", "a&b", "a=b", "a+b", "a b", "a^b|c<d>", "é",
	"@:/?#%[]&=+ ^|<é", `'q' \ "`, "pscale_pw_x", "AVNS_x",
}

func encode(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }

// want is what a shape must come to.
type want struct {
	net, addr, user, database string
	tls                       string
	serverName                string
	verifies                  bool // by Go's own check: chain and name
	verifiesChain             bool // by a callback: chain only
	fallback                  bool // to plaintext, where the server has no TLS
	poolSize                  int
}

// shapes are the URLs of SPEC's hosts, with PW in place of the password.
func shapes() map[string]want {
	return map[string]want{
		"mysql://root:PW@name.proxy.rlwy.net:12345/railway": {
			addr: "name.proxy.rlwy.net:12345", user: "root", database: "railway", tls: "prefer",
			serverName: "name.proxy.rlwy.net", fallback: true,
		},
		"mysql://u:PW@x.rds.amazonaws.com:3306/db": {
			addr: "x.rds.amazonaws.com:3306", user: "u", database: "db", tls: "prefer",
			serverName: "x.rds.amazonaws.com", fallback: true,
		},
		`mysql://u:PW@aws.connect.psdb.cloud/db?ssl={"rejectUnauthorized":true}`: {
			addr: "aws.connect.psdb.cloud:3306", user: "u", database: "db", tls: "verify-full",
			serverName: "aws.connect.psdb.cloud", verifies: true,
		},
		"mysql://u:PW@aws.connect.psdb.cloud/db?sslaccept=strict": {
			addr: "aws.connect.psdb.cloud:3306", user: "u", database: "db", tls: "verify-full",
			serverName: "aws.connect.psdb.cloud", verifies: true,
		},
		"mysql://u:PW@s.mysql.database.azure.com:3306/db?ssl-mode=REQUIRED": {
			addr: "s.mysql.database.azure.com:3306", user: "u", database: "db", tls: "require",
			serverName: "s.mysql.database.azure.com",
		},
		"mysql://u%40s:PW@s.mysql.database.azure.com:3306/db?ssl-mode=REQUIRED": {
			addr: "s.mysql.database.azure.com:3306", user: "u@s", database: "db", tls: "require",
			serverName: "s.mysql.database.azure.com",
		},
		"mysql://pfx.root:PW@gateway01.eu.prod.aws.tidbcloud.com:4000/test?sslaccept=strict": {
			addr: "gateway01.eu.prod.aws.tidbcloud.com:4000", user: "pfx.root", database: "test", tls: "verify-full",
			serverName: "gateway01.eu.prod.aws.tidbcloud.com", verifies: true,
		},
		"mysql://avnadmin:PW@h.aivencloud.com:12345/defaultdb?ssl-mode=REQUIRED": {
			addr: "h.aivencloud.com:12345", user: "avnadmin", database: "defaultdb", tls: "require",
			serverName: "h.aivencloud.com",
		},
		// Addresses, sockets, and what may be missing.
		"mysql://u:PW@[2001:db8::1]:3307/db?ssl-mode=VERIFY_IDENTITY": {
			addr: "[2001:db8::1]:3307", user: "u", database: "db", tls: "verify-full", serverName: "2001:db8::1", verifies: true,
		},
		"mysql://u:PW@[::1]/db": {addr: "[::1]:3306", user: "u", database: "db", tls: "prefer", fallback: true},
		"mysql://u:PW@localhost/db?socket=/run/mysqld/mysqld.sock&connection_limit=5": {
			net: "unix", addr: "/run/mysqld/mysqld.sock", user: "u", database: "db", tls: "disable", poolSize: 5,
		},
		"mysql://u:PW@%2Frun%2Fmysqld%2Fmysqld.sock/db": {
			net: "unix", addr: "/run/mysqld/mysqld.sock", user: "u", database: "db", tls: "disable",
		},
		"MYSQL://u:PW@h.example": {addr: "h.example:3306", user: "u", tls: "prefer", serverName: "h.example", fallback: true},
	}
}

func TestShapesOfProviders(t *testing.T) {
	for shape, w := range shapes() {
		for _, password := range passwords {
			for name, written := range map[string]string{"encoded": encode(password), "raw": password} {
				t.Run(fmt.Sprintf("%s/%s %s", shape, name, password), func(t *testing.T) {
					c, err := mysql.ParseURL(strings.Replace(shape, "PW", written, 1))
					require.NoError(t, err)
					w.check(t, c, password)
				})
			}
		}
	}
}

func (w want) check(t *testing.T, c *mysql.Config, password string) {
	t.Helper()
	if w.net == "" {
		w.net = "tcp"
	}
	assert.Equal(t, w.net, c.Conn().Net)
	assert.Equal(t, w.addr, c.Conn().Addr)
	assert.Equal(t, w.user, c.Conn().User)
	assert.Equal(t, password, c.Conn().Passwd)
	assert.Equal(t, w.database, c.Conn().DBName)
	assert.Equal(t, w.poolSize, c.PoolSize)
	assert.Equal(t, w.tls, c.TLS)
	assert.Equal(t, w.fallback, c.Conn().AllowFallbackToPlaintext)
	assert.Empty(t, c.Conn().TLSConfig, "the driver's own words are not used")
	if w.tls == "disable" {
		assert.Nil(t, c.Conn().TLS)
	} else {
		require.NotNil(t, c.Conn().TLS)
		assert.Equal(t, w.serverName, c.Conn().TLS.ServerName)
		assert.Equal(t, w.verifies, !c.Conn().TLS.InsecureSkipVerify)
		assert.Equal(t, w.verifiesChain, c.Conn().TLS.VerifyConnection != nil)
	}
	assert.True(t, c.Conn().ParseTime && c.Conn().ClientFoundRows && c.Conn().InterpolateParams && c.Conn().MultiStatements)
	assert.Equal(t, time.UTC, c.Conn().Loc)
	assert.Equal(t, "utf8mb4_general_ci", c.Conn().Collation)
	assert.False(t, c.Conn().AllowCleartextPasswords || c.Conn().AllowOldPasswords || c.Conn().AllowAllFiles)
	assert.Equal(t, map[string]string{
		"time_zone": "'+00:00'", "autocommit": "1", "sql_select_limit": "18446744073709551615",
		"sql_mode": "'STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'",
	}, c.Conn().Params, "nothing else is SET")
}

func TestTLSWords(t *testing.T) {
	writeCertificate(t)
	unverified := want{addr: "h:3306", user: "u", database: "db", tls: "require", serverName: "h"}
	chain, full, prefer, plain := unverified, unverified, unverified, unverified
	chain.tls, chain.verifiesChain = "verify-ca", true
	full.tls, full.verifies = "verify-full", true
	prefer.tls, prefer.fallback = "prefer", true
	plain.tls = "disable"
	for params, w := range map[string]want{
		"": prefer, "ssl-mode=PREFERRED": prefer, "tls=preferred": prefer,
		"ssl-mode=DISABLED": plain, "sslmode=disable": plain, "ssl=false": plain, "tls=false": plain,
		"ssl-mode=REQUIRED": unverified, "sslmode=require": unverified, "sslMode=REQUIRED": unverified, "ssl_mode=required": unverified,
		"sslaccept=accept_invalid_certs": unverified, `ssl={"rejectUnauthorized":false}`: unverified, "tls=skip-verify": unverified,
		"useSSL=true": unverified, "requireSSL=true": unverified,
		"ssl-mode=VERIFY_CA": chain, "sslmode=verify-ca": chain, "ssl-ca=global-bundle.pem": chain,
		"sslcert=global-bundle.pem": chain, "ssl-mode=REQUIRED&ssl-ca=global-bundle.pem": chain,
		"ssl-mode=VERIFY_IDENTITY": full, "sslaccept=strict": full, "ssl=true": full, "tls=true": full,
		`ssl={ "rejectUnauthorized": true }`: full, `ssl=%7B%22rejectUnauthorized%22%3Atrue%7D`: full,
		"sslaccept=strict&sslcert=global-bundle.pem": full, "ssl-mode=REQUIRED&sslaccept=strict": full,
		"ssl-mode=REQUIRED&ssl=false": unverified, "tls=skip-verify&ssl-ca=global-bundle.pem": unverified, "ssl=no-verify": unverified,
		"sslrootcert=system": full, "sslmode=require&sslrootcert=system": full, "sslmode=disable&sslrootcert=system": plain, "ssl={}": full,
	} {
		t.Run(params, func(t *testing.T) {
			c, err := mysql.ParseURL("mysql://u:p@h/db?" + params)
			require.NoError(t, err)
			w.check(t, c, "p")
		})
	}
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

func TestTranslatedToSettings(t *testing.T) {
	for params, want := range map[string]handle.Settings{
		"connection_limit=1&connect_timeout=15&pool_timeout=0": {PoolSize: 1, ConnectTimeout: 15 * time.Second},
		"connectionLimit=9&connectTimeout=2500":                {PoolSize: 9, ConnectTimeout: 2500 * time.Millisecond},
		"connect_timeout=0":                                    {ConnectTimeout: -1},
		"charset=utf8mb4&timezone=Z&parseTime=true&loc=UTC":    {},
	} {
		c, err := mysql.ParseURL("mysql://u:p@h/db?" + params)
		require.NoError(t, err, params)
		assert.Equal(t, want, c.Settings, params)
	}
}

func TestRefusedByName(t *testing.T) {
	writeCertificate(t)
	for params, problem := range map[string]string{
		"sql_mode=''":                          "sql_mode",
		"autocommit=0":                         "autocommit",
		"foo=(SELECT+SLEEP(9))":                "foo",
		"allowAllFiles=true":                   "allowAllFiles",
		"allowCleartextPasswords=true":         "allowCleartextPasswords",
		"tls-version=TLSv1.0":                  "tls-version",
		"sslmod=REQUIRED":                      "sslmod ",
		"ssl-mode=maybe":                       "ssl-mode",
		"ssl-mode=true":                        "ssl-mode",
		`ssl={"ca":"SECRET"}`:                  "ssl",
		"tls=custom":                           "tls",
		"ssl-ca=missing.pem":                   "missing.pem",
		"ssl-ca=empty.pem":                     "holds no certificate",
		"ssl-ca=-----BEGIN%20SECRET":           "holds something else",
		"ssl-cert=empty.pem&ssl-key=empty.pem": "client certificate",
		"socket=relative":                      "socket",
		"connection_limit=-1":                  "connection_limit",
		"connect_timeout=soon":                 "connect_timeout",
		"charset=latin1":                       "charset",
		"timezone=Asia/Tokyo":                  "timezone",
		"parseTime=false":                      "parseTime",
		"loc=Local":                            "loc",
	} {
		t.Run(params, func(t *testing.T) {
			_, err := mysql.ParseURL("mysql://u:SECRET@h/db?" + params)
			require.ErrorIs(t, err, dialect.ErrInvalid)
			assert.ErrorContains(t, err, problem)
			assert.NotContains(t, err.Error(), "SECRET")
		})
	}
	for url, problem := range map[string]string{
		"postgres://u:SECRET@h/db": "postgres", "mysql://u:SECRET@a,b/db": "several hosts",
	} {
		_, err := mysql.ParseURL(url)
		require.ErrorContains(t, err, problem)
		assert.NotContains(t, err.Error(), "SECRET")
	}
}

func TestConfigPrintsNoPassword(t *testing.T) {
	c, err := mysql.ParseURL("mysql://u:SECRET@h/db")
	require.NoError(t, err)
	for _, format := range []string{"%s", "%v", "%+v", "%#v"} {
		assert.Equal(t, "mysql://h:3306/db", fmt.Sprintf(format, c))
	}
}

// FuzzParseURL: nothing panics, no error shows the password, and nothing
// reaches the server as a SET statement.
func FuzzParseURL(f *testing.F) {
	for shape := range shapes() {
		f.Add(shape, "ssl-mode")
	}
	for _, p := range passwords {
		f.Add(p+"@h/db?x=y&socket=/a", p)
	}
	f.Fuzz(func(t *testing.T, before, after string) {
		const secret = "hunter2hunter2"
		for _, url := range []string{"mysql://u:" + secret + "@" + before + "?" + after, "mysql://u:" + secret + after + "@" + before} {
			c, err := mysql.ParseURL(url)
			if err != nil {
				assert.NotContains(t, err.Error(), secret)
				continue
			}
			assert.Len(t, c.Conn().Params, 4)
		}
	})
}
