package credits

import (
	"context"
	"strings"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
)

// Parts of the one-round-trip charge that FastCharge leaves out, to see what they
// cost: the hash chain, and the look whether another program has moved left_credits.
const (
	TheChain      = "chain"
	TheComparison = "comparison"
)

// FastCharge runs the one-round-trip charge, whole or without a part, and reports
// whether it charged.
func FastCharge(ctx context.Context, db *bun.DB, p ChargeParams, without string) (bool, error) {
	s, err := p.spec()
	if err != nil {
		return false, err
	}
	q := newFastCharge(s, p)
	caps := dialect.Of(db)
	text, args := mysqlOfWhole.text, mysqlOfWhole.args(q)
	from, to, plain := "SHA2(CONCAT_WS(", "256)", "IF(? + ? + ? + ? IS NULL, NULL, ?)" // the arguments stay
	if caps.Engine == dialect.PostgreSQL {
		text, args = postgresCharge, q.postgresArgs(caps)
		from, to, plain = "encode(sha256(", "'hex')", "CAST($10::text AS varchar)"
	}
	switch without {
	case TheChain:
		text = unchained(text, from, to, plain)
	case TheComparison:
		for _, guard := range []string{
			" AND left_credits = balance - held_credits + debt_credits", "AND a.left_credits = a.balance - a.held_credits + a.debt_credits",
		} {
			text = strings.Replace(text, guard, "", 1)
		}
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
