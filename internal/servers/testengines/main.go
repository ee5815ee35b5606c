// Command testengines starts the database servers that the tests run on.
//
//	testengines [-versions newest|oldest] [-build=false] [-source any|docker|programs] [-durable] run COMMAND…
//
// runs a command, with the servers named in its environment, prints which
// servers the tests ran on, stops the servers and ends with the command's
// status. It does so too when it is interrupted.
//
//	testengines [-versions newest|oldest] [-build=false] get
//
// has Docker hold the images that servers are started from, and starts none.
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

	"github.com/chameleon-go/chameleon/internal/servers/provision"
)

// stopTimeout bounds the stopping of the servers.
const stopTimeout = time.Minute

func main() {
	versions := flag.String("versions", string(provision.Newest), "newest or oldest versions of the servers")
	build := flag.Bool("build", true, "make images from Debian's packages where no registry answers")
	sources := flag.String("source", string(provision.AnySource), "where servers come from: docker, programs (of this machine) or any")
	durable := flag.Bool("durable", false, "servers that keep on disk what they commit, with stock settings")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	status, err := dispatch(ctx, provision.Options{
		Versions: provision.Versions(*versions), Build: *build, Sources: provision.Sources(*sources), Durable: *durable, Log: os.Stderr,
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
	case len(args) == 1 && args[0] == "get":
		return 0, provision.Get(ctx, options)
	case len(args) >= 2 && args[0] == "run":
		return run(ctx, options, args[1:])
	}
	return 2, errors.New("usage: testengines [flags] run COMMAND…, or testengines [flags] get")
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
