package schema

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"
)

// RecordTable is the table in which pushes are recorded. The first push that changes
// anything creates it.
const RecordTable = "chameleon_pushes"

// State is how far a push has come.
type State string

// The states of a push. An undone push stays on record while another one is in effect.
const (
	// Unfinished: it is running, or it died or failed. The next push continues it.
	Unfinished State = "unfinished"
	// Done: all changes are made.
	Done State = "done"
	// Undoing: an undo is running, or it died or failed. The next undo continues it.
	Undoing State = "undoing"
	// Undone: its changes are reversed.
	Undone State = "undone"
)

// Pushed is a recorded push.
type Pushed struct {
	// ID numbers pushes in the order in which they began.
	ID int64 `json:"id"`
	// Version is the version of the module that pushed, "(devel)" for a program
	// built inside it.
	Version string `json:"version"`
	// State is how far it got.
	State State `json:"state"`
	// Changes are all planned changes, of which the first Made have been made.
	Changes []Change `json:"changes,omitempty"`
	Made    int      `json:"made"`
	// Problem is the last failure, if it could still be recorded.
	Problem string `json:"problem,omitempty"`
	// StartedAt is when it began, EndedAt when it was completed or undone.
	StartedAt time.Time `json:"started_at,omitzero"`
	EndedAt   time.Time `json:"ended_at,omitzero"`
}

// record is a row of the table.
type record struct {
	bun.BaseModel `bun:"table:chameleon_pushes"`

	ID        int64  `bun:"id,pk,type:bigint"`
	Version   string `bun:"version,notnull,type:varchar(255)"`
	State     string `bun:"state,notnull,type:varchar(20)"`
	Made      int64  `bun:"made,notnull,default:0,type:bigint"`
	Changes   string `bun:"changes,notnull,type:text"`
	Problem   string `bun:"problem,nullzero,type:text"`
	StartedUS int64  `bun:"started_us,notnull,default:0,type:bigint"`
	EndedUS   int64  `bun:"ended_us,notnull,default:0,type:bigint"`
}

// Marks implements dialect.Marked.
func (*record) Marks() []string { return []string{"id", "version", "state", "made", "changes"} }

// recordTable is the table as a push creates it.
func recordTable(db bun.IDB) (modelTable, error) {
	return readTable(db.Dialect().Tables().Get(reflect.TypeFor[*record]()), (*record)(nil))
}

// journal reads and writes the table of pushes.
type journal struct {
	eng engine
	q   bun.IConn
}

func (j journal) table() string { return j.eng.quote(RecordTable) }

// last returns the latest push that is not undone, nil for none.
func (j journal) last(ctx context.Context) (*Pushed, error) {
	all, err := j.list(ctx, "WHERE state <> '"+string(Undone)+"' ORDER BY id DESC LIMIT 1")
	if err != nil || len(all) == 0 {
		return nil, err
	}
	return all[0], nil
}

func (j journal) list(ctx context.Context, which string) ([]*Pushed, error) {
	var all []*Pushed
	query := "SELECT id, version, state, made, changes, problem, started_us, ended_us FROM " + j.table() + " " + which
	err := each(ctx, j.q, query, nil, func(rows *sql.Rows) error {
		var p Pushed
		var changes string
		var problem sql.NullString
		var started, ended int64
		if err := rows.Scan(&p.ID, &p.Version, &p.State, &p.Made, &changes, &problem, &started, &ended); err != nil {
			return err
		}
		if err := json.Unmarshal([]byte(changes), &p.Changes); err != nil {
			return fmt.Errorf("schema: the changes of push %d cannot be read: %w", p.ID, err)
		}
		if p.Made < 0 || p.Made > len(p.Changes) {
			return fmt.Errorf("schema: push %d has made %d of %d changes", p.ID, p.Made, len(p.Changes))
		}
		p.Problem, p.StartedAt = problem.String, time.UnixMicro(started).UTC()
		if ended > 0 {
			p.EndedAt = time.UnixMicro(ended).UTC()
		}
		all = append(all, &p)
		return nil
	})
	return all, err
}

