package credits_test

import (
	"context"
	"database/sql"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/archive"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/credits/audit"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/list"
)

// TestArchive archives accounts of every kind in one database: what they say and do
// afterwards is what they would have said and done.
func TestArchive(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		t.Run("archive", func(t *testing.T) {
			for _, s := range archiveScenarios {
				t.Run(s.name, func(t *testing.T) {
					t.Parallel()
					tell := newTeller(t, env)
					s.run(tell)
					tell.Check()
				})
			}
		})
		t.Run("cut off anywhere", func(t *testing.T) { cutArchive(t, env) })
		t.Run("columns of others", func(t *testing.T) { archiveForeignColumns(t, env) })
	})
}

// TestArchiveBesideCharges stands alone, since the race detector watches it: the
// others would take long with it, and are one goroutine.
func TestArchiveBesideCharges(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, archiveBesideCharges)
}

var archiveScenarios = []struct {
	name string
	run  func(*teller)
}{
	{"reads say what they said, also once it came back", func(t *teller) {
		keys := t.past()
		before := t.everyRead(keys)
		charge := t.operation("c")
		report, err := archive.Run(t.Context(), t.DB, archive.Params{
			Before: hour(1000), UserUUID: t.User, Batch: 2,
			Progress: func(archive.Progress) { assert.Equal(t, charge, t.operation("c"), "an operation is in one table") },
		})
		require.NoError(t, err)
		assert.EqualValues(t, len(t.Stored().Entries)-1, report.Entries, "all but the latest operation")
		assert.Equal(t, before, t.everyRead(keys))
		t.Verified()
		assert.Positive(t, t.restore())
		assert.Equal(t, before, t.everyRead(keys))
		t.Verified()
		assert.Positive(t, t.archive(1000))
		assert.Equal(t, before, t.everyRead(keys))
	}},
	{"archived keys are used", func(t *teller) {
		t.Grant("g", 100)
		charge := t.Charge("c", 10, start)
		t.Charge("latest", 1, start)
		t.archive(1000)
		t.Same(charge, t.Charge("c", 10, hour(1)))
		t.Refuse(t.ChargeOp("c", 11, start), credits.ErrKeyReused)
		t.AtOnce(t.ChargeOp("d", 1, hour(1)))
		require.NoError(t, t.inTx(func(tx *teller) error {
			tx.Same(charge, tx.Charge("c", 10, hour(1)))
			tx.Charge("e", 1, hour(1))
			tx.Refuse(tx.ChargeOp("c", 12, start), credits.ErrKeyReused)
			tx.Still()
			return nil
		}))
		t.Charge("f", 1, hour(2))
		t.archive(1000) // d and e are in the archive, too
		outcomes, err := credits.Post(t.Context(), t.DB, credits.PostParams{Ops: []credits.Op{
			t.ChargeOp("c", 10, hour(3)), t.ChargeOp("new", 1, hour(3)), t.ChargeOp("d", 1, hour(3)),
		}})
		require.NoError(t, err)
		t.Same(charge, outcomes[0].Operation)
		assert.False(t, outcomes[1].Operation.Replayed)
		assert.True(t, outcomes[2].Operation.Replayed)
		assert.EqualValues(t, 100-10-1-1-1-1-1, t.Check().Row.Balance)
	}},
	{"what is archived is undone", func(t *teller) {
		t.Grant("g", 100)
		t.Do(t.GrantOp("v", 5))
		t.Charge("c", 60, start)
		t.Do(t.HoldOp("h", 10, start, time.Hour))
		capture := t.Do(t.CaptureOp("h", "p", 4, start))
		t.Charge("latest", 1, start)
		t.archive(2)
		t.Do(credits.RefundParams{UserUUID: t.User, ChargeKey: "c", Amount: 20, Key: "r", At: start})
		t.Refuse(credits.RefundParams{UserUUID: t.User, ChargeKey: "c", Amount: 41, Key: "r2", At: start}, credits.ErrExceeds)
		t.Do(credits.RefundParams{UserUUID: t.User, ChargeKey: "p", Key: "rp", At: start})
		assert.EqualValues(t, 4, capture.Amount)
		t.archive(2) // the refunds, too
		t.Refuse(credits.RefundParams{UserUUID: t.User, ChargeKey: "c", Amount: 41, Key: "r3", At: start}, credits.ErrExceeds)
		t.Refuse(t.ReleaseOp("h", "x", start), credits.ErrHoldEnded)
		t.Refuse(credits.VoidParams{UserUUID: t.User, GrantKey: "g", Key: "vg", At: start}, credits.ErrSpent)
		t.Do(credits.VoidParams{UserUUID: t.User, GrantKey: "v", Key: "vv", At: start})
		t.Claw("cl", 100)
		t.Expect(0, 0, 41)
		t.Verified()
	}},
	{"active holds stay, and what came after them", func(t *teller) {
		t.Grant("g", 100)
		t.Charge("c", 1, start)
		t.Do(t.HoldOp("h", 10, start, 48*time.Hour))
		t.Charge("d", 1, start)
		t.Charge("e", 1, start)
		assert.EqualValues(t, 2, t.archive(1000))
		t.Do(t.CaptureOp("h", "p", 10, hour(1)))
		assert.EqualValues(t, 3, t.archive(1000), "the capture is the latest")
	}},
	{"Redact reaches the archive", func(t *teller) {
		op := t.GrantOp("g", 100)
		op.Metadata = map[string]any{"ip": "192.0.2.7"}
		t.Do(op)
		t.Charge("c", 1, start)
		t.archive(1000)
		got, err := credits.Redact(t.Context(), t.Handle, credits.RedactParams{UserUUID: t.User})
		require.NoError(t, err)
		assert.EqualValues(t, 1, got.Entries)
		assert.NotContains(t, t.Stored().Entries[0].Metadata, "192.0.2.7")
		t.Verified()
		assert.True(t, t.Do(op).Replayed)
	}},
	{"an account that another program writes to stays", func(t *teller) {
		t.Grant("g", 100)
		t.Charge("c", 1, start)
		t.Legacy()
		report, err := archive.Run(t.Context(), t.DB, archive.Params{Before: hour(1), UserUUID: t.User})
		require.NoError(t, err)
		assert.Equal(t, []string{t.User}, report.SetAside)
		assert.Zero(t, report.Entries)
		t.DropLegacy()
	}},
	{"tampering with the archive is found", func(t *teller) {
		t.Grant("g", 100)
		t.Charge("c", 1, start)
		t.Charge("d", 1, start)
		t.archive(1000)
		for _, tamper := range []string{
			"UPDATE credits_trans_archive SET credits = -2 WHERE user_uuid = ? AND seq = 2",
			"DELETE FROM credits_trans_archive WHERE user_uuid = ? AND seq = 1",
			"INSERT INTO credits_trans (user_uuid, trans_type, credits, seq, op_seq, held, balance, available) " +
				"SELECT user_uuid, trans_type, credits, seq, op_seq, held, balance, available FROM credits_trans_archive " +
				"WHERE user_uuid = ? AND seq = 1",
		} {
			tx, err := t.DB.BeginTx(t.Context(), nil)
			require.NoError(t, err)
			_, err = tx.ExecContext(t.Context(), tamper, t.User)
			require.NoError(t, err)
			report, err := audit.Verify(t.Context(), tx, audit.VerifyParams{UserUUID: t.User})
			require.NoError(t, err)
			assert.NotEmpty(t, report.Breaches, tamper)
			_, err = audit.Rebuild(t.Context(), tx, audit.RebuildParams{UserUUID: t.User})
			require.ErrorIs(t, err, audit.ErrHistoryBroken, tamper)
			require.NoError(t, tx.Rollback())
		}
		t.Verified()
	}},
	{"Rebuild mends what says that there is an archive", func(t *teller) {
		t.Grant("g", 100)
		t.Charge("c", 1, start)
		t.Charge("d", 1, start)
		t.archive(1000)
		t.exec("UPDATE credits SET archived_seq = 1, balance = balance + 1, left_credits = left_credits + 1 WHERE user_uuid = ?", t.User)
		report, err := audit.Verify(t.Context(), t.DB, audit.VerifyParams{UserUUID: t.User})
		require.NoError(t, err)
		assert.Contains(t, fmt.Sprint(report.Breaches), "archived_seq is 1, history says 2")
		rebuilt, err := audit.Rebuild(t.Context(), t.DB, audit.RebuildParams{UserUUID: t.User})
		require.NoError(t, err)
		assert.True(t, rebuilt.Written)
		t.exec("DELETE FROM credits WHERE user_uuid = ?", t.User)
		_, err = audit.Rebuild(t.Context(), t.DB, audit.RebuildParams{UserUUID: t.User})
		require.NoError(t, err)
		assert.EqualValues(t, 2, t.Check().Row.ArchivedSeq)
		t.Verified()
	}},
	{"a dry run moves nothing, and says what would be", func(t *teller) {
		t.past()
		told := 0
		p := archive.Params{Before: hour(1000), UserUUID: t.User, Batch: 3, DryRun: true, Progress: func(archive.Progress) { told++ }}
		dry, err := archive.Run(t.Context(), t.DB, p)
		require.NoError(t, err)
		assert.Zero(t, t.Stored().Row.ArchivedSeq)
		assert.Greater(t, told, 1)
		assert.Contains(t, dry.Text(), "would be moved")
		assert.Equal(t, dry.Entries, t.archive(3))
		_, err = archive.Run(t.Context(), t.DB, archive.Params{})
		require.ErrorIs(t, err, dialect.ErrInvalid)
		_, err = archive.Restore(t.Context(), t.DB, archive.RestoreParams{Batch: -1})
		require.ErrorIs(t, err, dialect.ErrInvalid)
	}},
}

