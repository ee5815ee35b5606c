package transfer

import (
	"context"
	"math"
	"slices"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/internal/valid"
	"github.com/chameleon-go/chameleon/schema"
)

// CopyParams configure a copy.
type CopyParams struct {
	// Models are the tables; chameleon.Copy gives all. Required.
	Models []any
	// Layout is how the target's tables are pushed. The source's layout may
	// differ.
	Layout schema.Options
	// Live leaves the copy open: the application continues to use the source, and
	// another call transfers what changed in the meantime. The last call, without
	// Live, ends the copy; from then on the target is independent.
	Live bool
	// Quick compares history (credits_trans) that was copied before by the engines'
	// counts of each range of IDs, and reads only ranges that differ. It is for the
	// last call on a large database, while the application is stopped, after a call
	// that compared everything.
	Quick bool
	// Replace allows a target that has rows: rows that the source does not have are
	// deleted.
	Replace bool
	// NoAudit skips verifying the target's ledger, for a last call while the
	// application is stopped; run audit.Verify afterwards.
	NoAudit bool
	// Progress, when set, is called after each batch.
	Progress func(Progress)
}

// Copy copies the tables of one database to another, on any engine, with all of
// their rows, from one snapshot of the source (see the package documentation). It
// pushes the target's schema first; the source's must be that of this version.
//
// Whatever interrupts a copy (a kill, a lost connection, ctx), calling again
// continues it: the transactions that write rows record their progress in the
// target's table chameleon_copy. The next call uses a new snapshot, so it also
// compares what was copied before. Without Live, the table is dropped at the end.
//
// To switch engines while the application runs:
//
//	Copy(ctx, from, to, CopyParams{Live: true})               // hours, for all it matters
//	Copy(ctx, from, to, CopyParams{Live: true})               // what changed meanwhile
//	// stop the application
//	Copy(ctx, from, to, CopyParams{Quick: true, NoAudit: true}) // seconds: reads what can change
//	// start it on the target
//
// If a table is already filled, a call reads both sides in key order and applies
// the differences: rows that were added, removed or changed, whatever their IDs and
// whenever they were committed. Quick skips the rows of history, which are only
// ever added.
//
// Each table is read back from the target and verified by its number of rows and
// its checksum; then the ledger is verified by audit.Verify, if its tables are
// among the models. A breach is not an error, since the source's ledger has it
// too.
//
// The target's handle needs two connections, except on SQLite.
//
// Errors: an *dialect.InvalidError for params that make no sense, and for one database as
// both sides, under whatever two names; a *[NotEmptyError]
// for a target with rows; a *[SchemaError] for a source that is not pushed; a
// *[ValueError] or a *[RowsError] for a row that the target cannot hold; a
// *[MismatchError] where something else writes to the target; [ErrBusy] for two
// copies at once; those of schema.Push; and else a *dialect.Error. What was copied
// stays, and calling again goes on.
func Copy(ctx context.Context, from, to *bun.DB, p CopyParams) (*CopyResult, error) {
	if from == to {
		return nil, valid.Failf("to", "is the source itself")
	}
	tables, err := readModels(to, p.Models)
	if err != nil {
		return nil, err
	}
	c := &copier{params: p, tables: tables, done: map[string]*CopiedTable{}, meter: newMeter(p.Progress)}
	if c.from, err = connect(ctx, from); err != nil {
		return nil, err
	}
	defer c.from.close()
	if c.to, err = connect(ctx, to); err != nil {
		return nil, err
	}
	defer c.to.close()
	if err := apart(ctx, c.from, c.to); err != nil {
		return nil, err
	}
	err = c.from.reading(ctx, func(tx bun.Tx) error {
		c.snapshot = tx
		return c.run(ctx)
	})
	if err != nil {
		return nil, err
	}
	return c.end(ctx)
}

// copier is one call of Copy.
type copier struct {
	params   CopyParams
	tables   []*table
	from, to *side
	snapshot bun.Tx
	states   map[string]*state
	done     map[string]*CopiedTable
	left     []LeftColumn
	meter    *meter
}

