package credits_test

import (
	"context"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// A column's type changes under a connection that has read before: a read in the
// caller's transaction does not end it.
func TestReadsInATransactionAfterAChangeOfTheSchema(t *testing.T) {
	t.Parallel()
	db := enginetest.New(t, dialect.PostgreSQL).DB
	db.SetMaxOpenConns(1)
	user := uuid.NewString()
	_, err := credits.Grant(t.Context(), db, credits.GrantParams{UserUUID: user, Amount: 5, Type: credits.TypeSystemAdd})
	require.NoError(t, err)
	read := func(ctx context.Context, tx bun.Tx) error {
		page, err := credits.Statement(ctx, tx, credits.StatementParams{UserUUID: user})
		if err == nil {
			require.Len(t, page.Items, 1)
		}
		return err
	}
	require.NoError(t, db.RunInTx(t.Context(), nil, read))
	_, err = db.ExecContext(t.Context(), "ALTER TABLE credits_trans ALTER COLUMN trans_type TYPE text")
	require.NoError(t, err)
	require.NoError(t, db.RunInTx(t.Context(), nil, read))
}
