package credits_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/mysqldialect"
	"github.com/uptrace/bun/dialect/pgdialect"
	"github.com/uptrace/bun/dialect/sqlitedialect"
	_ "modernc.org/sqlite"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/credits"
)

func dbs(t *testing.T) map[string]*bun.DB {
	out := map[string]*bun.DB{}
	s, err := sql.Open("sqlite", "file:"+t.TempDir()+"/x.db?_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_txlock=immediate")
	require.NoError(t, err)
	out["sqlite"] = bun.NewDB(s, sqlitedialect.New())
	if u := os.Getenv("CHAMELEON_TEST_POSTGRES_URL"); u != "" {
		name := fmt.Sprintf("smoke%d", time.Now().UnixNano())
		c, _ := pgx.ParseConfig(u)
		c.DefaultQueryExecMode = pgx.QueryExecModeSimpleProtocol
		d := stdlib.OpenDB(*c)
		_, err := d.Exec("CREATE DATABASE " + name)
		require.NoError(t, err)
		c.Database = name
		out["pg"] = bun.NewDB(stdlib.OpenDB(*c), pgdialect.New())
	}
	for _, k := range []string{"MYSQL", "MARIADB"} {
		u := os.Getenv("CHAMELEON_TEST_" + k + "_URL")
		if u == "" {
			continue
		}
		var port string
		fmt.Sscanf(u, "mysql://root:chameleon@127.0.0.1:%5s", &port)
		cfg := mysql.NewConfig()
		cfg.User, cfg.Passwd, cfg.Net, cfg.Addr = "root", "chameleon", "tcp", "127.0.0.1:"+port
		cfg.ParseTime, cfg.ClientFoundRows, cfg.InterpolateParams, cfg.MultiStatements = true, true, true, true
		cfg.Params = map[string]string{"time_zone": "'+00:00'"}
		d, err := sql.Open("mysql", cfg.FormatDSN())
		require.NoError(t, err)
		name := fmt.Sprintf("smoke%d", time.Now().UnixNano())
		_, err = d.Exec("CREATE DATABASE " + name)
		require.NoError(t, err)
		cfg.DBName = name
		d, err = sql.Open("mysql", cfg.FormatDSN())
		require.NoError(t, err)
		out[k] = bun.NewDB(d, mysqldialect.New(mysqldialect.WithTimeLocation("UTC")))
	}
	return out
}

func TestSmoke(t *testing.T) {
	for name, db := range dbs(t) {
		t.Run(name, func(t *testing.T) {
			ctx := context.Background()
			_, err := chameleon.Push(ctx, db)
			require.NoError(t, err)
			u := "7b1f2c3d-0000-4000-8000-000000000001"
			t0 := time.Date(2026, 1, 1, 0, 0, 0, 123456000, time.UTC)
			op, err := credits.GrantNewUserCredits(ctx, db, credits.NewUserParams{UserUUID: u, At: t0})
			require.NoError(t, err)
			require.EqualValues(t, 100, op.Balance)
			op2, err := credits.GrantNewUserCredits(ctx, db, credits.NewUserParams{UserUUID: u})
			require.NoError(t, err)
			require.True(t, op2.Replayed)
			op2.Replayed = false
			require.Equal(t, op, op2)
			_, err = credits.Grant(ctx, db, credits.GrantParams{UserUUID: u, Amount: 50, Type: "order_pay", Key: "g2", ExpiresAt: t0.AddDate(0, 1, 0), At: t0.Add(time.Hour)})
			require.NoError(t, err)
			op, err = credits.Charge(ctx, db, credits.ChargeParams{UserUUID: u, Amount: 70, Key: "c1", At: t0.Add(2 * time.Hour), Metadata: map[string]any{"a": "b"}})
			require.NoError(t, err)
			require.Len(t, op.Entries, 2)
			require.EqualValues(t, 80, op.Available)
			op2, err = credits.Charge(ctx, db, credits.ChargeParams{UserUUID: u, Amount: 70, Key: "c1", Metadata: map[string]any{"a": "b"}})
			require.NoError(t, err)
			op2.Replayed = false
			require.Equal(t, op, op2)
			_, err = credits.Charge(ctx, db, credits.ChargeParams{UserUUID: u, Amount: 71, Key: "c1"})
			require.ErrorIs(t, err, credits.ErrKeyReused)
			_, err = credits.Charge(ctx, db, credits.ChargeParams{UserUUID: u, Amount: 81, At: t0.Add(3 * time.Hour)})
			require.ErrorIs(t, err, credits.ErrInsufficient)
			_, err = credits.Hold(ctx, db, credits.HoldParams{UserUUID: u, Amount: 30, Key: "h", At: t0.Add(3 * time.Hour)})
			require.NoError(t, err)
			bal, err := credits.Balance(ctx, db, credits.BalanceParams{UserUUID: u, At: t0.Add(3 * time.Hour)})
			require.NoError(t, err)
			require.EqualValues(t, 50, bal.Available)
			require.EqualValues(t, 30, bal.Held)
			bal, err = credits.Balance(ctx, db, credits.BalanceParams{UserUUID: u, At: t0.Add(4 * time.Hour)})
			require.NoError(t, err)
			require.EqualValues(t, 80, bal.Available)
			bal, err = credits.Balance(ctx, db, credits.BalanceParams{UserUUID: u, At: t0.Add(2 * time.Hour)})
			require.NoError(t, err)
			require.EqualValues(t, 80, bal.Available)
			_, err = credits.Capture(ctx, db, credits.CaptureParams{UserUUID: u, HoldKey: "h", Amount: 10, At: t0.Add(3*time.Hour + time.Minute)})
			require.NoError(t, err)
			_, err = credits.Refund(ctx, db, credits.RefundParams{UserUUID: u, ChargeKey: "c1", Amount: 30, At: t0.Add(5 * time.Hour)})
			require.NoError(t, err)
			_, err = credits.ClawBack(ctx, db, credits.ClawBackParams{UserUUID: u, GrantKey: "g2", Total: 50, At: t0.Add(6 * time.Hour)})
			require.NoError(t, err)
			bal, err = credits.Balance(ctx, db, credits.BalanceParams{UserUUID: u, At: t0.Add(6 * time.Hour)})
			require.NoError(t, err)
			t.Logf("%+v", bal)
			outs, err := credits.Post(ctx, db, credits.PostParams{Ops: []credits.Op{
				credits.GrantParams{UserUUID: "7b1f2c3d-0000-4000-8000-000000000002", Amount: 5, Type: "x", At: t0},
				credits.ChargeParams{UserUUID: "7b1f2c3d-0000-4000-8000-000000000002", Amount: 2, At: t0},
				credits.ChargeParams{UserUUID: u, Amount: 2, At: t0},
				credits.ChargeParams{UserUUID: u, Amount: 2000, At: t0},
			}})
			require.NoError(t, err)
			t.Logf("%+v", outs)
			r, err := credits.ExpireDue(ctx, db, credits.ExpireParams{At: t0.AddDate(2, 0, 0)})
			require.NoError(t, err)
			t.Logf("%+v", r)
		})
	}
}