// run transfers all tables from the snapshot.
func (c *copier) run(ctx context.Context) error {
	if err := c.prepare(ctx); err != nil {
		return err
	}
	for _, t := range c.tables {
		rows, err := c.from.countRows(ctx, c.snapshot, t.name)
		if err != nil {
			return err
		}
		c.done[t.name] = &CopiedTable{Table: t.name, Rows: rows}
		c.meter.at.Total += 2 * rows
	}
	for _, t := range c.tables {
		if err := c.table(ctx, t); err != nil {
			return err
		}
		if err := c.to.number(ctx, c.to.conn, t); err != nil {
			return err
		}
	}
	return c.push(ctx, false)
}

// prepare examines both sides, creates the target's tables, and marks them as this copy's.
func (c *copier) prepare(ctx context.Context) error {
	if err := c.from.look(ctx, c.snapshot); err != nil {
		return err
	}
	if missing := lacking(c.tables, c.from.live); len(missing) > 0 {
		return &SchemaError{Missing: missing}
	}
	if err := c.to.look(ctx, c.to.conn); err != nil {
		return err
	}
	states, err := c.to.readStates(ctx)
	if err != nil {
		return err
	}
	filled, err := c.occupied(ctx, states)
	if err != nil {
		return err
	}
	if err := c.push(ctx, true); err != nil {
		return err
	}
	if err := c.to.look(ctx, c.to.conn); err != nil {
		return err
	}
	for _, t := range c.tables {
		c.left = append(c.left, t.match(c.from.live[t.name], c.to.live[t.name])...)
	}
	return c.mark(ctx, states, filled)
}

// push creates the target's tables without indexes, so that they are filled faster. A
// table that has indexes keeps them.
func (c *copier) push(ctx context.Context, noIndexes bool) error {
	layout := c.params.Layout
	layout.NoIndexes = noIndexes
	if layout.LargeTable == 0 {
		// Nobody writes there, and a concurrent build would wait for the snapshot if both
		// sides are schemas of one database.
		layout.LargeTable = math.MaxInt64
	}
	_, err := layout.Push(ctx, c.to.db, append(slices.Clone(c.params.Models), (*state)(nil))...)
	return err
}

// occupied refuses a target with rows that are not this copy's. It returns how many
// rows each table has.
func (c *copier) occupied(ctx context.Context, states map[string]*state) (map[string]int64, error) {
	filled := make(map[string]int64)
	var e NotEmptyError
	for _, t := range c.tables {
		if c.to.live[t.name] == nil {
			continue
		}
		rows, err := c.to.countRows(ctx, c.to.conn, t.name)
		if err != nil {
			return nil, err
		}
		filled[t.name] = rows
		var copied int64
		if st := states[t.name]; st != nil {
			copied = st.Rows
		}
		if rows != copied {
			e.Tables = append(e.Tables, TableRows{Table: t.name, Rows: rows, Copied: copied})
		}
	}
	if len(e.Tables) > 0 && !c.params.Replace {
		return nil, &e
	}
	return filled, nil
}

// mark creates the state of each table that has none. A table with other rows is compared
// instead of filled.
func (c *copier) mark(ctx context.Context, states map[string]*state, filled map[string]int64) error {
	c.states = make(map[string]*state)
	var begun []*state
	for _, t := range c.tables {
		st, rows := states[t.name], filled[t.name]
		if st == nil {
			st = &state{Table: t.name, Rows: rows, Loaded: rows > 0}
			begun = append(begun, st)
		} else if st.Rows != rows {
			next := state{Rows: rows, Loaded: true}
			err := c.to.write(ctx, st, next, func(context.Context, bun.Tx) error { return nil })
			if err != nil {
				return err
			}
		}
		c.states[t.name] = st
	}
	return c.to.begun(ctx, begun)
}

// table transfers one table.
func (c *copier) table(ctx context.Context, t *table) error {
	st, done := c.states[t.name], c.done[t.name]
	if st.Loaded && c.params.Quick && t.history != nil {
		done.ByCounts = true
		return c.quickly(ctx, t)
	}
	fresh := !st.Loaded && st.Rows == 0
	var read *digest
	var err error
	if !st.Loaded {
		if read, err = c.load(ctx, t); err != nil {
			return err
		}
	}
	changed := true
	if !fresh {
		if read, changed, err = c.compare(ctx, t, part{}); err != nil {
			return err
		}
	}
	done.Rows, done.Checksum = read.rows, read.String()
	if !changed {
		return nil // both were read and are equal
	}
	return c.verify(ctx, t, read)
}
