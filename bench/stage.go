package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/apikeys"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/credits/charger"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/engines"
)

// stage is a database of its own, with accounts, and those who work on it.
type stage struct {
	engine  dialect.Engine
	conns   int
	users   []string
	keys    []apikeys.Secret
	hashes  []string
	library *bun.DB
	charger *charger.Charger
	floor   floor
	naive   *naive
	server  *server
	drop    func() error
	// readers is how many users have a page of statement and of generations, which
	// are those.
	readers     int
	generations []string
	// empty is a stage without the history that this one was given, nil for none.
	empty *stage
}

// newStage makes the database and fills it.
func newStage(ctx context.Context, engine dialect.Engine, conns int, o options) (*stage, error) {
	s := &stage{engine: engine, conns: conns}
	at, err := s.create(ctx)
	if err != nil {
		return nil, err
	}
	if err = s.fill(ctx, at, o); err == nil && o.history.wanted() {
		young := o
		young.history = history{}
		s.empty, err = newStage(ctx, engine, conns, young)
	}
	if err == nil {
		return s, nil
	}
	return nil, errors.Join(err, s.close())
}

// create makes an empty database and returns its URL.
func (s *stage) create(ctx context.Context) (string, error) {
	if s.engine == dialect.SQLite {
		dir, err := os.MkdirTemp("", "chameleon-bench-")
		s.drop = func() error { return os.RemoveAll(dir) }
		return "sqlite://" + filepath.Join(dir, "bench.db"), err
	}
	server, _ := engines.FromEnvironment(s.engine)
	u, err := url.Parse(server.URL)
	if err != nil {
		return "", errors.New("the server's URL cannot be parsed")
	}
	name := "chameleon_bench_" + strings.ToLower(rand.Text())
	admin, err := chameleon.Open(ctx, server.URL, chameleon.WithPoolSize(1))
	if err != nil {
		return "", err
	}
	s.drop = func() error {
		_, err := admin.ExecContext(context.WithoutCancel(ctx), "DROP DATABASE "+name)
		return errors.Join(err, admin.Close())
	}
	if _, err := admin.ExecContext(ctx, "CREATE DATABASE "+name); err != nil {
		return "", errors.Join(err, admin.Close())
	}
	s.server = newServer(ctx, s.engine, admin)
	u.Path = "/" + name
	return u.String(), nil
}

// fill pushes the schema and gives every user credits and a key.
func (s *stage) fill(ctx context.Context, at string, o options) error {
	near, err := chameleon.Open(ctx, at, chameleon.WithPoolSize(4), quiet())
	if err != nil {
		return err
	}
	if _, err = chameleon.Push(ctx, near); err == nil {
		err = s.populate(ctx, near, o.accounts)
	}
	if err == nil {
		err = s.grow(ctx, near, o.history)
	}
	if err = errors.Join(err, near.Close()); err != nil {
		return err
	}
	if o.delay > 0 && s.engine != dialect.SQLite {
		if at, err = delayed(at, o.delay); err != nil {
			return err
		}
	}
	if s.library, err = chameleon.Open(ctx, at, chameleon.WithPoolSize(s.conns), quiet()); err != nil {
		return err
	}
	if s.charger, err = charger.New(charger.Params{DB: s.library, Lanes: lanes(s.engine, s.conns)}); err != nil {
		return err
	}
	s.naive = &naive{s.library}
	if s.floor, err = openFloor(ctx, s.engine, at, s.conns); err != nil {
		return err
	}
	return s.floor.prepare(ctx, s.users)
}

// lanes are a charger's, no more than there are connections.
func lanes(engine dialect.Engine, conns int) int {
	if engine == dialect.SQLite {
		return 1
	}
	return min(conns, charger.DefaultLanes)
}

// quiet leaves slow queries out of what is printed.
func quiet() chameleon.Option { return chameleon.WithLogger(slog.New(slog.DiscardHandler)) }

// wealth is more than a race can spend.
const wealth = 1 << 40

func (s *stage) populate(ctx context.Context, db *bun.DB, accounts int) error {
	var grants []credits.Op
	for i := range accounts {
		user := uuid.NewString()
		s.users = append(s.users, user)
		grants = append(grants, credits.GrantParams{UserUUID: user, Amount: wealth, Type: credits.TypeSystemAdd, Key: "wealth"})
		if len(grants) == credits.MaxBatch || i == accounts-1 {
			if _, err := credits.Post(ctx, db, credits.PostParams{Ops: grants, AllOrNothing: true}); err != nil {
				return err
			}
			grants = nil
		}
	}
	for _, user := range s.users[:min(accounts, 200)] {
		key, err := apikeys.Create(ctx, db, apikeys.CreateParams{UserUUID: user, Name: "bench"})
		if err != nil {
			return err
		}
		if _, err := apikeys.Authenticate(ctx, db, apikeys.AuthenticateParams{Key: key.Secret}); err != nil { // notes its use
			return err
		}
		s.keys = append(s.keys, key.Secret)
	}
	if err := s.settle(ctx, db); err != nil {
		return err
	}
	return db.NewSelect().Table("apikeys").Column("key").OrderExpr("id").Scan(ctx, &s.hashes)
}

func (s *stage) close() error {
	var err error
	if s.empty != nil {
		err = s.empty.close()
	}
	if s.floor != nil {
		err = errors.Join(err, s.floor.close())
	}
	if s.library != nil {
		err = errors.Join(err, s.library.Close())
	}
	if s.drop != nil {
		err = errors.Join(err, s.drop())
	}
	return err
}

// newKey is a key that is ordered by time, as an application's are.
func newKey() string { return uuid.Must(uuid.NewV7()).String() }

// floor is what a team writes by hand for the engine at hand, at its best: safe,
// durable, prepared, in as few round trips as there can be, and nothing else.
type floor interface {
	prepare(ctx context.Context, users []string) error
	// charge takes a credit and adds an entry; with gen, a generation, too.
	charge(ctx context.Context, user, key, gen string) error
	// read reads the library's own rows, by one of the queries.
	read(ctx context.Context, query, arg string) error
	close() error
}

func openFloor(ctx context.Context, engine dialect.Engine, at string, conns int) (floor, error) {
	switch engine {
	case dialect.PostgreSQL:
		return openPostgres(ctx, at, conns)
	case dialect.MySQL, dialect.MariaDB:
		return openMySQL(engine, at, conns)
	case dialect.SQLite:
		return openSQLite(at, conns)
	}
	return nil, fmt.Errorf("no floor for %s", engine)
}

// errRefused means that the floor charged nothing: everybody is rich.
var errRefused = errors.New("refused")

// now is the time of a row, as the engines store it.
func now() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }

// prompt is as long as one is.
const prompt = "A lighthouse on a cliff at dusk, long exposure, in the style of a travel poster"
