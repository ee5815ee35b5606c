package transfer

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/uptrace/bun"
)

// BackupParams configure a backup.
type BackupParams struct {
	// Models are the tables; chameleon.Backup gives all. Required.
	Models []any
	// Progress, when set, is called after each batch.
	Progress func(Progress)
}

// BackupResult is what a backup wrote. It is plain data, for JSON; String is for
// people.
type BackupResult struct {
	// Tables are in the order of the file.
	Tables []ArchiveTable `json:"tables,omitempty"`
	// Left are columns that are not in the archive because they hold binary
	// data.
	Left []LeftColumn `json:"left,omitempty"`
	Rows int64        `json:"rows"`
	// Bytes is the length of the file.
	Bytes int64         `json:"bytes"`
	Took  time.Duration `json:"took"`
}

// String describes the result, in several lines.
func (r *BackupResult) String() string {
	var b strings.Builder
	for _, t := range r.Tables {
		fmt.Fprintf(&b, "%s: %d rows, %s\n", t.Table, t.Rows, t.Checksum)
	}
	for _, l := range r.Left {
		fmt.Fprintf(&b, "%s.%s (%s) is not in the archive\n", l.Table, l.Column, l.Type)
	}
	fmt.Fprintf(&b, "%d rows in %d bytes\n", r.Rows, r.Bytes)
	return b.String()
}

// Backup writes the tables of models to w, as an archive that any engine can restore
// (docs/archive-format.md), from one snapshot (see the package documentation) while
// the application keeps running. It streams rows and writes w sequentially, so w may
// be a pipe; memory use does not grow with the database.
//
// Restore refuses an incomplete archive: keep one only once Backup has returned
// without an error and w has been closed or synchronized. It contains everything
// in the database and is not encrypted; to encrypt it, wrap w.
//
// Errors: an *dialect.InvalidError for models that make no sense; a *[SchemaError]
// for a database that is not pushed; a *[ValueError] for a row of more than 64 MiB
// or a value that is none of its column's kind; the error of w; and else a
// *dialect.Error.
func Backup(ctx context.Context, db *bun.DB, w io.Writer, p BackupParams) (*BackupResult, error) {
	tables, err := readModels(db, p.Models)
	if err != nil {
		return nil, err
	}
	from, err := connect(ctx, db)
	if err != nil {
		return nil, err
	}
	defer from.close()
	b := &backup{from: from, tables: tables, meter: newMeter(p.Progress), result: &BackupResult{}}
	if b.out, err = newArchiveWriter(w); err != nil {
		return nil, err
	}
	if err := from.reading(ctx, func(tx bun.Tx) error { return b.run(ctx, tx) }); err != nil {
		return nil, err
	}
	if err := b.out.close(len(tables), b.result.Rows); err != nil {
		return nil, err
	}
	b.result.Bytes, b.result.Took = b.out.bytes, time.Since(b.meter.started)
	return b.result, nil
}

// backup is one call of Backup.
type backup struct {
	from   *side
	tables []*table
	out    *archiveWriter
	meter  *meter
	result *BackupResult
}

func (b *backup) run(ctx context.Context, tx bun.Tx) error {
	if err := b.from.look(ctx, tx); err != nil {
		return err
	}
	if missing := lacking(b.tables, b.from.live); len(missing) > 0 {
		return &SchemaError{Missing: missing}
	}
	header := headerFrame{CreatedAt: b.meter.started.UTC().Truncate(time.Microsecond), Engine: string(b.from.caps.Engine)}
	if err := b.out.json(frameHeader, header); err != nil {
		return err
	}
	for _, t := range b.tables {
		live := b.from.live[t.name]
		b.result.Left = append(b.result.Left, t.match(live, live)...)
		rows, err := b.from.countRows(ctx, tx, t.name)
		if err != nil {
			return err
		}
		b.meter.at.Total += rows
	}
	for _, t := range b.tables {
		if err := b.table(ctx, tx, t); err != nil {
			return err
		}
	}
	return nil
}

func (b *backup) table(ctx context.Context, tx bun.Tx, t *table) error {
	b.meter.turn(PhaseBackup, t.name)
	if err := b.out.table(t); err != nil {
		return err
	}
	rows, err := b.from.open(ctx, tx, t, part{})
	if err != nil {
		return err
	}
	defer rows.close()
	var d digest
	for {
		row, err := rows.next()
		if err != nil {
			return err
		}
		if row == nil {
			break
		}
		if size := sizeOf(row); size > maxRowBytes {
			return &ValueError{
				Table: t.name, Key: t.keyText(row), Column: t.columns[0].name,
				Problem: fmt.Sprintf("its row takes %d bytes, and an archive's at most %d", size, maxRowBytes),
			}
		}
		d.add(t, row)
		if err := b.out.row(t, row); err != nil {
			return err
		}
		if d.rows%batchRows == 0 {
			b.meter.step(batchRows)
		}
	}
	b.meter.step(d.rows % batchRows)
	b.result.Rows += d.rows
	b.result.Tables = append(b.result.Tables, ArchiveTable{Table: t.name, Rows: d.rows, Checksum: d.String()})
	return b.out.end(&d)
}
