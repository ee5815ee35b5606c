package transfer

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits/audit"
	"github.com/chameleon-go/chameleon/schema"
)

// RestoreParams configure a restore.
type RestoreParams struct {
	// Models are the tables; chameleon.Restore gives all. Required.
	Models []any
	// Layout is how the tables are pushed.
	Layout schema.Options
	// Replace deletes the rows that the tables hold, in the same transaction.
	Replace bool
	// SkipUnknown skips tables of the archive that are not among the models, instead of
	// refusing the archive.
	SkipUnknown bool
	// NoAudit skips verifying the ledger.
	NoAudit bool
	// MaxBytes limits the uncompressed size of the archive's contents; 1 TiB by default.
	MaxBytes int64
	// MaxSpool limits the temporary file for an archive that is read from a pipe; 64 GiB by
	// default. SpoolDir is its directory, by default the system's for temporary files.
	MaxSpool int64
	SpoolDir string
	// Progress, when set, is called after each batch.
	Progress func(Progress)
}

// RestoreResult describes what was restored. It is plain data, for JSON; String is for
// people.
type RestoreResult struct {
	// Archive describes the archive.
	Archive *ArchiveInfo `json:"archive,omitzero"`
	// Skipped are its tables that are not among the models, and Left its columns that the
	// database lacks.
	Skipped []string     `json:"skipped,omitempty"`
	Left    []LeftColumn `json:"left,omitempty"`
	// Rows is the number of rows written.
	Rows int64 `json:"rows"`
	// Audit is the verification of the ledger, if there was one.
	Audit *audit.VerifyReport `json:"audit,omitzero"`
	Took  time.Duration       `json:"took"`
}

// OK reports whether the ledger was verified without a breach, or not verified.
func (r *RestoreResult) OK() bool { return r.Audit == nil || r.Audit.OK() }

// String describes the result, in several lines.
func (r *RestoreResult) String() string {
	var b strings.Builder
	b.WriteString(r.Archive.String())
	for _, name := range r.Skipped {
		fmt.Fprintf(&b, "%s was skipped: no model has it\n", name)
	}
	leftText(&b, r.Left)
	fmt.Fprintf(&b, "%d rows written\n", r.Rows)
	if r.Audit != nil {
		fmt.Fprintf(&b, "ledger: %d accounts, %d entries, %d breaches\n", r.Audit.Accounts, r.Audit.Entries, r.Audit.BreachCount)
	}
	return b.String()
}

// Restore writes an archive into a database of any engine, all of it or nothing.
//
// The archive is read to its end, including the checksum, before the database is touched.
// If r is an io.Seeker that can seek, it is read twice, starting at its current offset;
// if it is a pipe, it is copied to a temporary file of at most MaxSpool bytes. A file that
// is truncated, altered in any bit, not an archive, of a later version, or followed by
// other data is refused. Then the schema is pushed, and all rows are written in one
// transaction, in which they are read back and compared with the archive's checksums
// before the commit. A failure after the push leaves empty tables.
//
// Tables and columns that the archive, from an older version, does not have are left at
// their defaults.
//
// Errors: an *dialect.InvalidError for invalid models; an *[ArchiveError]; a
// *[NotEmptyError] for a database with rows; a *[ValueError] or a *[RowsError] for a row
// that the database cannot hold; a *[MismatchError] if it alters what it stores; those of
// schema.Push; otherwise a *dialect.Error. No row is written then.
func Restore(ctx context.Context, db *bun.DB, r io.Reader, p RestoreParams) (*RestoreResult, error) {
	tables, err := readModels(db, p.Models)
	if err != nil {
		return nil, err
	}
	m := newMeter(p.Progress)
	m.turn(PhaseCheck, "")
	file, info, err := checked(ctx, r, p, m)
	if err != nil {
		return nil, err
	}
	defer file.close()
	s := &restore{params: p, tables: tables, file: file, meter: m, result: &RestoreResult{Archive: info}}
	m.at.Total = m.at.Done + 2*info.Rows
	if s.to, err = connect(ctx, db); err != nil {
		return nil, err
	}
	defer s.to.close()
	if err := s.run(ctx); err != nil {
		return nil, err
	}
	if !p.NoAudit {
		if s.result.Audit, err = prove(ctx, db, p.Models, m); err != nil {
			return nil, err
		}
	}
	s.result.Took = time.Since(m.started)
	return s.result, nil
}

// restore is one call of Restore, once the archive is checked.
type restore struct {
	params RestoreParams
	tables []*table
	file   *source
	to     *side
	meter  *meter
	result *RestoreResult
}

func (s *restore) run(ctx context.Context) error {
	if err := s.known(); err != nil {
		return err
	}
	if err := s.to.look(ctx, s.to.conn); err != nil {
		return err
	}
	if err := s.empty(ctx, s.to.conn); err != nil {
		return err
	}
	if _, err := s.params.Layout.Push(ctx, s.to.db, s.params.Models...); err != nil {
		return err
	}
	if err := s.to.look(ctx, s.to.conn); err != nil {
		return err
	}
	if err := s.match(); err != nil {
		return err
	}
	return s.to.writing(ctx, s.write)
}

// known refuses tables without a model.
func (s *restore) known() error {
	for _, held := range s.result.Archive.Tables {
		if !slices.ContainsFunc(s.tables, func(t *table) bool { return t.name == held.Table }) {
			s.result.Skipped = append(s.result.Skipped, held.Table)
		}
	}
	if len(s.result.Skipped) > 0 && !s.params.SkipUnknown {
		return malformed("it holds tables that no model has: %q", s.result.Skipped)
	}
	return nil
}

// empty refuses a database with rows.
func (s *restore) empty(ctx context.Context, q bun.IConn) error {
	var e NotEmptyError
	for _, t := range s.tables {
		if s.to.live[t.name] == nil || s.params.Replace {
			continue
		}
		rows, err := s.to.countRows(ctx, q, t.name)
		if err != nil {
			return err
		}
		if rows > 0 {
			e.Tables = append(e.Tables, TableRows{Table: t.name, Rows: rows})
		}
	}
	if len(e.Tables) > 0 {
		return &e
	}
	return nil
}

// match determines which of the columns in the archive are written.
func (s *restore) match() error {
	for _, held := range s.result.Archive.Tables {
		at := slices.IndexFunc(s.tables, func(t *table) bool { return t.name == held.Table })
		if at < 0 {
			continue
		}
		t, from := s.tables[at], &liveTable{}
		for _, c := range held.Columns {
			from.columns = append(from.columns, &liveColumn{name: c.Name, typ: typeOfKind(c.Kind)})
		}
		keys := t.keyColumns()
		for _, c := range t.columns {
			switch found := from.column(c.name); {
			case found == nil && slices.Contains(keys, c.name):
				return malformed("the table %q lacks its key %q", t.name, c.name)
			case found != nil && kindOfType(found.typ) != c.kind && found.typ != "json":
				return malformed("the column %s.%s is no %s", t.name, c.name, c.kind)
			}
		}
		t.columns = slices.DeleteFunc(t.columns, func(c column) bool { return from.column(c.name) == nil })
		t.order(keys)
		s.result.Left = append(s.result.Left, t.match(from, s.to.live[t.name])...)
	}
	return nil
}

// typeOfKind returns a type for which kindOfType returns the kind with that name.
func typeOfKind(name string) string {
	switch name {
	case "int":
		return "bigint"
	case "time":
		return "timestamp"
	case "bool":
		return "boolean"
	}
	return name
}
