package storm

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/torture/client"
	"github.com/chameleon-go/chameleon/internal/torture/judge"
	"github.com/chameleon-go/chameleon/users"
)

// Run tortures one engine and reports. Its error says why it could not go on;
// what does not fit is in the report.
func Run(ctx context.Context, o Options) (_ *Report, err error) {
	report := &Report{Engine: o.Engine, Seed: o.Seed}
	place, err := newSite(ctx, o, report)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, place.close(context.WithoutCancel(ctx))) }()
	report.Version = place.version()
	end := time.Now().Add(o.Time)
	if o.Engine == dialect.SQLite {
		if err := failPower(ctx, o, report, o.Parameters); err != nil {
			return report, err
		}
	}
	for ctx.Err() == nil {
		working, enough := roundTime(o.Round, time.Until(end))
		if !enough && report.Rounds > 0 {
			break
		}
		r := round{Options: o, report: report, place: place, number: report.Rounds}
		r.Round = working
		if err := r.run(ctx); err != nil {
			return report, fmt.Errorf("%s, round %d: %w", o.Engine, r.number, err)
		}
		report.Rounds++
		if o.FirstFinding && len(report.Findings) > 0 {
			break
		}
	}
	report.countAll(place.faults())
	return report, ctx.Err()
}

// roundTime is how long clients may work on the next database, and whether that
// is worth its making.
func roundTime(round, left time.Duration) (working time.Duration, enough bool) {
	shortest := round / 3
	return min(round, max(left, shortest)), left >= shortest
}

func newSite(ctx context.Context, o Options, report *Report) (site, error) {
	if o.Engine == dialect.SQLite {
		return newFile(o, report)
	}
	return newServer(ctx, o, report)
}

// round is one database and its clients.
type round struct {
	Options

	report *Report
	place  site
	number int

	random *rand.Rand
	db     *bun.DB
	fleet  *fleet
	logs   []string // besides those of the fleet
}

// judgePool is how many connections the judge has, and what furnishes the
// database before.
const judgePool = 4

// accounts is how many users the clients share: few, so that they meet.
const accounts = 6

func (r *round) run(ctx context.Context) error {
	seed := r.Seed + uint64(r.number)*1_000_003
	r.random = rand.New(rand.NewPCG(seed, 0))
	r.place.calm(true)
	url, err := r.place.prepare(ctx, r.number)
	if err != nil {
		return err
	}
	if r.db, err = chameleon.Open(ctx, url, chameleon.WithPoolSize(judgePool)); err != nil {
		return err
	}
	defer func() { _ = r.db.Close() }() // says that idle connections were dead, as many are here
	people, err := furnish(ctx, r.db)
	if err != nil {
		return err
	}
	dir := filepath.Join(r.Dir, fmt.Sprintf("%s-%d", r.Engine, r.number))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if err := r.refuseLate(ctx, dir, people[0]); err != nil {
		return fmt.Errorf("a charge delivered late: %w", err)
	}
	if r.FirstFinding && len(r.report.Findings) > 0 {
		return nil
	}
	if r.fleet, err = newFleet(ctx, r.Options, dir, seed, r.place.clientURL, people); err != nil {
		return err
	}
	defer r.fleet.killAll()
	if err := r.work(ctx); err != nil {
		return err
	}
	if len(r.report.Findings) == 0 {
		return os.RemoveAll(dir)
	}
	return nil
}

// furnish makes the schema, the callers' own table and the users.
func furnish(ctx context.Context, db *bun.DB) ([]client.User, error) {
	if _, err := chameleon.Push(ctx, db); err != nil {
		return nil, err
	}
	if _, err := db.ExecContext(ctx, "CREATE TABLE torture_notes (id varchar(100) PRIMARY KEY, user_uuid varchar(255) NOT NULL)"); err != nil {
		return nil, err
	}
	var people []client.User
	for i := range accounts {
		p := users.CreateParams{Email: fmt.Sprintf("first%d@example.com", i)}
		if i > 0 && i%2 == 1 {
			p.InviteCode = people[0].Code
		}
		made, err := users.Create(ctx, db, p)
		if err != nil {
			return nil, err
		}
		people = append(people, client.User{UUID: made.User.UUID, Code: made.User.InviteCode})
	}
	return people, nil
}

