package credits

import (
	"context"
	"database/sql"
	"strings"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"

	"github.com/chameleon-go/chameleon/dialect"
)

// packet gathers what a flush writes: on PostgreSQL, all statements are sent together, so that
// they take one round trip under the account's lock.
//
// Elsewhere they are sent one by one. MySQL would accept them together, but bun's statements
// are rewritten for it (rows.Current); SQLite has no network; a router over shards has to
// examine each.
type packet struct{ texts []string }

// written is a statement of bun's that returns no rows.
type written interface {
	AppendQuery(gen schema.QueryGen, b []byte) ([]byte, error)
	Exec(ctx context.Context, dest ...any) (sql.Result, error)
}

// write sends a statement, or adds it to the packet.
func (b *book) write(ctx context.Context, q written) error {
	if !b.packs() {
		_, err := q.Exec(ctx)
		return err
	}
	text, err := q.AppendQuery(schema.NewQueryGen(b.db.Dialect()), nil)
	b.packet.texts = append(b.packet.texts, string(text))
	return err
}

// packs reports whether statements without arguments may be sent together: with the simple
// protocol, which our handles and bridges use for such texts.
func (b *book) packs() bool {
	return b.caps.Engine == dialect.PostgreSQL && !b.caps.Foreign && b.caps.LocksTogether() && !b.caps.IsCockroach()
}

// send sends the packet.
func (b *book) send(ctx context.Context) error {
	if len(b.packet.texts) == 0 {
		return nil
	}
	_, err := b.db.NewRaw("?", bun.Safe(strings.Join(b.packet.texts, ";\n"))).Exec(ctx)
	b.packet.texts = nil
	return err
}
