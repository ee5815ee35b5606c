package schema

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
)

// ErrNothingPushed means that there is no recorded push to undo: there was none, or
// it was made before pushes were recorded, or by another tool.
var ErrNothingPushed = errors.New("no push is recorded that could be undone")

// UndoParams configure an undo.
type UndoParams struct {
	// Force also drops what contains rows or values. Foreign objects are never dropped.
	Force bool
	// DryRun reports what would be run and what would be lost, and does nothing.
	DryRun bool
	// LockWait and Patience are those of [Options].
	LockWait, Patience time.Duration

	cuts func(change int, after bool) error
}

// UndoResult describes what an undo did, or would do.
type UndoResult struct {
	// Push is the push that was undone, as it was recorded before.
	Push *Pushed `json:"push,omitzero"`
	// Statements were run, or would be, in this order. If there is an error, they are those
	// that cannot be rolled back.
	Statements []string `json:"statements,omitempty"`
	// Lost are the rows and values that were dropped with them.
	Lost []Loss `json:"lost,omitempty"`
}

// Loss counts what would be lost with a table or a column.
type Loss struct {
	Table string `json:"table"`
	// Column is empty for the table as a whole.
	Column string `json:"column,omitempty"`
	// Rows is the number of rows in the table, or of those whose value in the
	// column is not the default.
	Rows int64 `json:"rows"`
}

// Undo reverses the last push that is recorded and not undone: it drops the tables,
// columns and indexes that this push made, and nothing else. An unfinished push is undone as
// far as it got. The record is dropped with the last push in it.
//
// Tables with rows, and added columns with values, are dropped only with Force. They are
// locked while they are counted and dropped. If foreign objects depend on what would be
// dropped (a column, an index, a foreign key, a view), the undo does not begin, even with
// Force.
//
// On PostgreSQL and SQLite an undo happens completely or not at all, even in a caller's
// transaction. MySQL and MariaDB commit each statement: an undo that fails there returns
// what it has done with the error, and the next one continues.
//
// Errors, after which nothing is written: [ErrNothingPushed]; a *[LossError]; a
// *[DependentsError]; a *[RightsError]; a *[ForeignTablesError] if a foreign table has the
// name RecordTable; an *dialect.InvalidError for a transaction on MySQL or MariaDB.
// Otherwise a *[PushError] or *dialect.Error.
func Undo(ctx context.Context, db bun.IDB, p UndoParams) (*UndoResult, error) {
	name := dialect.Of(db).Engine
	eng, err := engineOf(name)
	if err != nil {
		return &UndoResult{}, err
	}
	records, err := recordTable(db)
	if err != nil {
		return &UndoResult{}, err
	}
	u := &undoer{name: name, eng: eng, records: records, p: p}
	never := func(context.Context) (bool, error) { return false, nil }
	w := Options{LockWait: p.LockWait, Patience: p.Patience}.waits()
	err = eng.locked(ctx, db, w, never, u.run)
	if err != nil && !p.DryRun && eng.rollsBack() {
		u.result.Statements = nil
	}
	return &u.result, explain(name, err)
}

// undoer is an undo in progress.
type undoer struct {
	name    dialect.Engine
	eng     engine
	records modelTable
	p       UndoParams
	result  UndoResult
}

// run checks everything and then begins.
func (u *undoer) run(ctx context.Context, s *site) error {
	u.result = UndoResult{Statements: u.result.Statements}
	if u.eng.rollsBack() {
		u.result.Statements = nil
	}
	j := journal{u.eng, s.q}
	push, err := u.last(ctx, j)
	if err != nil {
		return err
	}
	u.result.Push = push
	tables := tablesOf(u.eng, push.Changes)
	found, err := u.eng.inspect(ctx, s.q, tables)
	if err != nil {
		return err
	}
	gone := droppedBy(u.eng, push, found)
	if err := u.allowed(ctx, s.q, gone, found); err != nil {
		return err
	}
	if err := u.loss(ctx, s.q, gone); err != nil {
		return err
	}
	if u.p.DryRun {
		for _, c := range slices.Backward(push.Changes[:push.Made]) {
			u.result.Statements = append(u.result.Statements, c.reverse(u.eng, found)...)
		}
		return nil
	}
	unlock, err := u.lock(ctx, s.q, gone)
	if err != nil {
		return err
	}
	defer unlock()
	if err := u.loss(ctx, s.q, gone); err != nil { // nobody writes from here on
		return err
	}
	return u.reverse(ctx, j, push, found)
}

// last returns the push to undo.
func (u *undoer) last(ctx context.Context, j journal) (*Pushed, error) {
	found, err := u.eng.inspect(ctx, j.q, []modelTable{u.records})
	if err != nil {
		return nil, err
	}
	if found[RecordTable] == nil {
		return nil, ErrNothingPushed
	}
	if err := foreign(u.eng, found, []modelTable{u.records}); err != nil {
		return nil, err
	}
	push, err := j.last(ctx)
	if err != nil {
		return nil, err
	}
	if push == nil {
		return nil, ErrNothingPushed
	}
	if push.State == Unfinished {
		_, err = j.settle(ctx, push)
	}
	return push, err
}

