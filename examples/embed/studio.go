package main

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/riverqueue/river/rivertype"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"github.com/chameleon-go/chameleon/bridge/pgxtx"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/schema"
)

// studio sells pictures.
type studio struct {
	pool   *pgxpool.Pool
	bridge *pgxtx.Bridge // carries verbs in transactions of the pool
	ledger *bun.DB       // the same pool, for what needs no transaction of ours
	river  *river.Client[pgx.Tx]
}

// picture is a row of the studio's own.
type picture struct {
	Customer, Prompt string
	Price            int64
}

const ownTables = `CREATE TABLE IF NOT EXISTS pictures (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	customer text NOT NULL, prompt text NOT NULL, price bigint NOT NULL,
	status text NOT NULL DEFAULT 'ordered', url text)`

func newStudio(ctx context.Context, pool *pgxpool.Pool, paint painter) (*studio, error) {
	s := &studio{pool: pool, bridge: pgxtx.New(), ledger: bun.NewDB(stdlib.OpenDBFromPool(pool), pgdialect.New())}
	if _, err := schema.Push(ctx, s.ledger, credits.Models()...); err != nil { // the ledger's tables and no others
		return nil, err
	}
	if _, err := pool.Exec(ctx, ownTables); err != nil {
		return nil, err
	}
	migrator, err := rivermigrate.New(riverpgxv5.New(pool), nil)
	if err != nil {
		return nil, err
	}
	if _, err := migrator.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return nil, err
	}
	workers := river.NewWorkers()
	river.AddWorker(workers, &worker{studio: s, paint: paint})
	s.river, err = river.NewClient(riverpgxv5.New(pool), &river.Config{
		Queues:  map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: 2}},
		Workers: workers, RetryPolicy: soon{}, MaxAttempts: 2,
	})
	return s, err
}

// soon tries a job again at once.
type soon struct{}

func (soon) NextRetry(*rivertype.JobRow) time.Time { return time.Now() }

// order writes the row, takes the credits and enqueues the job: all three, or none.
func (s *studio) order(ctx context.Context, p picture) (id int64, err error) {
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, `INSERT INTO pictures (customer, prompt, price) VALUES ($1, $2, $3) RETURNING id`,
			p.Customer, p.Prompt, p.Price).Scan(&id)
		if err != nil {
			return err
		}
		if err := s.charge(ctx, tx, id, p); err != nil {
			return err
		}
		_, err = s.river.InsertTx(ctx, tx, job{Picture: id}, nil)
		return err
	})
	return id, err
}

func (s *studio) charge(ctx context.Context, tx pgx.Tx, id int64, p picture) error {
	return s.bridge.In(ctx, tx, func(ctx context.Context, tx bun.Tx) error {
		_, err := credits.Charge(ctx, tx, credits.ChargeParams{UserUUID: p.Customer, Amount: p.Price, Key: keyOf(id)})
		return err
	})
}

// refund gives the credits of a picture back, once.
func (s *studio) refund(ctx context.Context, tx pgx.Tx, id int64, customer string) error {
	return s.bridge.In(ctx, tx, func(ctx context.Context, tx bun.Tx) error {
		_, err := credits.Refund(ctx, tx, credits.RefundParams{UserUUID: customer, ChargeKey: keyOf(id), Key: keyOf(id) + ":failed"})
		return err
	})
}

// keyOf is the idempotency key of a picture's charge.
func keyOf(id int64) string { return "picture:" + strconv.FormatInt(id, 10) }

var errLate = errors.New("the picture takes too long")

// wait returns how an order ended.
func (s *studio) wait(ctx context.Context, id int64) (status string, err error) {
	for range 600 {
		err := s.pool.QueryRow(ctx, `SELECT status FROM pictures WHERE id = $1`, id).Scan(&status)
		if err != nil || status != "ordered" {
			return status, err
		}
		select {
		case <-ctx.Done():
			return "", ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
	return "", errLate
}
