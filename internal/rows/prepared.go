package rows

import (
	"context"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
)

// Query is a statement whose rows are to be read.
type Query struct {
	raw *bun.RawQuery
	via *direct // nil where bun sends it
}

// Scan runs the statement and reads its rows into dest, as bun's Scan does.
func (q Query) Scan(ctx context.Context, dest ...any) error {
	if q.via != nil {
		defer q.via.release()
	}
	return q.raw.Scan(ctx, dest...)
}

// Prepared is NewRaw for a statement that is always the same but for its
// arguments. On handles that chameleon opened these go to the driver beside the
// text, so that the server parses and plans it once; elsewhere bun writes them into
// it.
func Prepared(db bun.IDB, text string, args ...any) Query {
	caps, on := dialect.Of(db), connOf(db)
	if caps.Foreign || on == nil {
		return Query{raw: db.NewRaw(text, args...)}
	}
	if caps.Engine == dialect.PostgreSQL {
		text = numbered(text)
	}
	sent := make([]any, 0, 1+len(args))
	if caps.Prepared != nil {
		sent = append(sent, caps.Prepared)
	}
	for _, arg := range args {
		sent = append(sent, plain(db, reflect.ValueOf(arg)))
	}
	d := &direct{on: on, text: text, args: sent}
	if caps.Prepared != nil {
		d.plain = sent[1:]
	}
	return sending(db, d)
}

// sending is a query that goes the way of d.
func sending(db bun.IDB, d *direct) Query {
	return Query{raw: db.NewRaw(d.text).Conn(d), via: d}
}

// Read is Prepared for a statement that returns columns as they are stored.
//
// Once a column's type has changed, a connection that prepared the statement before
// refuses it a first time on PostgreSQL ("cached plan must not change result type"): then
// it is sent again, unprepared. In a transaction, where a refusal is the end of all, it is
// never prepared.
func Read(db bun.IDB, text string, args ...any) Query {
	if _, ok := dialect.TxOf(db); ok && dialect.Of(db).Engine == dialect.PostgreSQL {
		return Query{raw: db.NewRaw(text, args...)}
	}
	return Prepared(db, text, args...)
}

// Select reads the rows of a model for which where holds, as [Read] does. Columns are
// of the model's alias.
func Select[T any](db bun.IDB, where string, args ...any) Query {
	table := db.Dialect().Tables().Get(reflect.TypeFor[T]())
	return Read(db, "SELECT "+Columns[T](db, table.Alias)+" FROM "+string(table.SQLName)+" AS "+table.Alias+" WHERE "+where, args...)
}

// plain is v as drivers take it and bun would have written it.
func plain(db bun.IDB, v reflect.Value) any {
	switch {
	case !v.IsValid():
		return nil
	case v.Kind() == reflect.String:
		return v.String()
	case dialect.Of(db).Engine != dialect.SQLite:
	default:
		if at, ok := reflect.TypeAssert[time.Time](v); ok {
			return SQLiteTime(db, at)
		}
	}
	return v.Interface()
}

// SQLiteTime is a time as bun stores it, which is a text.
func SQLiteTime(db bun.IDB, at time.Time) string {
	return strings.Trim(string(db.Dialect().AppendTime(nil, at)), "'")
}

// connOf is the database/sql side of db, nil where it is not known.
func connOf(db bun.IDB) Conn {
	switch db := db.(type) {
	case *bun.DB:
		return db.DB
	case bun.Conn:
		return db.Conn
	}
	if tx, ok := dialect.TxOf(db); ok {
		return tx.Tx
	}
	return nil
}

// numbered turns the placeholders of text, which has no other question marks, into
// PostgreSQL's.
func numbered(text string) string {
	var b strings.Builder
	b.Grow(len(text) + 2*strings.Count(text, "?"))
	for n := 1; ; n++ {
		before, after, found := strings.Cut(text, "?")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		b.WriteString("$" + strconv.Itoa(n))
		text = after
	}
}
