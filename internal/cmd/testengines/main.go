// Command testengines starts the database servers that the tests run on.
//
//	testengines [-versions newest|oldest] [-build=false] [-source any|docker|programs] run COMMAND…
//
// runs a command, with the servers named in its environment, prints which
// servers the tests ran on, stops the servers and ends with the command's
// status. It does so too when it is interrupted.
//
//	testengines keep
//
// keeps servers in the background for test binaries that find none in their
// environment: internal/enginetest starts it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/chameleon-go/chameleon/internal/engines"
	"github.com/chameleon-go/chameleon/internal/engines/provision"
)

// idleTime is how long a keeper waits for the next test binary. One that
// reached less than everything leaves sooner, so that the next run looks again.
const (
	idleTime        = 60 * time.Second
	idleTimeMissing = 5 * time.Second
	stopTimeout     = time.Minute
)

func main() {
	versions := flag.String("versions", string(provision.Newest), "newest or oldest versions of the servers")
	build := flag.Bool("build", true, "make images from Debian's packages where no registry answers")
	sources := flag.String("source", string(provision.AnySource), "where servers come from: docker, programs (of this machine) or any")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	status, err := dispatch(ctx, provision.Options{
		Versions: provision.Versions(*versions), Build: *build, Sources: provision.Sources(*sources), Log: os.Stderr,
	}, flag.Args())
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "testengines:", err)
		status = max(status, 1)
	}
	os.Exit(status)
}

func dispatch(ctx context.Context, options provision.Options, args []string) (int, error) {
	if !options.Versions.Valid() {
		return 2, fmt.Errorf("-versions %q: want newest or oldest", options.Versions)
	}
	if !options.Sources.Valid() {
		return 2, fmt.Errorf("-source %q: want any, docker or programs", options.Sources)
	}
	switch {
	case len(args) > 1 && args[0] == "run":
		return run(ctx, options, args[1:])
	case len(args) == 1 && args[0] == "keep":
		options.Build = false // takes minutes and root, which a bare `go test` should not ask for
		return 0, keep(ctx, options)
	default:
		return 2, errors.New("usage: testengines [flags] run COMMAND… | keep")
	}
}

// keep serves test binaries until none is left.
func keep(ctx context.Context, options provision.Options) error {
	var servers *provision.Run
	start := func(ctx context.Context) (_ *engines.Fleet, idle time.Duration, err error) {
		if servers, err = provision.Start(ctx, options); err != nil {
			return nil, 0, err
		}
		if len(servers.Fleet.Missing) > 0 {
			return &servers.Fleet, idleTimeMissing, nil
		}
		return &servers.Fleet, idleTime, nil
	}
	return engines.Keep(ctx, start, func() error { return stopServers(ctx, servers) })
}

func stopServers(ctx context.Context, servers *provision.Run) error {
	if servers == nil {
		return nil
	}
	// An interrupt ends the wait, not the cleaning up.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer cancel()
	return servers.Stop(ctx)
}
