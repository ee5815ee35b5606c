package provision

import (
	"context"
	_ "embed" // the script below
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"syscall"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"
	"github.com/testcontainers/testcontainers-go"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/engines"
)

// keepData is the entry point of a solo server: it keeps its data when it is
// started again, which the images made from Debian's packages do not.
//
//go:embed debian/keep-data.sh
var keepData string

// Solo is a server in a container that belongs to one caller, who may kill it,
// freeze it and start it again. Its data outlives its process, as after a
// crash of the program and not of the machine.
//
// It is reached at the container's own address. Docker's proxy for published
// ports stands between two connections, and hides what a client that closes
// its own does to the server's answers.
type Solo struct {
	engines.Server

	run     *Run
	docker  *testcontainers.DockerClient
	started testcontainers.Container
}

// Where says how the server is reached, which a restart may change.
func (s *Solo) Where() engines.Server { return s.Server }

// StartSolo starts a server of one engine from an image that the daemon holds
// or can get, as [Start] does. The caller stops it, also when ctx has ended.
func StartSolo(ctx context.Context, engine dialect.Engine, log io.Writer) (_ *Solo, err error) {
	if err := configureTestcontainers(); err != nil {
		return nil, err
	}
	r := &Run{options: Options{Versions: Newest, Build: true, Log: log}, password: "torture"}
	r.removeOrphans(ctx)
	docker, err := dockerClient(ctx)
	if err != nil {
		return nil, err
	}
	s := &Solo{run: r, docker: docker}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Stop(context.WithoutCancel(ctx)))
		}
	}()
	image, err := r.image(ctx, docker.Client, engine)
	if err != nil {
		return nil, err
	}
	s.started, err = testcontainers.Run(ctx, image, soloOptions(engine, r.password)...)
	if err != nil {
		return nil, fmt.Errorf("container of %s: %w", image, err)
	}
	s.Server = engines.Server{Engine: engine, Source: "container image " + image}
	if err := s.locate(ctx); err != nil {
		return nil, err
	}
	s.Version, err = waitReady(ctx, engine, s.URL, r.endOf(ctx, s.started))
	if err != nil {
		return nil, fmt.Errorf("container of %s: %w\n%s", image, err, containerLog(ctx, s.started))
	}
	return s, nil
}

// soloOptions are durable where [postgresFlags] and [mysqlFlags] are fast: what
// was committed survives the server's process.
func soloOptions(engine dialect.Engine, password string) []testcontainers.ContainerCustomizer {
	options := []testcontainers.ContainerCustomizer{
		testcontainers.WithLabels(map[string]string{ownerLabel: owner()}),
		testcontainers.WithHostConfigModifier(func(host *container.HostConfig) { host.ShmSize = 256 << 20 }),
		testcontainers.WithEntrypoint("bash", "-c", keepData, "keep-data"),
	}
	if engine == dialect.PostgreSQL {
		return append(options,
			testcontainers.WithEnv(map[string]string{"POSTGRES_PASSWORD": password, "PGDATA": "/pgdata"}),
			testcontainers.WithCmd("postgres", "-c", "max_connections=100", "-c", "fsync=off"))
	}
	daemon, variable := "mysqld", "MYSQL_ROOT_PASSWORD"
	if engine == dialect.MariaDB {
		daemon, variable = "mariadbd", "MARIADB_ROOT_PASSWORD"
	}
	command := []string{
		daemon, "--max-connections=100", "--skip-log-bin", "--innodb-flush-log-at-trx-commit=2",
		"--innodb-doublewrite=0", "--performance-schema=OFF", "--character-set-server=utf8mb4",
	}
	if engine == dialect.MySQL {
		command = append(command, "--mysqlx=OFF")
	}
	return append(options, testcontainers.WithEnv(map[string]string{variable: password}), testcontainers.WithCmd(command...))
}

// locate finds the container's address, which may be another after a start.
func (s *Solo) locate(ctx context.Context) error {
	host, err := s.started.ContainerIP(ctx)
	if err != nil {
		return fmt.Errorf("container's address: %w", err)
	}
	s.URL = serverURL(s.Engine, "0", s.run.password)
	s.URL = withHost(s.URL, s.Address(host))
	return nil
}

// Address is where the server listens on a host.
func (s *Solo) Address(host string) string {
	if s.Engine == dialect.PostgreSQL {
		return net.JoinHostPort(host, "5432")
	}
	return net.JoinHostPort(host, "3306")
}

// Kill ends the server's processes with SIGKILL, all at once.
func (s *Solo) Kill(ctx context.Context) error {
	_, err := s.docker.ContainerKill(ctx, s.started.GetContainerID(), client.ContainerKillOptions{Signal: "SIGKILL"})
	return err
}

// Restart starts a server that was killed and waits until it answers. It
// updates the URL.
func (s *Solo) Restart(ctx context.Context) error {
	for {
		state, err := s.started.State(ctx)
		if err != nil {
			return err
		}
		if !state.Running {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if _, err := s.docker.ContainerStart(ctx, s.started.GetContainerID(), client.ContainerStartOptions{}); err != nil {
		return err
	}
	return s.locate(ctx)
}

// WaitReady waits until the server answers queries.
func (s *Solo) WaitReady(ctx context.Context) error {
	_, err := waitReady(ctx, s.Engine, s.URL, nil)
	return err
}

// Freeze stops the server's processes where they are, until Thaw.
func (s *Solo) Freeze(ctx context.Context) error { return s.signal(ctx, syscall.SIGSTOP) }

// Thaw lets them go on.
func (s *Solo) Thaw(ctx context.Context) error { return s.signal(ctx, syscall.SIGCONT) }

// signal reaches all processes of the container. Docker's own pause needs a
// kind of cgroup that not every machine has.
func (s *Solo) signal(ctx context.Context, signal syscall.Signal) error {
	top, err := s.docker.ContainerTop(ctx, s.started.GetContainerID(), client.ContainerTopOptions{Arguments: []string{"-o", "pid"}})
	if err != nil {
		return fmt.Errorf("list the container's processes: %w", err)
	}
	for _, process := range top.Processes {
		pid, err := strconv.Atoi(process[0])
		if err != nil {
			return fmt.Errorf("list the container's processes: %w", err)
		}
		if err := syscall.Kill(pid, signal); err != nil && !errors.Is(err, syscall.ESRCH) {
			return fmt.Errorf("signal the container's processes: %w", err)
		}
	}
	return nil
}

// Log is the end of what the server has printed.
func (s *Solo) Log(ctx context.Context) string { return containerLog(ctx, s.started) }

// Stop removes the server and its data.
func (s *Solo) Stop(ctx context.Context) error {
	var err error
	if s.started != nil {
		err = s.started.Terminate(ctx, testcontainers.StopTimeout(0))
	}
	return errors.Join(err, s.docker.Close())
}