// past gives the account a history of operations of one entry and of many, and
// returns their keys.
func (t *teller) past() []string {
	t.Helper()
	t.Grant("g1", 10, 5)
	t.Grant("g2", 10, 6)
	t.Grant("g", 50)
	t.Charge("c", 25, start)
	t.Do(t.HoldOp("h", 10, hour(1), time.Hour))
	t.Do(t.CaptureOp("h", "p", 4, hour(1)))
	t.Do(t.HoldOp("h2", 5, hour(2), time.Hour))
	t.Do(credits.RefundParams{UserUUID: t.User, ChargeKey: "c", Amount: 7, Key: "r", At: hour(4)})
	t.Claw("cl", 20)
	t.Charge("last", 1, hour(7))
	return []string{"g1", "g2", "g", "c", "h", "p", "h2", "r", "cl", "last"}
}

// archive moves all that may be moved, batches of so many entries at a time.
func (t *teller) archive(batch int) int64 {
	t.Helper()
	report, err := archive.Run(t.Context(), t.DB, archive.Params{Before: hour(1000), UserUUID: t.User, Batch: batch})
	require.NoError(t, err)
	t.Check()
	return report.Entries
}

func (t *teller) operation(key string) *credits.Operation {
	t.Helper()
	return t.Must(credits.GetOperation(t.Context(), t.DB, credits.GetOperationParams{UserUUID: t.User, Key: key}))
}

