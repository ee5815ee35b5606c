package main

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
)

// job asks for a picture that was paid for.
type job struct {
	Picture int64 `json:"picture"`
}

// Kind names the job to River.
func (job) Kind() string { return "picture" }

// painter makes a picture of a prompt.
type painter func(ctx context.Context, prompt string) (url string, err error)

type worker struct {
	river.WorkerDefaults[job]

	studio *studio
	paint  painter
}

// Work makes a picture outside any transaction, and then ends the row, the credits and
// the job in one. What is lost between the two is done again by River.
func (w *worker) Work(ctx context.Context, j *river.Job[job]) error {
	var customer, prompt string
	err := w.studio.pool.QueryRow(ctx, `SELECT customer, prompt FROM pictures WHERE id = $1`, j.Args.Picture).Scan(&customer, &prompt)
	if err != nil {
		return err
	}
	url, failure := w.paint(ctx, prompt)
	if failure != nil && j.Attempt < j.MaxAttempts {
		return failure // River tries again
	}
	return pgx.BeginFunc(ctx, w.studio.pool, func(tx pgx.Tx) error {
		status := "made"
		if failure != nil {
			status = "failed: " + failure.Error()
			if err := w.studio.refund(ctx, tx, j.Args.Picture, customer); err != nil {
				return err
			}
		}
		_, err := tx.Exec(ctx, `UPDATE pictures SET status = $2, url = $3 WHERE id = $1`, j.Args.Picture, status, url)
		if err != nil {
			return err
		}
		_, err = river.JobCompleteTx[*riverpgxv5.Driver](ctx, tx, j)
		return err
	})
}
