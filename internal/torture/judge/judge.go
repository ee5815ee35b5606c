package judge

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits/audit"
)

// Case is what there is to judge: a database at rest, and what was said of it.
type Case struct {
	*findings

	books *Books
	tale  *Tale
	told  map[string]*book
}

// Judge reads the database and returns what does not fit. Nobody may be
// writing to it.
func Judge(ctx context.Context, db *bun.DB, tale *Tale) ([]Finding, error) {
	books, err := Read(ctx, db)
	if err != nil {
		return nil, err
	}
	c := &Case{findings: new(findings), books: books, tale: tale, told: map[string]*book{}}
	c.accounts()
	c.answers()
	c.windows()
	c.callers()
	c.shop()
	c.studio()
	c.people()
	return c.all, c.proof(ctx, db)
}

// accounts tells each account's history on the model, and compares the rows of
// its state with what comes out.
func (c *Case) accounts() {
	wishes := c.tale.wishes()
	for _, a := range c.books.accounts {
		b := tell(c.findings, a.User, c.books.entries[a.User], c.books.holds[a.User], wishes)
		c.told[a.User] = b
		c.compare(a, b)
	}
	for user := range c.books.entries {
		if c.told[user] == nil {
			c.addf("an account has a row", "%s has entries and none", user)
		}
	}
}

// compare is the state that is stored against the state that was told.
func (c *Case) compare(a account, b *book) {
	entries := c.books.entries[a.User]
	head := ""
	if len(entries) > 0 {
		head = entries[len(entries)-1].Hash
	}
	balance, available := b.sums(a.AsOf)
	held := int64(0)
	for _, l := range b.lots {
		if l.expires > a.AsOf {
			held += l.held
		}
	}
	got := fmt.Sprintf("seq %d balance %d left %d held %d debt %d total %d head %s", a.Seq, a.Balance, a.Left, a.Held, a.Debt, a.Total, a.HeadHash)
	want := fmt.Sprintf("seq %d balance %d left %d held %d debt %d total %d head %s", b.seq, balance, available, held, b.debt, b.total, head)
	if got != want {
		c.addf("the account's row is the sum of its entries", "%s: the row says %s; the entries say %s", a.User, got, want)
	}
	rows := map[int64]lotRow{}
	for _, row := range c.books.lots[a.User] {
		if row.Lot == a.OpenLot {
			row.Free += a.OpenLeft
		}
		rows[row.Lot] = row
	}
	for seq, l := range b.lots {
		if row := rows[seq]; row.Free != l.free || row.Held != l.held {
			c.addf("a lot's row is the sum of its entries", "%s: lot %d says %d free and %d held; the entries say %d and %d",
				a.User, seq, row.Free, row.Held, l.free, l.held)
		}
	}
}

// proof asks the library's own Verify, which has to agree: clean where the
// model found nothing, and never falsely not.
func (c *Case) proof(ctx context.Context, db *bun.DB) error {
	report, err := audit.Verify(ctx, db, audit.VerifyParams{})
	if err != nil {
		return fmt.Errorf("judge: verify: %w", err)
	}
	for _, breach := range report.Breaches {
		c.addf("Verify finds the books in order", "%s %s: %s", breach.UserUUID, breach.Kind, breach.Detail)
	}
	return nil
}