func (t *teller) restore() int64 {
	t.Helper()
	report, err := archive.Restore(t.Context(), t.DB, archive.RestoreParams{UserUUID: t.User, Batch: 2})
	require.NoError(t, err)
	t.Check()
	return report.Entries
}

// everyRead is what all reads of history say.
func (t *teller) everyRead(keys []string) []any {
	t.Helper()
	ctx, out := t.Context(), []any{}
	add := func(got any, err error) {
		t.Helper()
		require.NoError(t, err)
		out = append(out, got)
	}
	for n := -1.0; n < 9; n += 0.5 {
		add(credits.BalanceAt(ctx, t.DB, credits.BalanceParams{UserUUID: t.User, At: hour(n)}))
	}
	for _, key := range keys {
		add(credits.GetOperation(ctx, t.DB, credits.GetOperationParams{UserUUID: t.User, Key: key}))
	}
	add(credits.GetHold(ctx, t.DB, credits.GetHoldParams{UserUUID: t.User, HoldKey: "h", At: hour(8)}))
	for _, p := range []credits.StatementParams{
		{}, {OldestFirst: true}, {From: hour(1), To: hour(4)}, {WithoutHolds: true, Limit: list.MaxLimit}, {Types: []string{"gift"}, To: hour(7)},
	} {
		p.UserUUID = t.User
		if p.Limit == 0 {
			p.Limit = 2
		}
		out = append(out, pageThrough(t, t.DB, p))
	}
	add(credits.Stats(ctx, t.DB, credits.StatsParams{UserUUID: t.User, From: start, To: hour(48), Period: credits.PeriodDay, At: hour(48)}))
	add(credits.ExpiringSoon(ctx, t.DB, credits.ExpiringSoonParams{UserUUID: t.User, At: hour(4), To: hour(100)}))
	add(audit.Head(ctx, t.DB, audit.HeadParams{UserUUID: t.User}))
	return out
}

