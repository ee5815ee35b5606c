package main

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/chameleon-go/chameleon/dialect"
)

// mysqlFloor sends one packet of statements. What carries the outcome from one to
// the next is a variable of the session.
type mysqlFloor struct {
	reads

	db *sql.DB
}

func openMySQL(_ dialect.Engine, at string, conns int) (*mysqlFloor, error) {
	u, err := url.Parse(at)
	if err != nil {
		return nil, errors.New("the server's URL cannot be parsed")
	}
	config := mysql.NewConfig()
	config.Net, config.Addr, config.DBName = "tcp", u.Host, strings.TrimPrefix(u.Path, "/")
	config.User = u.User.Username()
	config.Passwd, _ = u.User.Password()
	config.TLSConfig = "preferred" // as the library's handle
	config.MultiStatements, config.InterpolateParams, config.ParseTime, config.Loc = true, true, true, time.UTC
	connector, err := mysql.NewConnector(config)
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(connector)
	db.SetMaxOpenConns(conns)
	db.SetMaxIdleConns(conns)
	return &mysqlFloor{db: db}, nil
}

func (f *mysqlFloor) prepare(ctx context.Context, users []string) error {
	err := prepareSQL(ctx, f.db, sqlTables("bigint AUTO_INCREMENT PRIMARY KEY", "datetime(6)"), users)
	if err == nil {
		f.reads, err = prepareReads(ctx, f.db)
	}
	return err
}

const (
	mysqlTake = "SET @left = NULL;START TRANSACTION;" +
		"UPDATE floor_acct SET left_credits = @left := left_credits - ? WHERE user_uuid = ? AND left_credits >= ?;"
	mysqlGen = `INSERT INTO floor_gen (gen_id, user_uuid, ai_type, provider, model, prompt, status, cost, created_at)
	SELECT ?, ?, 'image', 'openai', 'dall-e-3', ?, 'pending', ?, ? FROM DUAL WHERE @left IS NOT NULL;`
	mysqlEntry = `INSERT INTO floor_entry (user_uuid, k, credits, balance, created_at)
	SELECT ?, ?, ?, @left, ? FROM DUAL WHERE @left IS NOT NULL;COMMIT;SELECT @left`
)

func (f *mysqlFloor) charge(ctx context.Context, user, key, gen string) error {
	text, args, at := mysqlTake, []any{1, user, 1}, now()
	if gen != "" {
		text, args = text+mysqlGen, append(args, gen, user, prompt, 1, at)
	}
	answer, err := f.db.QueryContext(ctx, text+mysqlEntry, append(args, user, key, -1, at)...)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Close() }()
	var left *int64
	for more := true; more; more = answer.NextResultSet() {
		for answer.Next() {
			if err := answer.Scan(&left); err != nil {
				return err
			}
		}
	}
	if left == nil {
		return errors.Join(errRefused, answer.Err())
	}
	return answer.Err()
}

func (f *mysqlFloor) close() error { return f.db.Close() }