// begin records a push before its first change, under the next number.
func (j journal) begin(ctx context.Context, p *Pushed) error {
	last, err := number(ctx, j.q, "SELECT COALESCE(MAX(id), 0) FROM "+j.table())
	if err != nil {
		return err
	}
	p.ID = last + 1
	changes, err := json.Marshal(p.Changes)
	if err != nil {
		return err
	}
	return j.exec(ctx, "INSERT INTO "+j.table()+" (id, version, state, made, changes, started_us) VALUES (%s, %s, %s, %s, %s, %s)",
		p.ID, p.Version, string(p.State), p.Made, string(changes), p.StartedAt.UnixMicro())
}

// save writes everything about a push that may have changed.
func (j journal) save(ctx context.Context, p *Pushed) error {
	changes, err := json.Marshal(p.Changes)
	if err != nil {
		return err
	}
	var problem sql.NullString
	if problem.Valid = p.Problem != ""; problem.Valid {
		problem.String = p.Problem
	}
	var ended int64
	if !p.EndedAt.IsZero() {
		ended = p.EndedAt.UnixMicro()
	}
	return j.exec(ctx, "UPDATE "+j.table()+" SET version = %s, state = %s, made = %s, changes = %s, problem = %s, ended_us = %s WHERE id = %s",
		p.Version, string(p.State), p.Made, string(changes), problem, ended, p.ID)
}

// progress records how far a push has got.
func (j journal) progress(ctx context.Context, p *Pushed) error {
	return j.exec(ctx, "UPDATE "+j.table()+" SET made = %s WHERE id = %s", p.Made, p.ID)
}

// exec runs a statement in which each %s stands for an argument.
func (j journal) exec(ctx context.Context, statement string, args ...any) error {
	marks := make([]any, len(args))
	for i := range args {
		marks[i] = j.eng.mark(i)
	}
	_, err := j.q.ExecContext(ctx, fmt.Sprintf(statement, marks...), args...)
	return err
}

// exists reports whether what a change adds exists.
func (c *Change) exists(eng engine, found live) bool {
	table := found[wanted(eng, c.Table)]
	switch {
	case table == nil:
		return false
	case c.Kind == AddColumns:
		return len(c.Columns) > 0 && table.hasColumn(eng, c.Columns[0])
	case c.Kind == AddIndex:
		return slices.ContainsFunc(table.indexes, func(idx *liveIndex) bool {
			return eng.sameName(idx.name, c.Index) && idx.broken == ""
		})
	}
	return true
}

// wanted returns the name by which inspect knows a table: SQLite's ignore case.
func wanted(eng engine, table string) string {
	if _, ok := eng.(sqliteEngine); ok {
		return strings.ToLower(table)
	}
	return table
}

// tablesOf returns the tables of changes, to be looked up by name.
func tablesOf(eng engine, changes []Change) []modelTable {
	var tables []modelTable
	for _, c := range changes {
		name := wanted(eng, c.Table)
		if !slices.ContainsFunc(tables, func(t modelTable) bool { return t.Name == name }) {
			tables = append(tables, modelTable{Name: name})
		}
	}
	return tables
}

// settle finds out how far an unfinished push got: the change after the last recorded one
// may have been made before the push died. whole means that nothing is missing.
func (j journal) settle(ctx context.Context, p *Pushed) (whole bool, err error) {
	found, err := j.eng.inspect(ctx, j.q, tablesOf(j.eng, p.Changes))
	if err != nil {
		return false, err
	}
	if p.Made < len(p.Changes) && p.Changes[p.Made].exists(j.eng, found) {
		p.Made++
	}
	return p.State == Unfinished &&
		!slices.ContainsFunc(p.Changes, func(c Change) bool { return !c.exists(j.eng, found) }), nil
}
