package storm

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/internal/torture/client"
	"github.com/chameleon-go/chameleon/internal/torture/power"
)

// The power fails at this many moments of a client's work, which lasts a part
// of the run.
const (
	failures  = 30
	powerPart = 4
	powerMost = 15 * time.Second
)

// failPower lets a client work under a trace and judges what power failures
// would have left of its database. Without strace the table has no such fault.
func failPower(ctx context.Context, o Options, report *Report, parameters string) error {
	if _, err := exec.LookPath(power.Strace); err != nil {
		fmt.Fprintln(o.Log, "torture: sqlite: no power failures:", err)
		return nil
	}
	dir := filepath.Join(o.Dir, "power")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	c := power.Case{
		Trace: filepath.Join(dir, "trace"), Log: filepath.Join(dir, "client.log"), Dir: dir, Out: o.Log,
		Database: filepath.Join(dir, "power.db"),
	}
	db, err := chameleon.Open(ctx, "sqlite://"+c.Database)
	if err != nil {
		return err
	}
	people, err := furnish(ctx, db)
	if err != nil {
		return err
	}
	if err := db.Close(); err != nil { // moves the log into the file
		return err
	}
	if c.Before, err = os.ReadFile(c.Database); err != nil {
		return err
	}
	config := client.Config{
		Name: "power", Life: 1, Seed: o.Seed, URL: "sqlite://" + c.Database + parameters, Log: c.Log, Workers: 3, Pool: 4, Users: people,
		Shortest: 20 * time.Millisecond, Longest: o.Longest, Only: o.Only,
	}
	if err := traced(ctx, config, c.Trace, min(o.Time/powerPart, powerMost)); err != nil {
		return err
	}
	done, found, err := c.Check(ctx, rand.New(rand.NewPCG(o.Seed, 1)), failures)
	if err != nil {
		return fmt.Errorf("power: %w", err)
	}
	report.countAll(map[string]int{"power failure": done})
	report.find(found...)
	fmt.Fprintf(o.Log, "torture: sqlite: %d power failures: %d found\n", done, len(found))
	return nil
}

// traced runs a client under a trace for a while.
func traced(ctx context.Context, config client.Config, trace string, d time.Duration) error {
	program, err := os.Executable()
	if err != nil {
		return err
	}
	text, err := config.Encode()
	if err != nil {
		return err
	}
	cmd := power.Command(ctx, trace, program)
	cmd.Env = append(os.Environ(), ClientVariable+"="+text)
	errs := new(tailBuffer)
	cmd.Stderr = errs
	say, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	pause(ctx, d)
	if _, err := io.WriteString(say, client.SayStop+"\n"); err != nil {
		return fmt.Errorf("traced client: %w\n%s", err, errs.text())
	}
	if err := cmd.Wait(); err != nil {
		return fmt.Errorf("traced client: %w\n%s", err, errs.text())
	}
	return nil
}