// cutArchive cuts archiving and bringing back off at every exchange with the
// database. Each entry is in one place, and going on brings it to its end.
func cutArchive(t *testing.T, env *enginetest.Env) {
	f := newFaulty(t, env)
	for n := 1; ; n++ {
		require.Less(t, n, 100, "it never ends")
		tell := newTeller(t, env)
		_, err := credits.Post(t.Context(), env.DB, credits.PostParams{Ops: []credits.Op{
			tell.GrantOp("g", 10), tell.ChargeOp("c", 1, start), tell.ChargeOp("d", 1, start), tell.ChargeOp("e", 1, start),
		}})
		require.NoError(t, err)
		want := tell.Stored().Entries
		f.arm(cut{n, n%2 == 0})
		_, failed := archive.Run(t.Context(), f.db(), archive.Params{Before: hour(1000), UserUUID: tell.User})
		if failed == nil {
			_, failed = archive.Restore(t.Context(), f.db(), archive.RestoreParams{UserUUID: tell.User})
		}
		happened := f.disarm()
		assert.Equal(t, want, tell.Check().Entries, "cut %d", n)
		tell.archive(1000)
		assert.Equal(t, want, tell.Check().Entries)
		tell.Verified()
		if !happened {
			require.NoError(t, failed)
			return
		}
	}
}

// archiveBesideCharges archives one account by two and brings it back by one, while
// it is charged, and each charge repeated.
func archiveBesideCharges(t *testing.T, env *enginetest.Env) {
	const workers, calls = 2, 8
	tell := newTeller(t, env)
	tell.Grant("g", 1000)
	together(workers+3, func(worker int) {
		switch {
		case worker < workers:
			for i := range calls {
				op := tell.ChargeOp(fmt.Sprint(worker, ".", i), 1, hour(1))
				for _, replayed := range []bool{false, true} {
					got, err := credits.Charge(t.Context(), env.DB, op)
					if assert.NoError(t, err) {
						assert.Equal(t, replayed, got.Replayed)
					}
				}
			}
		default:
			for range 3 { // more, and each undoes the other's work for long
				var err error
				if worker > workers {
					_, err = archive.Run(t.Context(), env.DB, archive.Params{Before: hour(2), UserUUID: tell.User, Batch: 3})
				} else {
					_, err = archive.Restore(t.Context(), env.DB, archive.RestoreParams{UserUUID: tell.User})
				}
				assert.NoError(t, err)
			}
		}
	})
	assert.EqualValues(t, 1000-workers*calls, tell.Check().Row.Balance)
	tell.Verified()
}

