// Command torture runs client processes of the product against each engine
// through faults of every kind, and judges what they were told and what is
// stored by a plain model of its own.
//
//	torture [-engine all|NAME,…] [-time 2m] [-seed N] [flags]
//	torture -mutants [-mutant REGEXP]
//
// It prints its seed and, at the end, a table in Markdown of what was injected
// and what came of it. It ends with status 1 when something does not fit; the
// clients' logs are then kept. The seed decides the operations and the faults
// that are chosen; the scheduler decides how they meet. With -mutants it runs
// in the module's root and shows that it can fail.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/signal"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/servers/provision"
	"github.com/chameleon-go/chameleon/internal/torture/client"
	"github.com/chameleon-go/chameleon/internal/torture/history"
	"github.com/chameleon-go/chameleon/internal/torture/storm"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := dispatch(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "torture:", err)
		os.Exit(1)
	}
}

func dispatch(ctx context.Context) error {
	if text := os.Getenv(storm.ClientVariable); text != "" {
		config, err := client.Decode(text)
		if err != nil {
			return err
		}
		// An interrupt at the terminal is the coordinator's to answer.
		return client.Run(context.WithoutCancel(ctx), config, os.Stdin, os.Stdout)
	}
	var mutated bool
	var pattern string
	flag.BoolVar(&mutated, "mutants", false, "break the code in ways that only faults show, and see how soon each is found")
	flag.StringVar(&pattern, "mutant", "", "with -mutants, only those whose names match this regular expression")
	options, engines, err := parse()
	if err != nil {
		return err
	}
	if mutated {
		return tryMutants(ctx, pattern)
	}
	return torture(ctx, options, engines)
}

// parse reads the command line.
func parse() (storm.Options, []dialect.Engine, error) {
	o := storm.Options{Log: os.Stderr, Start: startServer}
	names := flag.String("engine", "all", "the engines, by name, with commas between")
	only := flag.String("only", "", "narrow the mix to these verbs, with commas between")
	flag.DurationVar(&o.Time, "time", 2*time.Minute, "how long a run on each engine may last, from its server's start on")
	flag.DurationVar(&o.Round, "round", 20*time.Second, "how long they work on one database")
	flag.Uint64Var(&o.Seed, "seed", 0, "the seed; 0 draws one")
	flag.IntVar(&o.Clients, "clients", 4, "how many client processes work at once")
	flag.DurationVar(&o.Longest, "longest", 15*time.Second, "the longest deadline of a caller")
	flag.BoolVar(&o.KeepServer, "keep-server", false, "leave the server's process alone: one client in three connects directly")
	flag.BoolVar(&o.FirstFinding, "first", false, "end at the first database on which something is found")
	flag.StringVar(&o.Parameters, "sqlite-parameters", "", "added to SQLite's URL where the power fails, such as ?_pragma=synchronous(NORMAL)")
	flag.StringVar(&o.Dir, "dir", "", "where the clients' logs go; a temporary folder by default")
	flag.Parse()
	for o.Seed == 0 {
		o.Seed = rand.Uint64N(1_000_000)
	}
	if *only != "" {
		for verb := range strings.SplitSeq(*only, ",") {
			o.Only = append(o.Only, history.Verb(verb))
		}
	}
	known := []dialect.Engine{dialect.SQLite, dialect.PostgreSQL, dialect.MySQL, dialect.MariaDB}
	if *names == "all" {
		return o, known, nil
	}
	var engines []dialect.Engine
	for name := range strings.SplitSeq(*names, ",") {
		for _, engine := range known {
			if string(engine) == name {
				engines = append(engines, engine)
			}
		}
	}
	if len(engines) == 0 {
		return o, nil, fmt.Errorf("-engine %q: want all or some of %v", *names, known)
	}
	return o, engines, nil
}

// torture runs the engines side by side and prints the table.
func torture(ctx context.Context, o storm.Options, engines []dialect.Engine) (err error) {
	if o.Dir == "" {
		if o.Dir, err = os.MkdirTemp("", "chameleon-torture-"); err != nil {
			return err
		}
	}
	fmt.Printf("torture: seed %d, logs in %s\n", o.Seed, o.Dir)
	reports, errs := make([]*storm.Report, len(engines)), make([]error, 2*len(engines))
	var group sync.WaitGroup
	for i, engine := range engines {
		o := o
		o.Engine = engine
		group.Go(func() { reports[i], errs[i] = storm.Run(ctx, o) })
	}
	group.Wait()
	reports = slices.DeleteFunc(reports, func(r *storm.Report) bool { return r == nil })
	for i, report := range reports {
		errs[len(engines)+i] = tell(report)
	}
	fmt.Printf("\n%s", storm.Table(reports))
	if err := errors.Join(errs...); err != nil {
		return err
	}
	return os.RemoveAll(o.Dir)
}

// shown is how many findings are printed of an engine.
const shown = 40

// tell prints what was found, and returns it as an error.
func tell(report *storm.Report) error {
	if len(report.Findings) == 0 {
		return nil
	}
	rules := map[string]int{}
	for i, finding := range report.Findings {
		rules[finding.Rule]++
		if i < shown {
			fmt.Printf("%s: %s\n", report.Engine, finding)
		}
	}
	return fmt.Errorf("%s: %d findings with seed %d: %v", report.Engine, len(report.Findings), report.Seed, rules)
}

// startServer starts a server of a run's own, in a container.
func startServer(ctx context.Context, engine dialect.Engine, log io.Writer) (storm.Machine, error) {
	solo, err := provision.StartSolo(ctx, engine, log)
	if err != nil {
		return nil, err
	}
	return solo, nil
}
