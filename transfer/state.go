package transfer

import (
	"context"
	"encoding/hex"
	"fmt"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
)

// state records how far the copy of a table is. It is stored in the target, and each
// transaction that writes rows there updates it, so it is correct however a copy ends. Its
// table exists while a copy is in progress.
type state struct {
	bun.BaseModel `bun:"table:chameleon_copy,alias:cc"`

	Table string `bun:"table_name,pk,type:varchar(255)" chameleon:"exact"`
	// LastKey is the encoded key of the last row, while the table is filled for the first
	// time.
	LastKey string `bun:"last_key,nullzero,type:text"`
	// Rows is how many rows the copy has written.
	Rows int64 `bun:"row_count,notnull,type:bigint"`
	// Loaded means that the table has been filled; from then on it is compared.
	Loaded bool `bun:"loaded,notnull,type:boolean"`
	// Step counts the transactions, by which concurrent copies detect each other.
	Step int64 `bun:"step,notnull,type:bigint"`
}

// stateTable is state's table.
const stateTable = "chameleon_copy"

// Marks implements dialect.Marked.
func (*state) Marks() []string { return []string{"table_name", "last_key", "row_count", "loaded"} }

// readStates reads the states of a copy in progress, nil if there is none.
func (s *side) readStates(ctx context.Context) (map[string]*state, error) {
	if s.live[stateTable] == nil {
		return nil, nil //nolint:nilnil // no copy is under way
	}
	var all []*state
	if err := s.conn.NewSelect().Model(&all).Scan(ctx); err != nil {
		return nil, dialect.Classify(err)
	}
	states := make(map[string]*state, len(all))
	for _, st := range all {
		states[st.Table] = st
	}
	return states, nil
}

// begun marks the target as this copy's, all tables in one transaction.
func (s *side) begun(ctx context.Context, states []*state) error {
	if len(states) == 0 {
		return nil
	}
	return s.writing(ctx, func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.NewInsert().Model(&states).Exec(ctx)
		return err
	})
}

// move replaces st with next, in the transaction that makes it true.
func (st *state) move(ctx context.Context, tx bun.Tx, next state) error {
	next.Table, next.Step = st.Table, st.Step+1
	result, err := tx.NewUpdate().Model(&next).WherePK().Where("step = ?", st.Step).Exec(ctx)
	if err != nil {
		return err
	}
	if n, err := result.RowsAffected(); err != nil || n != 1 {
		return ErrBusy
	}
	return nil
}

// write runs fn in a transaction of the target and updates st in it.
func (s *side) write(ctx context.Context, st *state, next state, fn func(ctx context.Context, tx bun.Tx) error) error {
	err := s.writing(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := st.move(ctx, tx, next); err != nil {
			return err
		}
		return fn(ctx, tx)
	})
	if err != nil {
		return err
	}
	next.Table, next.Step = st.Table, st.Step+1
	*st = next
	return nil
}

// ended drops the table of states.
func (s *side) ended(ctx context.Context) error {
	_, err := s.conn.ExecContext(ctx, "DROP TABLE "+s.quote(stateTable))
	return dialect.Classify(err)
}

// keyOf encodes the key of a row.
func (t *table) keyOf(row []value) string {
	var b []byte
	for _, at := range t.key {
		b = appendValue(b, t.columns[at].kind, row[at])
	}
	return hex.EncodeToString(b)
}

// rowOf decodes a key to a row with only the key's columns.
func (t *table) rowOf(key string) ([]value, error) {
	b, err := hex.DecodeString(key)
	row := make([]value, len(t.columns))
	for _, at := range t.key {
		if err == nil {
			row[at], b, err = takeValue(b, t.columns[at].kind)
		}
	}
	if err != nil || len(b) > 0 {
		return nil, fmt.Errorf("transfer: %s of table %s is damaged", stateTable, t.name)
	}
	return row, nil
}
