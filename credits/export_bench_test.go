package credits

import (
	"context"
	"strings"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
)

// FastCharge runs the one-round-trip charge, with the hash chain or, to see
// what the chain costs, with a constant in its place. It reports whether it
// charged.
func FastCharge(ctx context.Context, db *bun.DB, p ChargeParams, chained bool) (bool, error) {
	s, err := p.spec()
	if err != nil {
		return false, err
	}
	q := newFastCharge(s, p)
	caps := dialect.Of(db)
	text, args := mysqlOwn, q.mysqlArgs()
	from, to, plain := "SHA2(CONCAT_WS(", "256)", "IF(? + ? + ? + ? IS NULL, NULL, ?)" // the arguments stay
	if caps.Engine == dialect.PostgreSQL {
		text, args = postgresCharge, q.postgresArgs(true, caps)
		from, to, plain = "encode(sha256(", "'hex')", "CAST($10::text AS varchar)"
	}
	if !chained {
		text = unchained(text, from, to, plain)
	}
	conn, err := db.DB.Conn(ctx)
	if err != nil {
		return false, err
	}
	defer func() { _ = conn.Close() }()
	return q.read(ctx, db, conn, text, args)
}

// unchained puts plain in the place of the hash expression.
func unchained(text, from, to, plain string) string {
	start := strings.Index(text, from)
	end := start + strings.Index(text[start:], to) + len(to)
	return text[:start] + plain + text[end:]
}
