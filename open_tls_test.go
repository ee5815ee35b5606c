package chameleon_test

import (
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// encrypted opens u and asks the server whether the session is.
func encrypted(t *testing.T, env *enginetest.Env, u *url.URL) bool {
	t.Helper()
	if env.Engine == dialect.PostgreSQL {
		var yes bool
		works(t, u, "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()", &yes)
		return yes
	}
	var name, cipher string
	works(t, u, "SHOW SESSION STATUS LIKE 'Ssl_cipher'", &name, &cipher)
	return cipher != ""
}

// offersTLS asks the server.
func offersTLS(t *testing.T, env *enginetest.Env) bool {
	t.Helper()
	ask := map[dialect.Engine]string{
		dialect.PostgreSQL: "SELECT current_setting('ssl') = 'on'",
		dialect.MySQL:      "SELECT @@ssl_cert <> ''",
		dialect.MariaDB:    "SELECT @@have_ssl = 'YES'",
	}
	var offers bool
	require.NoError(t, env.DB.QueryRowContext(t.Context(), ask[env.Engine]).Scan(&offers))
	return offers
}

// tlsWord is the URL with one word about TLS, "" for none.
func tlsWord(t *testing.T, env *enginetest.Env, mode string) *url.URL {
	t.Helper()
	u, err := url.Parse(env.URL)
	require.NoError(t, err)
	u.RawQuery = ""
	if mode != "" {
		u.RawQuery = "sslmode=" + mode
	}
	return u
}

// TestTLSIsUsedWhereOffered, and without a word about it a server that has
// none is reached too.
func TestTLSIsUsedWhereOffered(t *testing.T) {
	onServers(t, func(t *testing.T, env *enginetest.Env) {
		assert.False(t, encrypted(t, env, tlsWord(t, env, "disable")))
		if !offersTLS(t, env) {
			assert.False(t, encrypted(t, env, tlsWord(t, env, "")))
			return
		}
		for _, mode := range []string{"", "prefer", "require"} {
			assert.True(t, encrypted(t, env, tlsWord(t, env, mode)), mode)
		}
	})
}

// TestTLSThatWasAskedForNeverFallsBack: neither when the server has none nor
// when its certificate is not to be trusted.
func TestTLSThatWasAskedForNeverFallsBack(t *testing.T) {
	onServers(t, func(t *testing.T, env *enginetest.Env) {
		modes := []string{"verify-ca", "verify-full"}
		if !offersTLS(t, env) {
			modes = append(modes, "require")
		}
		for _, mode := range modes {
			fails(t, tlsWord(t, env, mode), dialect.ErrTLS, "")
		}
		if env.CAFile == "" {
			return
		}
		for _, mode := range []string{"verify-ca", "verify-full"} {
			u := tlsWord(t, env, mode)
			u.RawQuery += "&sslrootcert=" + url.QueryEscape(env.CAFile)
			assert.True(t, encrypted(t, env, u), mode)
		}
	})
}

// TestTLSRequired: an account that must use TLS is told so, not that its
// password is wrong.
func TestTLSRequired(t *testing.T) {
	onServers(t, func(t *testing.T, env *enginetest.Env) {
		if !offersTLS(t, env) {
			fails(t, tlsWord(t, env, "require"), dialect.ErrTLS, "") // all that such a server can show
			return
		}
		attributes := "REQUIRE SSL"
		if env.Engine == dialect.PostgreSQL {
			attributes = "IN ROLE tls_only" // whom pg_hba.conf rejects without TLS
			_, err := env.DB.ExecContext(t.Context(), `DO $$ BEGIN CREATE ROLE tls_only;
				EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$`)
			require.NoError(t, err)
		}
		u := account(t, env, attributes, true)
		u.RawQuery = "sslmode=disable"
		fails(t, u, dialect.ErrTLS, "over TLS only")
		u.User = url.UserPassword(u.User.Username(), "hunter2")
		fails(t, u, dialect.ErrUnauthenticated, "")
		u.User = url.UserPassword(u.User.Username(), password)
		u.RawQuery = ""
		assert.True(t, encrypted(t, env, u))
	})
}
