package provision

import (
	"context"
	"net/netip"
	"runtime"
	"strings"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/network"
	"github.com/moby/moby/client"
	"github.com/testcontainers/testcontainers-go"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/engines"
	"github.com/chameleon-go/chameleon/internal/engines/program"
)

// A published port is served by a process of Docker's that copies each packet from one
// connection to another. With statements as small as those of tests it takes as much of
// a processor as the server does. A container in the host's network needs none.

// sharesNetwork reports whether a container may be in the network of this process: the
// daemon runs on this machine, and not in one of its own.
func sharesNetwork(ctx context.Context, docker *testcontainers.DockerClient) bool {
	if runtime.GOOS != "linux" || !strings.HasPrefix(docker.DaemonHost(), "unix:") {
		return false
	}
	about, err := docker.Info(ctx, client.InfoOptions{})
	if err != nil || about.Info.OperatingSystem == "Docker Desktop" {
		return false
	}
	for _, option := range about.Info.SecurityOptions {
		if strings.HasPrefix(option, "name=rootless") || strings.HasPrefix(option, "name=userns") {
			return false
		}
	}
	return true
}

// inHostNetwork starts a container that listens on a free port of the loopback
// interface.
func (r *Run) inHostNetwork(ctx context.Context, image string, engine dialect.Engine) (engines.Server, error) {
	port, err := program.FreePort(ctx)
	if err != nil {
		return engines.Server{}, err
	}
	return r.start(ctx, image, engine, port)
}

func inNetworkOfHost() testcontainers.ContainerCustomizer {
	return testcontainers.WithHostConfigModifier(func(host *container.HostConfig) { host.NetworkMode = network.NetworkHost })
}

// published has Docker listen on a port of the loopback interface that it chooses.
func published(engine dialect.Engine) []testcontainers.ContainerCustomizer {
	return []testcontainers.ContainerCustomizer{
		testcontainers.WithExposedPorts(containerPort(engine)),
		testcontainers.WithHostConfigModifier(func(host *container.HostConfig) {
			port := network.MustParsePort(containerPort(engine))
			host.PortBindings = network.PortMap{port: {{HostIP: netip.MustParseAddr("127.0.0.1")}}}
		}),
	}
}

// listens are the flags of a server in the host's network. Any other listens as its image
// has it, but for Redis, which would answer within its container alone.
func listens(engine dialect.Engine, port string) []string {
	switch {
	case engine == engines.Redis && port == "":
		return []string{"--bind", "0.0.0.0"}
	case engine == engines.Redis:
		return []string{"--bind", "127.0.0.1", "--port", port}
	case port == "":
		return nil
	case engine == dialect.PostgreSQL:
		return []string{"-c", "listen_addresses=127.0.0.1", "-c", "port=" + port}
	}
	return []string{"--bind-address=127.0.0.1", "--port=" + port}
}
