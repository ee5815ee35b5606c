package credits

import (
	"context"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits/internal/column"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/events"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// DefaultNoticeWithin is how long before its expiry a grant is announced.
const DefaultNoticeWithin = 72 * time.Hour

// noticeRows limits the lots that are read at a time.
const noticeRows = 500

// NoticeExpiringParams say which grants to announce.
type NoticeExpiringParams struct {
	// Within is how long before its expiry a grant is announced; 0 means
	// [DefaultNoticeWithin].
	Within time.Duration
	// At is the moment to count from, zero for now.
	At time.Time
	// MaxAhead is how far At may be ahead of the database's clock; see [DefaultMaxAhead].
	MaxAhead time.Duration
}

// NoticeExpiringResult counts the events that were written.
type NoticeExpiringResult struct {
	Events int64 `json:"events"`
}

// NoticeExpiring writes an event of type events.TypeCreditsExpiring for each grant
// that expires soon and has credits left to spend, once per grant. maintain.Run calls
// it. It reads an index of the grants that expire in time, and uses one transaction
// per account. A grant that audit.Rebuild restored may be announced again.
//
// Errors: *InvalidError; *ClockError; *dialect.Error when the database fails,
// together with the result so far.
func NoticeExpiring(ctx context.Context, db bun.IDB, p NoticeExpiringParams) (*NoticeExpiringResult, error) {
	if p.Within < 0 {
		return nil, valid.Failf("Within", "%v is negative", p.Within)
	}
	if err := valid.First(checkTime("At", p.At), checkAhead(p.MaxAhead)); err != nil {
		return nil, err
	}
	if p.Within == 0 {
		p.Within = DefaultNoticeWithin
	}
	at := nowOr(p.At)
	if err := checkNow(ctx, db, at, p.MaxAhead); err != nil {
		return nil, dialect.Classify(err)
	}
	n := &noticer{db: db, at: at, until: at + p.Within.Microseconds(), ahead: aheadOr(p.MaxAhead), out: &NoticeExpiringResult{}}
	return n.out, dialect.Classify(n.run(ctx))
}

type noticer struct {
	db               bun.IDB
	at, until, ahead int64
	out              *NoticeExpiringResult
}

// run iterates over the lots by expiry, account and number, so it visits each once.
func (n *noticer) run(ctx context.Context) error {
	for after := (Lot{ExpiresUs: n.at}); ; {
		lots, err := n.list(ctx, after)
		if err != nil || len(lots) == 0 {
			return err
		}
		after = lots[len(lots)-1]
		byUser := map[string][]int64{}
		var users []string
		for _, l := range lots {
			if byUser[l.UserUUID] == nil {
				users = append(users, l.UserUUID)
			}
			byUser[l.UserUUID] = append(byUser[l.UserUUID], l.Lot)
		}
		slices.Sort(users)
		for _, user := range users {
			if err := n.notice(ctx, user, byUser[user]); err != nil {
				return err
			}
		}
	}
}

func (n *noticer) list(ctx context.Context, after Lot) (found []Lot, err error) {
	err = n.db.NewRaw("SELECT user_uuid, lot, expires_us FROM credits_lots WHERE expires_us >= ? AND expires_us <= ? "+
		"AND (expires_us > ? OR user_uuid > ? OR user_uuid = ? AND lot > ?) AND live = ? AND noticed = ? "+
		"ORDER BY expires_us, user_uuid, lot LIMIT ?",
		after.ExpiresUs, n.until, after.ExpiresUs, after.UserUUID, after.UserUUID, after.Lot, true, false, noticeRows).Scan(ctx, &found)
	return found, err
}

// notice writes the events for lots of an account, under its lock.
func (n *noticer) notice(ctx context.Context, user string, ids []int64) error {
	var told int64
	s := &spec{user: user, key: NewUserKey, at: n.at, ahead: n.ahead}
	err := withBook(ctx, n.db, []*spec{s}, func(ctx context.Context, b *book) error {
		told = 0
		a, err := b.lockOne(ctx, s)
		if err != nil || a.virtual {
			return err
		}
		if err := a.advance(ctx, s.at); err != nil {
			return err
		}
		lots, err := b.lotsByID(ctx, a, ids)
		if err != nil {
			return err
		}
		var noticed []int64
		for _, id := range ids {
			l := lots[id]
			if a.expired(l) || l.Noticed || l.Free == 0 { // held credits may be released later
				continue
			}
			noticed = append(noticed, id)
			err := a.emit(events.TypeCreditsExpiring, a.AsOfUs,
				events.CreditsExpiring{Credits: l.Free, ExpiresAt: column.Time(l.ExpiresUs), Lot: id})
			if err != nil {
				return err
			}
		}
		if told = int64(len(noticed)); told == 0 {
			return nil
		}
		_, err = b.db.NewUpdate().Model((*Lot)(nil)).Set("noticed = ?", true).
			Where("user_uuid = ? AND lot IN (?)", user, bun.List(noticed)).Exec(ctx)
		if err != nil {
			return err
		}
		return b.flush(ctx)
	})
	if err == nil {
		n.out.Events += told
	}
	return err
}
