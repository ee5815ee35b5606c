package credits

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/alongside"
)

// run performs one operation.
func run(ctx context.Context, db bun.IDB, op Op) (*Operation, error) {
	began := time.Now()
	s, err := specOf(ctx, op)
	var kind Kind
	var done *Operation
	if err == nil {
		kind = s.kind
		done, err = s.run(ctx, db)
	}
	if o := observerOf(db); o != nil && !errors.Is(err, alongside.ErrNotCarried) {
		observe(ctx, o, db, began, kind, done, err)
	}
	return done, err
}

func (s *spec) run(ctx context.Context, db bun.IDB) (*Operation, error) {
	done, lost := chargeFast(ctx, db, s)
	if alongside.Of(ctx) != nil {
		return carried(done, lost)
	}
	unknown := errors.Is(lost, dialect.ErrOutcomeUnknown)
	if done != nil || lost != nil && !dialect.IsHandle(db) || unknown && ctx.Err() != nil {
		return done, lost
	}
	outcomes := make([]Outcome, 1)
	err := transact(ctx, db, []*spec{s}, outcomes, true)
	if batch := (*BatchError)(nil); errors.As(err, &batch) {
		err = batch.Err
	}
	if unknown {
		return s.settled(outcomes[0].Operation, err, lost)
	}
	if err != nil {
		return nil, err
	}
	return outcomes[0].Operation, nil
}

// carried returns the result of a charge that carries a row, which cannot take the general
// path.
func carried(done *Operation, lost error) (*Operation, error) {
	if done == nil && lost == nil {
		return nil, alongside.ErrNotCarried
	}
	return done, lost
}

// transact executes the specs that are not nil and fills in their outcomes.
func transact(ctx context.Context, db bun.IDB, specs []*spec, outcomes []Outcome, all bool) error {
	live := slices.DeleteFunc(slices.Clone(specs), func(s *spec) bool { return s == nil })
	if len(live) == 0 {
		return nil
	}
	return withBook(ctx, db, live, func(ctx context.Context, b *book) error {
		if err := b.peek(ctx); err != nil {
			return err
		}
		if len(b.found) < len(live) {
			if err := b.checkClocks(ctx); err != nil {
				return err
			}
			if err := b.lock(ctx); err != nil {
				return err
			}
			if err := b.prefetch(ctx); err != nil {
				return err
			}
			if err := b.takeOver(ctx); err != nil {
				return err
			}
		}
		wrote, err := b.performAll(ctx, specs, outcomes, all)
		if err != nil || !wrote {
			return err
		}
		return b.flush(ctx)
	})
}

// performAll executes the specs in order and reports whether there is anything to write.
func (b *book) performAll(ctx context.Context, specs []*spec, outcomes []Outcome, all bool) (bool, error) {
	wrote := false
	for i, s := range specs {
		if s == nil {
			continue
		}
		op, err := b.perform(ctx, s)
		switch {
		case err == nil:
			outcomes[i] = Outcome{Operation: op}
			wrote = wrote || !op.Replayed || b.took
		case !refusal(err):
			return false, err
		case all:
			return false, &BatchError{Index: i, Err: err}
		default:
			outcomes[i] = Outcome{Err: err}
		}
	}
	return wrote, nil
}

// perform plans one operation in memory, or replays it.
func (b *book) perform(ctx context.Context, s *spec) (*Operation, error) {
	a := b.accounts[s.user]
	if a != nil && a.ops[s.key] != nil {
		op := *a.ops[s.key]
		op.Replayed = true
		return &op, s.matches(&op.Entries[0])
	}
	if first := b.found[opRef{s.user, s.key}]; first != nil {
		return b.replay(ctx, s, first)
	}
	if s.refused != nil {
		return nil, s.refused
	}
	before := a.Account
	undo, whole := a.checkpoint(s.at, s.granted)
	if err := a.advance(ctx, s.at); err != nil {
		return nil, err
	}
	from := len(a.entries)
	err := s.op.apply(ctx, a, s.builder())
	if err == nil {
		if err = a.fits(ctx, &before, from); err != nil && !whole {
			return nil, abandoned{err}
		}
	}
	if err != nil {
		undo()
		return nil, err
	}
	op, err := operationOf(copyEntries(a.entries[from:]))
	if err != nil {
		return nil, err
	}
	a.ops[s.key] = op
	return op, a.observe(op)
}

func (b *book) replay(ctx context.Context, s *spec, first *Entry) (*Operation, error) {
	if err := s.matches(first); err != nil {
		return nil, err
	}
	entries, err := b.entriesOf(ctx, first)
	if err != nil {
		return nil, err
	}
	if len(entries) == 0 {
		// The snapshot is older than the locks: only the first entry was seen.
		return nil, errBroken(s.user, "an operation's entries are not to be seen")
	}
	op, err := operationOf(entries)
	if err != nil {
		return nil, err
	}
	op.Replayed = true
	s.ours = first.CallID != 0 && (first.CallID == s.call || first.CallID == s.mark)
	alongside.Found(ctx, first.CallID)
	return op, nil
}

// matches checks that the spec's payload is that of the operation with its key.
func (s *spec) matches(first *Entry) error {
	if !s.sameAs(first) {
		return &KeyReusedError{UserUUID: s.user, Key: s.key, Kind: first.OpKind}
	}
	return nil
}

func copyEntries(entries []*Entry) []Entry {
	out := make([]Entry, len(entries))
	for i, e := range entries {
		out[i] = *e
	}
	return out
}

// refusal reports whether err is an ordinary outcome of one operation, which leaves the rest of
// its book unchanged.
func refusal(err error) bool {
	if errors.As(err, new(abandoned)) {
		return false
	}
	for _, target := range []error{
		ErrInvalid, ErrInsufficient, ErrKeyReused, ErrNotFound, ErrExceeds, ErrSpent, ErrHoldEnded, ErrLimit, ErrClock, ErrNotAhead, ErrBudget,
	} {
		if errors.Is(err, target) {
			return true
		}
	}
	return false
}
