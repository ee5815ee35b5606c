package main

import (
	"context"
	"fmt"
	"io"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
)

// weighed is how often each piece of work is done to be weighed.
const weighed = 1000

// weigh prints what a piece of work writes and what its rows and indexes take, on
// PostgreSQL, which counts all of it.
func weigh(ctx context.Context, w io.Writer, o options) error {
	o.history = history{}
	s, err := newStage(ctx, dialect.PostgreSQL, 1, o)
	if err != nil {
		return err
	}
	defer func() { _ = s.close() }()
	if err := s.weighLog(ctx, w); err != nil {
		return err
	}
	if err := s.weighColumns(ctx, w); err != nil {
		return err
	}
	return s.weighIndexes(ctx, w)
}

// weighLog prints the write-ahead log of pieces of work. A checkpoint comes first, and
// full pages are left out: how many there are depends on how long ago that was.
func (s *stage) weighLog(ctx context.Context, w io.Writer) error {
	_, _ = fmt.Fprint(w, "\n| Work | WAL, bytes | WAL records |\n|---|---:|---:|\n")
	for _, work := range []struct {
		name string
		do   func(ctx context.Context, i int) error
	}{
		{"Charge by hand", func(ctx context.Context, i int) error { return s.floor.charge(ctx, s.users[i], newKey(), "") }},
		{"Charge", s.charge},
		{"ChargeGeneration by hand", func(ctx context.Context, i int) error { return s.floor.charge(ctx, s.users[i], newKey(), newKey()) }},
		{"ChargeGeneration", s.chargeGeneration},
		{"Grant", s.grant},
		{"Hold and Release", s.hold},
	} {
		bytes, records, err := s.logged(ctx, work.do)
		if err != nil {
			return err
		}
		_, _ = fmt.Fprintf(w, "| %s | %.0f | %.1f |\n", work.name, bytes, records)
	}
	return nil
}

func (s *stage) grant(ctx context.Context, i int) error {
	_, err := credits.Grant(ctx, s.library, credits.GrantParams{
		UserUUID: s.users[i], Amount: 1, Type: credits.TypeSystemAdd, Key: newKey(),
	})
	return err
}

// logged does the work over and over and returns what a piece of it logged.
func (s *stage) logged(ctx context.Context, do func(ctx context.Context, i int) error) (bytes, records float64, err error) {
	var before, after struct{ Bytes, Records float64 }
	read := func(into any) error {
		return s.library.NewRaw("SELECT (wal_bytes - wal_fpi * current_setting('block_size')::bigint)::float8 AS bytes, wal_records::float8 AS records "+
			"FROM (SELECT pg_stat_force_next_flush()) AS f, pg_stat_wal").Scan(ctx, into)
	}
	for i := range 100 { // statements are prepared, pages are touched
		if err := do(ctx, i%len(s.users)); err != nil {
			return 0, 0, err
		}
	}
	if _, err := s.library.ExecContext(ctx, "CHECKPOINT"); err != nil {
		return 0, 0, err
	}
	if err := read(&before); err != nil {
		return 0, 0, err
	}
	for i := range weighed {
		if err := do(ctx, i%len(s.users)); err != nil {
			return 0, 0, err
		}
	}
	err = read(&after)
	return (after.Bytes - before.Bytes) / weighed, (after.Records - before.Records) / weighed, err
}

// weighColumns prints what the columns of a table take of a row.
func (s *stage) weighColumns(ctx context.Context, w io.Writer) error {
	for _, table := range []string{"credits", "credits_trans", "credits_lots", "generations"} {
		var columns []string
		err := s.library.NewRaw("SELECT column_name FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = ? "+
			"ORDER BY ordinal_position", table).Scan(ctx, &columns)
		if err != nil {
			return err
		}
		_, _ = fmt.Fprintf(w, "\n| %s | Bytes a row |\n|---|---:|\n", table)
		for _, column := range columns {
			var bytes float64
			err := s.library.NewRaw("SELECT COALESCE(AVG(COALESCE(pg_column_size(?), 0)), 0) FROM ?", bun.Ident(column), bun.Ident(table)).Scan(ctx, &bytes)
			if err != nil {
				return err
			}
			if bytes > 0 {
				_, _ = fmt.Fprintf(w, "| %s | %.1f |\n", column, bytes)
			}
		}
	}
	return nil
}

// weighIndexes prints what tables and their indexes take on disk, for each row.
func (s *stage) weighIndexes(ctx context.Context, w io.Writer) error {
	var found []struct {
		Relation string
		Rows     int64
		Bytes    float64
	}
	err := s.library.NewRaw(`SELECT i.relname AS relation, s.n_live_tup AS rows, pg_relation_size(i.oid)::float8 AS bytes
FROM pg_stat_user_tables AS s JOIN pg_class AS i ON i.oid = s.relid OR i.oid IN (SELECT indexrelid FROM pg_index WHERE indrelid = s.relid)
WHERE s.n_live_tup >= ? ORDER BY s.relname, i.relkind DESC, i.relname`, weighed).Scan(ctx, &found)
	if err != nil {
		return err
	}
	_, _ = fmt.Fprint(w, "\n| Table or index | Rows | Bytes a row |\n|---|---:|---:|\n")
	for _, f := range found {
		_, _ = fmt.Fprintf(w, "| %s | %d | %.0f |\n", f.Relation, f.Rows, f.Bytes/float64(f.Rows))
	}
	return nil
}