// allowed returns what prevents the undo, except for what would be lost.
func (u *undoer) allowed(ctx context.Context, q bun.IConn, gone dropped, found live) error {
	objects, err := u.eng.dependents(ctx, q, gone)
	if err != nil {
		return err
	}
	objects = append(attached(u.eng, gone, found), objects...)
	if len(objects) > 0 {
		return &DependentsError{Push: u.result.Push.ID, Objects: objects}
	}
	needs := []need{{what: toLock}, {toRecord, RecordTable}}
	for _, t := range gone {
		what := toAlter
		if t.whole {
			what = toDrop
		}
		needs = append(needs, need{what, t.name})
	}
	rights, err := u.eng.rights(ctx, q, needs)
	if err != nil {
		return err
	}
	return refuse(u.name, rights)
}

// reverse runs the statements and records each if it cannot be rolled back.
func (u *undoer) reverse(ctx context.Context, j journal, push *Pushed, found live) error {
	recorded := *push
	u.result.Push = &recorded
	push.State = Undoing
	if err := j.save(ctx, push); err != nil {
		return err
	}
	cut := Options{cuts: u.p.cuts}.cut
	for push.Made > 0 {
		c := push.Changes[push.Made-1]
		if err := cut(push.Made-1, false); err != nil {
			return err
		}
		for _, statement := range c.reverse(u.eng, found) {
			if _, err := j.q.ExecContext(ctx, statement); err != nil {
				return &PushError{Table: c.Table, Statement: statement, Undo: true, Err: explain(u.name, err)}
			}
			u.result.Statements = append(u.result.Statements, statement)
		}
		if err := cut(push.Made-1, true); err != nil {
			return err
		}
		push.Made--
		if u.eng.rollsBack() {
			continue
		}
		if err := j.progress(ctx, push); err != nil {
			return err
		}
	}
	if err := j.end(ctx, push, Undone); err != nil {
		return err
	}
	return u.forget(ctx, j)
}

// forget drops the record with the last push in it.
func (u *undoer) forget(ctx context.Context, j journal) error {
	stands, err := j.last(ctx)
	if err != nil || stands != nil {
		return err
	}
	statement := "DROP TABLE " + j.table()
	if _, err := j.q.ExecContext(ctx, statement); err != nil {
		return err
	}
	u.result.Statements = append(u.result.Statements, statement)
	return nil
}

// reverse returns the statements that reverse the change, as far as it still exists.
func (c *Change) reverse(eng engine, found live) []string {
	table := found[wanted(eng, c.Table)]
	if table == nil || c.Kind != AddColumns && !c.exists(eng, found) {
		return nil
	}
	if c.Kind != AddColumns {
		return c.Reverse
	}
	gone := slices.DeleteFunc(slices.Clone(c.Columns), func(name string) bool { return table.hasColumn(eng, name) })
	if len(gone) == 0 {
		return c.Reverse
	}
	var drop []string
	for _, name := range slices.Backward(c.Columns) {
		if !slices.Contains(gone, name) {
			drop = append(drop, "DROP COLUMN "+eng.quote(name))
		}
	}
	if len(drop) == 0 {
		return nil
	}
	return []string{"ALTER TABLE " + eng.quote(c.Table) + " " + strings.Join(drop, ", ")}
}

// lock prevents writes to what is dropped, until the transaction ends or until unlock.
func (u *undoer) lock(ctx context.Context, q bun.IConn, gone dropped) (unlock func(), err error) {
	statement, end := u.eng.lockTables(append(gone.names(), RecordTable))
	if statement == "" {
		return func() {}, nil
	}
	_, err = q.ExecContext(ctx, statement)
	return func() {
		if end == "" {
			return
		}
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), dialect.CleanupLimit)
		defer cancel()
		_, _ = q.ExecContext(ctx, end)
	}, err
}

// loss counts what would be lost, and refuses to lose it without Force.
func (u *undoer) loss(ctx context.Context, q bun.IConn, gone dropped) error {
	u.result.Lost = nil
	for _, t := range gone {
		lost, err := t.lost(ctx, u.eng, q)
		if err != nil {
			return err
		}
		u.result.Lost = append(u.result.Lost, lost...)
	}
	if len(u.result.Lost) == 0 || u.p.Force || u.p.DryRun {
		return nil
	}
	return &LossError{Push: u.result.Push.ID, Lost: u.result.Lost}
}

// lost counts the table's rows, or the values of its columns other than the default.
func (t droppedTable) lost(ctx context.Context, eng engine, q bun.IConn) (lost []Loss, err error) {
	from := " FROM " + eng.quote(t.name)
	if t.whole {
		rows, err := number(ctx, q, "SELECT COUNT(*)"+from)
		if rows > 0 {
			lost = append(lost, Loss{Table: t.name, Rows: rows})
		}
		return lost, err
	}
	if len(t.columns) == 0 {
		return nil, nil
	}
	sums := make([]string, len(t.columns))
	counts := make([]int64, len(t.columns))
	targets := make([]any, len(t.columns))
	for i, column := range t.columns {
		differs := eng.quote(column) + " IS NOT NULL"
		if preset := t.defaults[i]; preset != "" {
			differs = fmt.Sprintf("%[1]s IS NULL OR %[1]s <> %[2]s", eng.quote(column), preset)
		}
		sums[i], targets[i] = "COALESCE(SUM(CASE WHEN "+differs+" THEN 1 ELSE 0 END), 0)", &counts[i]
	}
	if err := q.QueryRowContext(ctx, "SELECT "+strings.Join(sums, ", ")+from).Scan(targets...); err != nil {
		return nil, err
	}
	for i, n := range counts {
		if n > 0 {
			lost = append(lost, Loss{Table: t.name, Column: t.columns[i], Rows: n})
		}
	}
	return lost, nil
}
