package transfer_test

import (
	"database/sql"
	"testing"

	mysqldriver "github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/mysqldialect"

	"github.com/chameleon-go/chameleon/content"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/dialect/mysql"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/transfer"
)

// TestCopyChecksSessions: a copy changes the session that it works in, and does not
// take that for what the handle's other sessions are.
func TestCopyChecksSessions(t *testing.T) {
	t.Parallel()
	for _, engine := range reached() {
		if engine != dialect.MySQL && engine != dialect.MariaDB {
			continue
		}
		t.Run(string(engine), func(t *testing.T) {
			t.Parallel()
			source, to := enginetest.New(t, dialect.SQLite), enginetest.NewEmpty(t, engine)
			parsed, err := mysql.ParseURL(to.URL)
			require.NoError(t, err)
			config := parsed.Conn()
			config.Params["sql_mode"] = "'STRICT_TRANS_TABLES,NO_BACKSLASH_ESCAPES'"
			connector, err := mysqldriver.NewConnector(config)
			require.NoError(t, err)
			db := bun.NewDB(sql.OpenDB(connector), mysqldialect.New())
			defer func() { require.NoError(t, db.Close()) }()
			_, err = feedbacks(t, source.DB, db, transfer.CopyParams{})
			require.ErrorIs(t, err, dialect.ErrInvalid)
			require.ErrorContains(t, err, "NO_BACKSLASH_ESCAPES", "the handle's own mode, not the copy's")
			_, err = content.SubmitFeedback(t.Context(), db, content.SubmitFeedbackParams{Content: `it's \`, Rating: 1})
			require.ErrorContains(t, err, "NO_BACKSLASH_ESCAPES")
		})
	}
}
