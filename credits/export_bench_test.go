package credits

import (
	"context"
	"strings"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
)

// QuickCharge runs the one-round-trip charge, with the hash chain or, to see
// what the chain costs, with a constant in its place. It reports whether it
// charged.
func QuickCharge(ctx context.Context, db *bun.DB, p ChargeParams, chained bool) (bool, error) {
	s, err := p.spec()
	if err != nil {
		return false, err
	}
	q := &quickCharge{spec: s, amount: p.Amount, entry: s.builder().header}
	q.entry.UserUUID, q.entry.TransType, q.entry.Credits = s.user, p.transType(), -p.Amount
	caps := dialect.Of(db)
	if caps.Engine == dialect.PostgreSQL {
		text, args := postgresCharge, q.postgresArgs(true)
		if !chained {
			text = unchained(text, "encode(sha256(", "'hex')", "CAST($10::text AS varchar)")
		}
		if caps.Prepared != nil {
			args = append([]any{caps.Prepared}, args...)
		}
		return q.scan(ctx, db.DB, text, args)
	}
	conn, err := db.DB.Conn(ctx)
	if err != nil {
		return false, err
	}
	defer func() { _ = conn.Close() }()
	text := mysqlOwn
	if !chained {
		// The arguments stay, as what they are anyway: numbers and the digest.
		text = unchained(text, "SHA2(CONCAT_WS(", "256)", "IF(? + ? + ? + ? IS NULL, NULL, ?)")
	}
	return q.packet(ctx, conn, text)
}

// unchained puts plain in the place of the hash expression.
func unchained(text, from, to, plain string) string {
	start := strings.Index(text, from)
	end := start + strings.Index(text[start:], to) + len(to)
	return text[:start] + plain + text[end:]
}
