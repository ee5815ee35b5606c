package mysqlshape_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/internal/mysqlshape"
)

// TestAnotherDatabasesStatement: MySQL fails to list sessions while a statement anywhere
// holds a character of four bytes. That is no error of whoever asks, and the database is
// not another test's.
func TestAnotherDatabasesStatement(t *testing.T) {
	t.Parallel()
	db, other := enginetest.New(t, dialect.MySQL).DB, enginetest.New(t, dialect.MySQL).DB
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_, _ = other.ExecContext(ctx, "DO SLEEP(30) + LENGTH('\U0001F3D9')") // ends with ctx
	}()
	assert.Eventually(t, func() bool {
		free, err := mysqlshape.Free(t.Context(), db.DB, dialect.MySQL, "nobody_is_here")
		return assert.NoError(t, err) && !free
	}, 20*time.Second, 10*time.Millisecond)
	stop()
	<-ended
}
