package chameleon_test

import (
	"encoding/pem"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/dialect/mysql"
	"github.com/chameleon-go/chameleon/dialect/postgres"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// host is the URL that a hosted database gives out, with PW in place of the
// password, and what it comes to: TLS, a transaction pooler, a pool's size.
type host struct {
	name, url, tls string
	pooled         bool
	poolSize       int
}

var hosts = []host{
	{"vercel", "postgres://default:PW@ep-x-pooler.us-east-1.postgres.vercel-storage.com:5432/verceldb?sslmode=require", "require", true, 0},
	{"vercel_with_parameters", "postgres://default:PW@ep-x-pooler.us-east-1.postgres.vercel-storage.com:5432/verceldb?sslmode=require&pgbouncer=true&connect_timeout=15", "require", true, 0},
	{"supabase_direct", "postgresql://postgres:PW@db.REF.supabase.co:5432/postgres", "prefer", false, 0},
	{"supabase_pooler", "postgres://postgres.REF:PW@aws-0-REGION.pooler.supabase.com:6543/postgres?pgbouncer=true&connection_limit=1", "prefer", true, 1},
	{"supabase_session_mode", "postgres://postgres.REF:PW@aws-0-REGION.pooler.supabase.com:5432/postgres", "prefer", false, 0},
	{"supabase_integration", "postgres://postgres.REF:PW@aws-0-REGION.pooler.supabase.com:6543/postgres?sslmode=require&supa=base-pooler.x", "require", true, 0},
	{"railway_postgres", "postgresql://postgres:PW@postgres.railway.internal:5432/railway", "prefer", false, 0},
	{"railway_mysql", "mysql://root:PW@NAME.proxy.rlwy.net:12345/railway", "prefer", false, 0},
	{"neon", "postgresql://owner:PW@ep-x-pooler.us-east-2.aws.neon.tech/neondb?sslmode=require&channel_binding=require", "require", true, 0},
	{"aws_rds_postgres", "postgresql://u:PW@x.rds.amazonaws.com:5432/db?sslmode=verify-full&sslrootcert=global-bundle.pem", "verify-full", false, 0},
	{"aws_rds_mysql", "mysql://u:PW@x.rds.amazonaws.com:3306/db", "prefer", false, 0},
	{"planetscale_json", `mysql://u:PW@aws.connect.psdb.cloud/db?ssl={"rejectUnauthorized":true}`, "verify-full", false, 0},
	{"planetscale_strict", "mysql://u:PW@aws.connect.psdb.cloud/db?sslaccept=strict", "verify-full", false, 0},
	{"planetscale_postgres", "postgresql://ROLE.ID:PW@X.horizon.psdb.cloud:5432/db?sslmode=verify-full&sslrootcert=system&sslnegotiation=direct", "verify-full", false, 0},
	{"azure_mysql", "mysql://u:PW@S.mysql.database.azure.com:3306/db?ssl-mode=REQUIRED", "require", false, 0},
	{"azure_mysql_older_user", "mysql://u%40S:PW@S.mysql.database.azure.com:3306/db?ssl-mode=REQUIRED", "require", false, 0},
	{"tidb_cloud", "mysql://PFX.root:PW@gateway01.R.prod.aws.tidbcloud.com:4000/test?sslaccept=strict", "verify-full", false, 0},
	{"cockroachdb_cloud", "postgresql://u:PW@X.cockroachlabs.cloud:26257/defaultdb?sslmode=verify-full", "verify-full", false, 0},
	{"cockroachdb_cloud_older", "postgresql://u:PW@X.cockroachlabs.cloud:26257/defaultdb?sslmode=verify-full&options=--cluster=X", "verify-full", false, 0},
	{"aiven_postgres", "postgres://avnadmin:PW@H.aivencloud.com:12345/defaultdb?sslmode=require", "require", false, 0},
	{"aiven_mysql", "mysql://avnadmin:PW@H.aivencloud.com:12345/defaultdb?ssl-mode=REQUIRED", "require", false, 0},
}

// tlsWords are MySQL's ways of asking for TLS.
var tlsWords = map[string]string{
	"ssl-mode=REQUIRED": "require", "sslmode=require": "require",
	"ssl-mode=VERIFY_CA": "verify-ca", "ssl-mode=VERIFY_IDENTITY": "verify-full", "sslaccept=strict": "verify-full",
	"ssl=true": "verify-full", `ssl={"rejectUnauthorized":true}`: "verify-full",
	"sslaccept=accept_invalid_certs": "require", `ssl={"rejectUnauthorized":false}`: "require",
}

func urlRules() []rule {
	rules := []rule{
		{name: "engine_is_detected_from_the_url", holds: func(t *testing.T, env *enginetest.Env) {
			urls := []string{env.URL}
			switch head, rest, _ := strings.Cut(env.URL, "://"); env.Engine {
			case dialect.PostgreSQL:
				urls = []string{"postgresql://" + rest, "postgres://" + rest}
			case dialect.SQLite:
				require.Equal(t, "sqlite", head)
				urls = append(urls, "file:"+rest)
			}
			for _, u := range urls {
				db := ok(chameleon.Open(t.Context(), u))(t)
				assert.Equal(t, env.Engine, dialect.Of(db).Engine)
				require.NoError(t, db.Close())
			}
		}},
		{name: "unknown_schemes_are_refused_by_name", plain: func(t *testing.T) {
			for _, scheme := range []string{"mongodb", "sqlserver", "oracle", "http"} {
				_, err := chameleon.Open(t.Context(), scheme+"://u:hunter2@h/db")
				require.ErrorIs(t, err, chameleon.ErrInvalid)
				assert.ErrorContains(t, err, scheme)
				assert.NotContains(t, err.Error(), "hunter2")
			}
		}},
		{name: "mysql_tls_words", plain: func(t *testing.T) {
			for word, want := range tlsWords {
				assert.Equal(t, want, ok(mysql.ParseURL("mysql://u:p@h.example/db?"+word))(t).TLS, word)
			}
		}},
		{name: "mysql_connection_limit", plain: func(t *testing.T) {
			assert.Equal(t, 7, ok(mysql.ParseURL("mysql://u:p@h.example/db?connection_limit=7"))(t).PoolSize)
		}},
		{name: "mysql_socket", plain: func(t *testing.T) {
			c := ok(mysql.ParseURL("mysql://u:p@localhost/db?socket=/run/mysqld/mysqld.sock"))(t)
			assert.Equal(t, []string{"unix", "/run/mysqld/mysqld.sock"}, []string{c.Conn().Net, c.Conn().Addr})
		}},
	}
	for _, h := range hosts {
		rules = append(rules, rule{name: "url_" + h.name, plain: h.check})
	}
	return rules
}

// check reads the URL as pasted, with passwords of any characters.
func (h host) check(t *testing.T) {
	for _, password := range []string{"npg_x", "AVNS_x", "pscale_pw_x", "@:/?#%[]&=+ ^|<é"} {
		pasted := strings.Replace(h.url, "PW", url.QueryEscape(password), 1)
		pasted = strings.Replace(pasted, "+", "%20", 1)
		pasted = strings.Replace(pasted, "global-bundle.pem", bundle(t), 1)
		var got, want host
		want = host{tls: h.tls, pooled: h.pooled, poolSize: h.poolSize}
		if strings.HasPrefix(h.url, "mysql:") {
			c := ok(mysql.ParseURL(pasted))(t)
			got = host{tls: c.TLS, poolSize: c.PoolSize}
			assert.Equal(t, password, c.Conn().Passwd)
			assert.Equal(t, h.tls != "verify-full", c.Conn().TLS.InsecureSkipVerify)
			assert.Equal(t, h.tls == "prefer", c.Conn().AllowFallbackToPlaintext)
		} else {
			c := ok(postgres.ParseURL(pasted))(t)
			got = host{tls: c.TLS, pooled: c.Pooled(), poolSize: c.PoolSize}
			assert.Equal(t, password, c.Conn().Password)
			assert.Equal(t, h.tls != "verify-full", c.Conn().TLSConfig.InsecureSkipVerify)
			assert.Equal(t, h.tls == "prefer", len(c.Conn().Fallbacks) > 0, "plaintext, where the server has no TLS")
		}
		assert.Equal(t, want, got)
	}
}

// bundle is a file of certificates, as the host offers one for download.
func bundle(t *testing.T) string {
	t.Helper()
	server := httptest.NewTLSServer(nil) // for its certificate alone
	defer server.Close()
	path := filepath.Join(t.TempDir(), "global-bundle.pem")
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	require.NoError(t, os.WriteFile(path, block, 0o600))
	return path
}
