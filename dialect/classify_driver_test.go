package dialect_test

import (
	"errors"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/assert"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// TestDriverRefusals: what go-sql-driver refuses by itself has a kind and a
// remedy, and none advises to send a password in the clear.
func TestDriverRefusals(t *testing.T) {
	for err, kind := range map[error]dialect.Kind{
		mysql.ErrOldPassword:       dialect.KindUnauthenticated,
		mysql.ErrCleartextPassword: dialect.KindUnauthenticated,
		mysql.ErrNativePassword:    dialect.KindUnauthenticated,
		mysql.ErrUnknownPlugin:     dialect.KindUnauthenticated,
		mysql.ErrOldProtocol:       dialect.KindUnsupportedVersion,
		mysql.ErrNoTLS:             dialect.KindTLS,
		mysql.ErrPktTooLarge:       dialect.KindConstraint,
		mysql.ErrInvalidConn:       dialect.KindUnavailable,
		mysql.ErrMalformPkt:        dialect.KindUnavailable,
		mysql.ErrPktSync:           dialect.KindUnavailable,
		mysql.ErrPktSyncMul:        dialect.KindUnavailable,
		mysql.ErrBusyBuffer:        dialect.KindUnavailable,
		errors.New("local file '/etc/passwd' is not registered"): dialect.KindPermission,
		errors.New("reader 'data' is not registered"):            dialect.KindPermission,
	} {
		t.Run(err.Error(), func(t *testing.T) {
			e := explained(t, kind, err)
			assert.NotContains(t, e.Error(), "Passwords=1")
			assert.NotContains(t, e.Error(), "/etc/passwd")
		})
	}
}

// TestLoadDataLocal: no server gets this machine's files by asking for them.
func TestLoadDataLocal(t *testing.T) {
	onServers(t, func(t *testing.T, env *enginetest.Env) {
		if !isMySQL(env) {
			return // COPY FROM STDIN sends what the client chooses
		}
		db := env.DB
		counters(t, db)
		err := failure(t.Context(), t, db, `LOAD DATA LOCAL INFILE '/etc/hostname' INTO TABLE counters`)
		e := explained(t, dialect.KindPermission, err)
		assert.Contains(t, e.Remedy, "LOAD DATA LOCAL")
		assert.NotContains(t, e.Error(), "hostname")
	})
}
