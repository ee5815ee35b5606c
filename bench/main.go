package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"runtime/pprof"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/engines"
)

// options say what is raced, and for how long.
type options struct {
	engines  []string
	contests []string
	conns    []int
	accounts int
	rounds   int
	lap      time.Duration
	delay    time.Duration
	svg      string
	profile  string
	memory   string
	history  history
	weigh    bool
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	o, err := parse()
	if err != nil {
		return err
	}
	if o.profile != "" {
		file, err := os.Create(o.profile)
		if err != nil {
			return err
		}
		defer func() { _ = file.Close() }()
		if err := pprof.StartCPUProfile(file); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	if o.memory != "" {
		runtime.MemProfileRate = 512 // before anything is opened
		defer func() { _ = writeMemory(o.memory) }()
	}
	if o.weigh {
		return weigh(ctx, os.Stdout, o)
	}
	var table results
	for _, engine := range dialects() {
		if len(o.engines) > 0 && !slices.Contains(o.engines, string(engine)) {
			continue
		}
		found, err := raceOn(ctx, engine, o)
		if err != nil {
			return fmt.Errorf("%s: %w", engine, err)
		}
		table = append(table, found...)
	}
	table.print(os.Stdout)
	if o.svg == "" {
		return nil
	}
	return os.WriteFile(o.svg, []byte(table.svg()), 0o600)
}

func writeMemory(name string) error {
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	return pprof.Lookup("allocs").WriteTo(file, 0)
}

func parse() (options, error) {
	var o options
	names := flag.String("engines", "", "comma-separated, all when empty: postgresql,mysql,mariadb,sqlite")
	contests := flag.String("contests", "", "comma-separated, all when empty")
	conns := flag.String("conns", "1,16", "connections, and callers, of a contest")
	flag.IntVar(&o.accounts, "accounts", 10_000, "accounts that charges are spread over; 1 is a hot account")
	flag.IntVar(&o.rounds, "rounds", 5, "laps of each contestant; the median counts")
	flag.DurationVar(&o.lap, "lap", 2*time.Second, "how long a lap lasts")
	flag.DurationVar(&o.delay, "delay", 0, "network between the callers and the server, there and back")
	flag.IntVar(&o.history.entries, "entries", 0, "history of all accounts, for the contests History/…")
	flag.IntVar(&o.history.product, "product", 0, "users of a product beside the accounts, with all that they did, for the same")
	flag.IntVar(&o.history.long, "long", 0, "entries of one account, for the contests One account/…")
	flag.IntVar(&o.history.grants, "grants", 0, "live grants of another account, for the same")
	flag.BoolVar(&o.weigh, "weigh", false, "print what work writes and what its rows take, on PostgreSQL, instead of a race")
	flag.StringVar(&o.svg, "svg", "", "a file to draw the ratios into")
	flag.StringVar(&o.profile, "cpuprofile", "", "a file to write a CPU profile of this process into")
	flag.StringVar(&o.memory, "memprofile", "", "a file to write a profile of this process's allocations into")
	flag.Parse()
	o.engines, o.contests = split(*names), split(*contests)
	for _, text := range split(*conns) {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return o, fmt.Errorf("-conns %q: want numbers from 1", *conns)
		}
		o.conns = append(o.conns, n)
	}
	if o.accounts < 1 || o.rounds < 1 || o.lap <= 0 {
		return o, fmt.Errorf("-accounts, -rounds and -lap are positive")
	}
	return o, nil
}

func split(list string) []string {
	return strings.FieldsFunc(list, func(r rune) bool { return r == ',' })
}

// dialects are the engines that the environment names, and SQLite.
func dialects() []dialect.Engine {
	var found []dialect.Engine
	for _, engine := range engines.OfServers() {
		if _, ok := engines.FromEnvironment(engine); ok {
			found = append(found, engine)
		}
	}
	return append(found, dialect.SQLite)
}
