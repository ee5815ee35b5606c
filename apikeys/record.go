package apikeys

import (
	"context"
	"errors"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/cached"
)

const (
	// useInterval is how far LastUsedAt may lag behind.
	useInterval = time.Minute
	// writerPatience is how long recording a use waits on engines that have one writer and
	// no way to ask whether it is free.
	writerPatience = 250 * time.Millisecond
)

// use is what to write about a key's use.
type use struct {
	key *Key
	at  time.Time
	// hash and shown replace a legacy key, which is stored in plaintext; hash is empty for
	// other keys.
	hash  Stored
	shown string
}

// useOf returns what to write if k is used at a time; nil means nothing.
func useOf(k *Key, at time.Time) *use {
	if !k.Key.isHash() && !bool(k.Original) {
		plain := string(k.Key)
		return &use{key: k, at: at, hash: hashOf(plain), shown: shownOf(plain, "")}
	}
	if k.LastUsedAt.IsZero() || !k.LastUsedAt.After(at.Add(-useInterval)) {
		return &use{key: k, at: at}
	}
	return nil
}

// recordOn is record for the handle or transaction that Authenticate was called with. A
// cache shows the use from then on, so that not every request writes it again.
func (u *use) recordOn(ctx context.Context, db bun.IDB) (unrecorded, err error) {
	ctx, on, done, err := dialect.Reading(ctx, db)
	if err != nil {
		return nil, err
	}
	defer done()
	defer cached.Changed(ctx, db, keptName(u.key.Key))
	return u.record(ctx, on)
}

// record writes a use unless somebody else holds the row. Of what goes wrong it
// returns as unrecorded what leaves the caller's transaction usable, and as an
// error what does not.
func (u *use) record(ctx context.Context, db bun.IDB) (unrecorded, err error) {
	caps := dialect.Of(db)
	switch tx, inTx := dialect.TxOf(db); {
	case caps.IsMySQL():
		return u.recordMySQL(ctx, db)
	case !caps.LocksRows():
		return u.recordSQLite(ctx, db), nil
	case inTx:
		return u.recordPostgresTx(ctx, tx)
	default:
		return settle(u.recordPostgres(ctx, db)), nil
	}
}

// settle interprets a uniqueness violation: another call is writing the same.
func settle(err error) error {
	if err = dialect.Classify(err); dialect.IsTransient(err) {
		return nil
	}
	return err
}

// update is the statement. Its conditions hold when it runs, whatever was read
// before: at most one write a minute, and a hash only over the key itself. The
// status is not touched, so that a key that was revoked meanwhile stays so.
func (u *use) update(db bun.IDB) *bun.UpdateQuery {
	q := u.write(db)
	if u.hash == "" {
		return q
	}
	// The inner LIMIT keeps MySQL from merging the subquery, which it then
	// refuses on a table that is written.
	same := db.NewSelect().Model((*Key)(nil)).Column("id").Where("? = ?", bun.Ident("key"), u.hash).Limit(1)
	return q.Where("NOT EXISTS (SELECT 1 FROM (?) AS hashed)", same)
}

// write is update where nobody may have stored the hash besides.
func (u *use) write(db bun.IDB) *bun.UpdateQuery {
	q := db.NewUpdate().Model((*Key)(nil)).
		Set("last_used_at = ?", u.at).
		Where("id = ?", u.key.ID).
		Where("user_uuid = ?", u.key.UserUUID)
	if u.hash == "" {
		return q.Where("(last_used_at IS NULL OR last_used_at <= ?)", u.at.Add(-useInterval))
	}
	column := bun.Ident("key")
	return q.Set("? = ?", column, u.hash).
		Set("prefix = ?", u.shown).
		Set("updated_at = ?", u.at).
		Where("? = ?", column, u.key.Key)
}

// lock reads the row's id under its lock.
func (u *use) lock(db bun.IDB, how string) *bun.SelectQuery {
	return db.NewSelect().Model((*Key)(nil)).Column("id").
		Where("id = ?", u.key.ID).
		Where("user_uuid = ?", u.key.UserUUID).
		For(how)
}

// recordSQLite queues for the one writer: as long as any write does to hash a
// key, which happens once, and shortly to note a use. In a transaction that
// already writes it waits for nobody.
func (u *use) recordSQLite(ctx context.Context, db bun.IDB) error {
	if _, pooled := db.(*bun.DB); pooled && u.hash == "" {
		patient := ctx
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, writerPatience, errBusy)
		defer cancel()
		_, err := u.update(db).Exec(ctx)
		if err != nil && patient.Err() == nil && errors.Is(context.Cause(ctx), errBusy) {
			return nil
		}
		return settle(err)
	}
	_, err := u.update(db).Exec(ctx)
	return settle(err)
}

// errBusy is returned when writerPatience has passed.
var errBusy = errors.New("the writer is busy")