// archiveForeignColumns has a column that the archive lacks, and then has it.
func archiveForeignColumns(t *testing.T, env *enginetest.Env) {
	tell := newTeller(t, env)
	tell.Grant("g", 10)
	tell.exec("ALTER TABLE credits_trans ADD COLUMN note varchar(20)")
	tell.exec("UPDATE credits_trans SET note = 'theirs' WHERE user_uuid = ?", tell.User)
	tell.Charge("c", 1, start)
	_, err := archive.Run(t.Context(), env.DB, archive.Params{Before: hour(1), UserUUID: tell.User})
	var columns *archive.ColumnsError
	require.ErrorAs(t, err, &columns)
	require.ErrorIs(t, err, archive.ErrColumns)
	assert.Equal(t, []string{"note"}, columns.Missing)
	tell.exec("ALTER TABLE credits_trans_archive ADD COLUMN note varchar(20)")
	_, err = archive.Run(t.Context(), env.DB, archive.Params{Before: hour(1), UserUUID: tell.User})
	require.NoError(t, err)
	var note string
	require.NoError(t, env.DB.NewRaw("SELECT note FROM credits_trans_archive WHERE user_uuid = ?", tell.User).Scan(t.Context(), &note))
	assert.Equal(t, "theirs", note)
}

// TestArchivedWhileAChargeWaits has a charge wait for the account while another uses
// its key, and while that is archived: no index has the key then, and the statement's
// snapshot does not show it.
func TestArchivedWhileAChargeWaits(t *testing.T) {
	t.Parallel()
	onServers(t, func(t *testing.T, env *enginetest.Env) {
		tell := newTeller(t, env)
		tell.Grant("g", 100)
		tell.Charge("before", 1, start)
		tell.archive(1000)
		op := tell.ChargeOp("k", 10, start)
		holder, err := env.DB.BeginTx(t.Context(), &sql.TxOptions{Isolation: sql.LevelReadCommitted})
		require.NoError(t, err)
		defer func() { _ = holder.Rollback() }()
		original, err := credits.Charge(t.Context(), holder, op)
		require.NoError(t, err)
		_, err = credits.Charge(t.Context(), holder, tell.ChargeOp("latest", 1, start))
		require.NoError(t, err)
		var replay *credits.Operation
		done := make(chan error, 1)
		go func() {
			var err error
			replay, err = credits.Charge(context.WithoutCancel(t.Context()), env.DB, op)
			done <- err
		}()
		tell.awaitWaiter(1)
		for _, statement := range []string{
			"INSERT INTO credits_trans_archive SELECT * FROM credits_trans WHERE user_uuid = ? AND seq <= 3",
			"DELETE FROM credits_trans WHERE user_uuid = ? AND seq <= 3",
			"UPDATE credits SET archived_seq = 3 WHERE user_uuid = ?",
		} {
			_, err := holder.ExecContext(t.Context(), statement, tell.User)
			require.NoError(t, err)
		}
		require.NoError(t, holder.Commit())
		require.NoError(t, <-done)
		tell.Same(original, replay)
		assert.EqualValues(t, 100-1-10-1, tell.Check().Row.Balance)
	})
}

// TestArchivedBehindASnapshot has a caller's transaction that keeps a snapshot from
// before a charge, which is archived meanwhile.
func TestArchivedBehindASnapshot(t *testing.T) {
	t.Parallel()
	for _, engine := range []dialect.Engine{dialect.MySQL, dialect.MariaDB} {
		t.Run(string(engine), func(t *testing.T) {
			t.Parallel()
			first := newTeller(t, enginetest.New(t, engine))
			first.Grant("g", 100)
			caller, err := first.DB.BeginTx(t.Context(), &sql.TxOptions{Isolation: sql.LevelRepeatableRead})
			require.NoError(t, err)
			defer func() { _ = caller.Rollback() }()
			var entries int
			require.NoError(t, caller.NewRaw("SELECT COUNT(*) FROM credits_trans").Scan(t.Context(), &entries))
			original := first.Charge("k", 10, start)
			first.Charge("latest", 1, start)
			first.archive(1000)
			second := first.on(caller)
			second.Same(original, second.Charge("k", 10, start))
			second.Do(credits.RefundParams{UserUUID: first.User, ChargeKey: "k", Amount: 4, Key: "r", At: start})
			second.Refuse(credits.RefundParams{UserUUID: first.User, ChargeKey: "k", Amount: 7, Key: "r2", At: start}, credits.ErrExceeds)
			second.Charge("new", 1, start)
			require.NoError(t, caller.Commit())
			assert.EqualValues(t, 100-10-1+4-1, first.Check().Row.Balance)
			first.Verified()
		})
	}
}
