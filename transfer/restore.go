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

// RestoreParams say what is restored, and how.
type RestoreParams struct {
	// Models are the tables; chameleon.Restore gives all. Required.
	Models []any
	// Layout is how the tables are pushed.
	Layout schema.Options
	// Replace deletes the rows that the tables hold, in the same transaction.
	Replace bool
	// SkipUnknown leaves out tables of the archive that are not among the models,
	// for which it is refused otherwise.
	SkipUnknown bool
	// NoAudit leaves the proof of the ledger out.
	NoAudit bool
	// MaxBytes bounds what the archive's contents take uncompressed; 1 TiB by default.
	MaxBytes int64
	// MaxSpool bounds what is kept of an archive that comes through a pipe; 64 GiB by
	// default. SpoolDir is where, the system's directory of temporary files by default.
	MaxSpool int64
	SpoolDir string
	// Progress, when set, is told after each batch how far the restore is.
	Progress func(Progress)
}

// RestoreResult is what was restored. It is plain data, for JSON; String is for
// people.
type RestoreResult struct {
	// Archive is what the archive holds.
	Archive *ArchiveInfo `json:"archive,omitzero"`
	// Skipped are tables of it that are not among the models, and Left columns that
	// the database has not.
	Skipped []string     `json:"skipped,omitempty"`
	Left    []LeftColumn `json:"left,omitempty"`
	// Rows were written.
	Rows int64 `json:"rows"`
	// Audit is the proof of the ledger, absent without it.
	Audit *audit.VerifyReport `json:"audit,omitzero"`
	Took  time.Duration       `json:"took"`
}

// OK reports whether the ledger was verified without a breach, or not verified.
func (r *RestoreResult) OK() bool { return r.Audit == nil || r.Audit.OK() }

// String says the result in lines.
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
// The archive is read to its end, checksum included, before the database is touched:
// twice where r is an io.Seeker that can (it begins where it stands), and by way of a
// temporary file of at most MaxSpool bytes where it is a pipe. An archive that is cut
// off, changed in any bit, of something else, of a later version or with something
// behind its end is refused then. Then the schema is pushed, and all rows are written
// in one transaction, read back there, and compared with the archive's checksums
// before it is committed. A failure in between leaves the tables, empty.
//
// A table or column that a newer version of the schema has, and the archive has not,
// is left to its default.
//
// Errors: an *dialect.InvalidError for models that make no sense; an *[ArchiveError];
// a *[NotEmptyError] for a database with rows; a *[ValueError] or a *[RowsError] for
// a row that it cannot hold; a *[MismatchError] where it changes what it is given;
// those of schema.Push; and else a *dialect.Error. No row was written then.
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

// restore is one call of Restore, after the archive was checked.
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

// known refuses tables that no model has.
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

// match settles which columns are written, as the archive's tables have them.
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

// typeOfKind is a type that kindOfType knows as the kind of the name.
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
