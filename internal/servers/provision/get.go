package provision

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/engines"
)

// Get has the daemon hold the images that [Start] would take, in parallel, and starts
// nothing. Engines that a URL names need none.
func Get(ctx context.Context, options Options) error {
	if options.Versions == "" {
		options.Versions = Newest
	}
	if err := configureTestcontainers(); err != nil {
		return err
	}
	r := &Run{options: options}
	servers := engines.OfServers()
	errs := make([]error, len(servers))
	var group sync.WaitGroup
	for i, engine := range servers {
		if _, given := engines.FromEnvironment(engine); !given {
			group.Go(func() { errs[i] = r.get(ctx, engine) })
		}
	}
	group.Wait()
	return errors.Join(errs...)
}

// get has the daemon hold one engine's image.
func (r *Run) get(ctx context.Context, engine dialect.Engine) error {
	docker, err := dockerClient(ctx)
	if err != nil {
		return fmt.Errorf("%s: %w", engine, err)
	}
	defer func() { _ = docker.Close() }() // nothing is sent when it closes
	image, err := r.image(ctx, docker.Client, engine)
	if err != nil {
		return fmt.Errorf("%s: %w", engine, err)
	}
	r.logf("%s: image %s", engine, image)
	return nil
}
