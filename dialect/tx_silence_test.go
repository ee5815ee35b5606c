package dialect_test

import (
	"bytes"
	"context"
	"errors"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// TestInTxEndsWhenTheLineIsSilent: on a handle that somebody else opened, too,
// InTx returns when its context has ended, whichever statement is not answered.
func TestInTxEndsWhenTheLineIsSilent(t *testing.T) {
	errMine := errors.New("mine")
	isRollback := func(packet []byte) bool { return bytes.Contains(bytes.ToUpper(packet), []byte("ROLLBACK")) }
	for name, at := range map[string]func([]byte) bool{"COMMIT": isCommit, "ROLLBACK": isRollback} {
		t.Run(name, func(t *testing.T) {
			onServers(t, func(t *testing.T, env *enginetest.Env) {
				u, err := url.Parse(env.URL)
				require.NoError(t, err)
				l := newLine(t, u.Host, at, false)
				l.silent = true
				db := rawDB(t, env, withHost(l.address), withParam("sslmode", "disable"))
				counters(t, env.DB)
				require.NoError(t, dialect.InTx(t.Context(), db, add))
				l.cut.Store(true)

				ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
				defer cancel()
				done := make(chan error, 1)
				go func() {
					done <- dialect.InTx(ctx, db, func(ctx context.Context, tx bun.Tx) error {
						assert.NoError(t, add(ctx, tx))
						if name == "ROLLBACK" {
							return errMine
						}
						return nil
					})
				}()
				select {
				case err = <-done:
				case <-time.After(time.Minute):
					require.Fail(t, "InTx outlives its context")
				}
				assert.False(t, l.cut.Load(), "the line was silent")
				if name == "ROLLBACK" {
					require.ErrorIs(t, err, errMine)
				} else {
					require.ErrorIs(t, err, dialect.ErrOutcomeUnknown)
					require.ErrorIs(t, err, context.DeadlineExceeded)
				}
				require.NoError(t, dialect.InTx(t.Context(), db, func(context.Context, bun.Tx) error { return nil }))
			})
		})
	}
}
