package doctor

import (
	"context"
	"database/sql"
	"math"
	"slices"

	"github.com/uptrace/bun"
	bunschema "github.com/uptrace/bun/schema"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/shown"
	"github.com/chameleon-go/chameleon/schema"
)

// widths tells of columns of amounts that are narrower than 64 bits.
func (e *exam) widths(context.Context) error {
	if e.status == nil {
		return skipped(notListed)
	}
	for _, narrow := range e.status.Narrow {
		amounts := slices.DeleteFunc(slices.Clone(narrow.Columns), func(c string) bool { return c == narrow.Key })
		if len(amounts) > 0 && e.has(narrow.Table) {
			e.findf("narrow_columns", Warning, "run chameleon adopt --widen when the table may be locked, or: "+narrow.Statement,
				"%s has 32-bit columns for amounts: %s; larger amounts are refused", narrow.Table, some(amounts))
		}
	}
	return nil
}

// narrow is what is narrow of a table, nil for nothing.
func (e *exam) narrow(table string) *schema.NarrowColumns {
	for i := range e.status.Narrow {
		if e.status.Narrow[i].Table == table {
			return &e.status.Narrow[i]
		}
	}
	return nil
}

// ids finds numbered keys, and sequences, of which four fifths are used up.
func (e *exam) ids(ctx context.Context) error {
	for _, t := range e.there {
		if len(t.PKs) != 1 || !t.PKs[0].AutoIncrement {
			continue
		}
		narrow := e.narrow(t.Name)
		end, remedy := int64(math.MaxInt64), "find out who writes such ids: they are numbered from 1"
		if narrow != nil && narrow.Key != "" {
			end, remedy = narrow.MaxKey, "run chameleon adopt --widen when the table may be locked, or: "+narrow.Statement
		}
		last, err := e.lastID(ctx, t)
		if err != nil {
			return err
		}
		if last >= end/5*4 {
			e.findf("ids_near_end", Error, remedy, "%s has used %s of its ids (%d of %d)", t.Name, percent(last/100, end/100), last, end)
		}
	}
	if e.caps.Engine == dialect.PostgreSQL {
		return e.sequencesNearEnd(ctx)
	}
	return nil
}

// lastID reads the end of the primary key's index.
func (e *exam) lastID(ctx context.Context, t *bunschema.Table) (int64, error) {
	var last []int64
	err := e.read(ctx, func(ctx context.Context, q bun.IDB) error {
		key := bun.Ident(t.PKs[0].Name)
		return q.NewRaw("SELECT ? FROM ? ORDER BY ? DESC LIMIT 1", key, bun.Ident(t.Name), key).Scan(ctx, &last)
	})
	if err != nil || len(last) == 0 {
		return 0, err
	}
	return last[0], nil
}

// sequencesNearEnd looks at sequences by themselves: one of 32 bits stays so when its
// column is widened.
func (e *exam) sequencesNearEnd(ctx context.Context) error {
	return e.read(ctx, func(ctx context.Context, q bun.IDB) error {
		for _, t := range e.there {
			var found []struct {
				Name string        `bun:"name"`
				Last sql.NullInt64 `bun:"last"`
				End  int64         `bun:"ends"`
			}
			err := q.NewRaw("SELECT s.oid::regclass::text AS name, CASE WHEN s.relkind = 'S' AND has_sequence_privilege(s.oid, 'USAGE,SELECT') "+
				"THEN pg_sequence_last_value(s.oid) END AS last, q.seqmax AS ends FROM pg_class AS s JOIN pg_sequence AS q ON q.seqrelid = s.oid "+
				"JOIN pg_depend AS d ON d.objid = s.oid AND d.classid = 'pg_class'::regclass AND d.deptype IN ('a', 'i') "+
				"WHERE s.relkind = 'S' AND d.refobjid = to_regclass(quote_ident(?))", t.Name).Scan(ctx, &found)
			if err != nil {
				return err
			}
			for _, s := range found {
				if s.Last.Int64 >= s.End/5*4 {
					e.findf("ids_near_end", Error, "ALTER SEQUENCE "+s.Name+" AS bigint MAXVALUE 9223372036854775807",
						"the sequence %s has used %s of its numbers (%d of %d)", shown.Text(s.Name), percent(s.Last.Int64/100, s.End/100), s.Last.Int64, s.End)
				}
			}
		}
		return nil
	})
}
