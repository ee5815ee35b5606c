package archive

import (
	"context"
	"database/sql"
	"errors"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/archived"
	"github.com/chameleon-go/chameleon/internal/ledgerkey"
	"github.com/chameleon-go/chameleon/internal/rows"
)

// archiver moves entries to the archive.
type archiver struct {
	*mover
	before  int64
	final   bool
	columns []string
	// counted is where the count of a dry run has come to, of the account in hand.
	counted int64
}

// list lists accounts that have old entries besides their latest.
func (a *archiver) list(ctx context.Context, after string) (users []string, err error) {
	err = a.db.NewRaw("SELECT a.user_uuid FROM credits AS a WHERE a.user_uuid > ? AND EXISTS (SELECT 1 FROM credits_trans AS t "+
		"WHERE t.user_uuid = a.user_uuid AND t.at_us < ? AND t.seq < a.seq) ORDER BY a.user_uuid LIMIT ?",
		after, a.before, listed).Scan(ctx, &users)
	return users, err
}

// move moves one batch of the account, which is locked from the first statement to
// the commit. So whoever decides by the account's history sees it whole.
func (a *archiver) move(ctx context.Context, user string) (moved int64, more bool, err error) {
	err = dialect.InTx(ctx, a.db, func(ctx context.Context, tx bun.Tx) error {
		moved, more = 0, false
		account, err := lockAccount(ctx, tx, user)
		if err != nil || account == nil {
			return err
		}
		p, err := a.plan(ctx, tx, account, 0)
		if err != nil || p.entries == 0 {
			return err
		}
		more = p.more
		moved, err = move(ctx, tx, archived.Entries.Archive(), string(archived.Entries), a.columns, user, p.first, p.last)
		if err != nil {
			return err
		}
		account.ArchivedSeq = max(account.ArchivedSeq, p.last)
		_, err = tx.NewUpdate().Model(account).Column("archived_seq").WherePK().Where("user_uuid = ?", user).Exec(ctx)
		return err
	})
	return moved, more, err
}

// count is move of a dry run, from where it stopped.
func (a *archiver) count(ctx context.Context, user string) (moved int64, more bool, err error) {
	account := new(credits.Account)
	err = a.db.NewSelect().Model(account).Where("user_uuid = ?", user).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, err
	}
	p, err := a.plan(ctx, a.db, account, a.counted)
	a.counted = p.last
	if !p.more {
		a.counted = 0
	}
	return p.entries, p.more, err
}

// lockAccount locks an account's row, nil for none.
func lockAccount(ctx context.Context, tx bun.Tx, user string) (*credits.Account, error) {
	account := new(credits.Account)
	err := rows.Lock(ctx, tx, account, func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Where("user_uuid = ?", user)
	})
	if errors.Is(err, sql.ErrNoRows) || err == nil && account.UserUUID != user {
		return nil, nil
	}
	return account, err
}

// foreign reports whether another program writes to the account, by what credits'
// takeover looks at: rows that are not entries yet, left_credits, and who wrote the
// latest entries. Those are nobody's any more once the original application has gone.
func (a *archiver) foreign(ctx context.Context, db bun.IDB, account *credits.Account) (bool, error) {
	if account.LeftCredits != account.Balance-account.HeldCredits+account.DebtCredits {
		return true, nil
	}
	latest := int64(200)
	if a.final {
		latest = 0
	}
	var found []int64
	err := db.NewRaw("SELECT 1 FROM credits_trans WHERE user_uuid = ? AND (seq IS NULL OR seq > ? AND op_hash = ?) LIMIT 1",
		account.UserUUID, account.Seq-latest, ledgerkey.Adopted).Scan(ctx, &found)
	return len(found) > 0, err
}
