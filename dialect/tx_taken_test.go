package dialect_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"net/url"
	"sync/atomic"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/mysqldialect"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// lateConnector connects to MySQL; the next COMMIT of its connections fails by a
// unique key that others have, as in TiDB's optimistic mode.
type lateConnector struct {
	driver.Connector
	taken *atomic.Int32 // how many more COMMITs fail
}

func (c lateConnector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return lateConn{conn.(mysqlConn), c.taken}, nil
}

type mysqlConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ExecerContext
	driver.QueryerContext
	driver.NamedValueChecker
	driver.SessionResetter
	driver.Validator
}

type lateConn struct {
	mysqlConn
	taken *atomic.Int32
}

func (c lateConn) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	tx, err := c.mysqlConn.BeginTx(ctx, opts)
	return lateTx{tx, c.taken}, err
}

type lateTx struct {
	driver.Tx
	taken *atomic.Int32
}

func (t lateTx) Commit() error {
	if t.taken.Add(-1) < 0 {
		return t.Tx.Commit()
	}
	taken := &mysql.MySQLError{Number: 1062, Message: "Duplicate entry 'k' for key 'credits_trans.credits_trans_op_key_unique'"}
	return errors.Join(taken, t.Rollback())
}

// TestInTxRunsAgainWhenCommitFindsAKeyTaken: in TiDB's optimistic mode COMMIT is
// where a unique key is looked up. What ran before it saw nothing of who has it;
// run again it does. One that stays taken is the error in the end.
func TestInTxRunsAgainWhenCommitFindsAKeyTaken(t *testing.T) {
	t.Parallel()
	env := enginetest.New(t, dialect.MySQL)
	u, err := url.Parse(env.URL)
	require.NoError(t, err)
	config := mysql.NewConfig()
	config.User, config.Net, config.Addr, config.DBName, config.ParseTime = u.User.Username(), "tcp", u.Host, u.Path[1:], true
	config.Passwd, _ = u.User.Password()
	connector, err := mysql.NewConnector(config)
	require.NoError(t, err)
	taken := new(atomic.Int32)
	db := bun.NewDB(sql.OpenDB(lateConnector{connector, taken}), mysqldialect.New())
	t.Cleanup(func() { assert.NoError(t, db.Close()) })
	counters(t, env.DB)

	taken.Store(2)
	require.NoError(t, dialect.InTx(t.Context(), db, add))
	assert.Equal(t, 1, counted(t, env.DB))

	taken.Store(1000)
	require.ErrorIs(t, dialect.InTx(t.Context(), db, add), dialect.ErrUnique)
	assert.Equal(t, 1, counted(t, env.DB))
	assert.Less(t, int(taken.Load()), 999, "more than one attempt")
}