// work lets the clients work: a while without faults, the first time, then
// with them, with a check at a random moment and one at the end.
func (r *round) work(ctx context.Context) error {
	if r.number == 0 {
		if err := r.measureCalm(ctx); err != nil {
			return err
		}
	}
	before := r.tale().Counts().OK
	first := time.Duration(float64(r.Round) * (0.3 + 0.4*r.random.Float64()))
	for i, part := range []time.Duration{first, r.Round - first} {
		r.place.calm(false)
		if err := r.storm(ctx, part); err != nil {
			return err
		}
		r.report.Worked += part
		r.place.calm(true)
		last := i == 1
		if err := r.check(ctx, last); err != nil {
			return err
		}
		if last {
			break
		}
		if err := r.fleet.tellAll(client.SayGo); err != nil {
			return err
		}
	}
	counts := r.tale().Counts()
	r.report.addCounts(counts)
	r.report.Stormy = (r.report.Stormy*float64(r.number) + float64(counts.OK-before)/r.Round.Seconds()) / float64(r.number+1)
	return nil
}

// calmTime is how long the speed without faults is measured.
const calmTime = 3 * time.Second

func (r *round) measureCalm(ctx context.Context) error {
	pause(ctx, calmTime/3) // connections and caches
	before := r.tale().Counts().OK
	pause(ctx, calmTime)
	r.report.Calm = float64(r.tale().Counts().OK-before) / calmTime.Seconds()
	return nil
}

// storm makes one event after the other until the time is over.
func (r *round) storm(ctx context.Context, d time.Duration) error {
	events := append([]event{{"client killed and started again", r.fleet.crash}}, r.place.events()...)
	for end := time.Now().Add(d); ctx.Err() == nil; {
		pause(ctx, min(time.Until(end), time.Duration(200+r.random.IntN(1500))*time.Millisecond))
		if !time.Now().Before(end) {
			return nil
		}
		e := events[r.random.IntN(len(events))]
		r.report.count(e.name)
		if err := e.do(ctx, r.random); err != nil {
			return fmt.Errorf("%s: %w", e.name, err)
		}
	}
	return ctx.Err()
}

// check brings everything to rest and judges.
func (r *round) check(ctx context.Context, last bool) error {
	stop := func() error { return r.fleet.tellAll(client.SayPause) }
	if last {
		stop = r.fleet.stop
	}
	// A call that outlives its deadline keeps its client from coming to rest. Its
	// line is cut then, so that the call ends, and its log tells.
	stuck := time.AfterFunc(r.Longest+judge.Margin+5*time.Second, r.place.release)
	defer stuck.Stop()
	if err := stop(); err != nil {
		r.report.find(judge.Finding{Rule: "a client comes to rest", Detail: err.Error()})
		return nil
	}
	left, err := r.place.settle(ctx)
	if err != nil {
		return err
	}
	for _, what := range left {
		r.report.find(judge.Finding{Rule: "no transaction is left open", Detail: what})
	}
	tale := r.tale()
	for _, report := range tale.Reports() {
		if report.InUse > 0 {
			r.report.find(judge.Finding{Rule: "no connection is left in use", Detail: fmt.Sprintf("%d\n%s", report.InUse, report.Stacks)})
		}
		if report.Goroutines > 0 {
			r.report.find(judge.Finding{Rule: "no goroutine is left", Detail: fmt.Sprintf("%d\n%s", report.Goroutines, report.Stacks)})
		}
	}
	r.forgetConnections()
	found, err := judge.Judge(ctx, r.db, tale)
	if err != nil {
		return err
	}
	r.report.find(found...)
	r.report.Checks++
	counts := tale.Counts()
	fmt.Fprintf(r.Log, "torture: %s, database %d: %d operations, %d acknowledged, %d refused, %d unknown: %d found\n",
		r.Engine, r.number, counts.Operations, counts.OK, counts.Refused, counts.Unknown, len(found))
	return nil
}

// forgetConnections closes the judge's idle connections: the server behind them
// may have been killed since they were last used, which its reads would meet as
// a fault of their own.
func (r *round) forgetConnections() {
	r.db.SetMaxIdleConns(-1)
	r.db.SetMaxIdleConns(judgePool)
}

// tale is what the clients have written down so far.
func (r *round) tale() *judge.Tale {
	tale, err := judge.Listen(append(r.fleet.logs(), r.logs...))
	if err != nil {
		r.report.find(judge.Finding{Rule: "clients' logs can be read", Detail: err.Error()})
		return new(judge.Tale)
	}
	return tale
}
