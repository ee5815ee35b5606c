package storm

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/internal/torture/client"
	"github.com/chameleon-go/chameleon/internal/torture/history"
	"github.com/chameleon-go/chameleon/internal/torture/judge"
	"github.com/chameleon-go/chameleon/internal/torture/proxy"
)

// lateTimes is how often a charge is delivered late, before a round begins.
const lateTimes = 3

// refuseLate plays what chance meets too rarely: a charge's request is held up
// on its way, its client is cut off, and by then the account is drained. The
// library finds too few credits and must not say that it refused, because the
// request still arrives, after the account was filled again, and is charged.
func (r *round) refuseLate(ctx context.Context, dir string, user client.User) (err error) {
	s, ok := r.place.(*server)
	if !ok {
		return nil // nothing lies between SQLite and its callers
	}
	log, err := history.Open(filepath.Join(dir, "late.log"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, log.Close()) }()
	r.logs = append(r.logs, filepath.Join(dir, "late.log"))
	db, err := chameleon.Open(ctx, s.urlAt(s.proxy.Address()), chameleon.WithPoolSize(1))
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }() // says that connections were cut, as they were
	l := late{log: log, through: db, around: r.db, proxy: s.proxy, user: user.UUID}
	for i := range lateTimes {
		if err := l.play(ctx, fmt.Sprintf("late.%d.%d", r.number, i), 2+r.random.Int64N(20)); err != nil {
			return err
		}
	}
	left, err := s.settle(ctx)
	if err != nil {
		return err
	}
	for _, what := range left {
		r.report.find(judge.Finding{Rule: "no transaction is left open", Detail: what})
	}
	tale, err := judge.Listen(r.logs)
	if err != nil {
		return err
	}
	found, err := judge.Judge(ctx, r.db, tale)
	r.report.find(found...)
	return err
}

// late is the client of refuseLate.
type late struct {
	log             *history.Log
	through, around *bun.DB // the proxy
	proxy           *proxy.Proxy
	user            string
}

// play holds one charge up. What else happens to the account goes around the
// proxy.
func (l late) play(ctx context.Context, id string, amount int64) error {
	// The statement is prepared, and the account has a lot to draw on.
	for _, op := range []history.Op{
		{ID: id + ".fill", Verb: history.Grant, Amount: 2 * amount},
		{ID: id + ".first", Verb: history.Charge, Amount: 1},
		{ID: id + ".second", Verb: history.Charge, Amount: 1},
	} {
		if err := l.must(ctx, l.through, op); err != nil {
			return err
		}
	}
	balance := client.Call(ctx, l.around, history.Op{Verb: history.Balance, User: l.user}, 1, time.Time{})
	trap := l.proxy.Trap()
	defer trap.Deliver()
	defer trap.Cut()
	held := make(chan error, 1)
	go func() {
		_, err := l.call(ctx, l.through, history.Op{ID: id + ".held", Verb: history.Charge, Amount: amount})
		held <- err
	}()
	select {
	case <-trap.Caught():
	case err := <-held:
		return errors.Join(err, errors.New("the charge came through"))
	}
	if err := l.must(ctx, l.around, history.Op{ID: id + ".drain", Verb: history.Charge, Amount: balance.Available}); err != nil {
		return err
	}
	trap.Cut()
	if err := <-held; err != nil {
		return err
	}
	for _, op := range []history.Op{
		{ID: id + ".refill", Verb: history.Grant, Amount: 3 * amount},
		{ID: id + ".open", Verb: history.Charge, Amount: 1},
	} {
		if err := l.must(ctx, l.around, op); err != nil {
			return err
		}
	}
	trap.Deliver()
	<-trap.Done()
	return nil
}

// lateLimit is the deadline of these calls, which nothing else disturbs.
const lateLimit = 30 * time.Second

// must is call for what has no reason to fail.
func (l late) must(ctx context.Context, db *bun.DB, op history.Op) error {
	answer, err := l.call(ctx, db, op)
	if err == nil && answer.Class != history.OK {
		err = fmt.Errorf("%s: %s", op.ID, answer.Error)
	}
	return err
}

// call makes one call and writes it down.
func (l late) call(ctx context.Context, db *bun.DB, op history.Op) (history.Answer, error) {
	op.User, op.Key = l.user, "t:"+op.ID
	line := history.Line{ID: op.ID, Try: 1, Start: time.Now().UnixNano(), Limit: int64(lateLimit)}
	if err := errors.Join(l.log.Write(history.Line{Intent: &op}), l.log.Write(line)); err != nil {
		return history.Answer{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, lateLimit)
	defer cancel()
	answer := client.Call(ctx, db, op, 1, time.Time{})
	line.End, line.Answer = time.Now().UnixNano(), &answer
	return answer, l.log.Write(line)
}
