package provision

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/mount"
	"github.com/moby/moby/client"
	"github.com/testcontainers/testcontainers-go"
	"github.com/testcontainers/testcontainers-go/log"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/engines"
)

// ownerLabel marks a container with the process and host that started it, so
// that a later run can remove what a killed one left.
const ownerLabel = "chameleon.test.owner"

// tlsDir is where a container finds the files of [writeTLS].
const tlsDir = "/chameleon-tls"

// runPostgres gives PostgreSQL the key as it wants it, its own and private,
// and hands over to the image's entry point.
const runPostgres = `install -d -o postgres /run/chameleon-tls &&
install -o postgres -m 600 ` + tlsDir + `/* -t /run/chameleon-tls &&
exec docker-entrypoint.sh "$@"`

// dockerClient connects to the Docker daemon that testcontainers finds.
func dockerClient(ctx context.Context) (docker *testcontainers.DockerClient, err error) {
	defer func() {
		if reason := recover(); reason != nil { // how testcontainers says that it found no daemon
			err = fmt.Errorf("no Docker daemon: %v", reason)
		}
	}()
	docker, err = testcontainers.NewDockerClientWithOpts(ctx)
	if err != nil {
		return nil, fmt.Errorf("no Docker daemon: %w", err)
	}
	return docker, nil
}

// configureTestcontainers settles what testcontainers takes from the
// environment: this process removes its containers itself, without the ryuk
// container that no registry may have, and reaches them over loopback.
func configureTestcontainers() error {
	log.SetDefault(log.NewNoopLogger())
	err := os.Setenv("TESTCONTAINERS_RYUK_DISABLED", "true")
	if host := os.Getenv("DOCKER_HOST"); host == "" || strings.HasPrefix(host, "unix:") {
		err = errors.Join(err, os.Setenv("TESTCONTAINERS_HOST_OVERRIDE", "127.0.0.1"))
	}
	if err != nil {
		return fmt.Errorf("configure testcontainers: %w", err)
	}
	return nil
}

// errUnavailable is why a source has nothing to offer, so that the next one may
// be tried. Any other failure of a source is the engine's.
var errUnavailable = errors.New("not available")

// fromDocker starts an engine in a container.
func (r *Run) fromDocker(ctx context.Context, engine dialect.Engine) (engines.Server, error) {
	docker, err := dockerClient(ctx)
	if err != nil {
		return engines.Server{}, fmt.Errorf("%w: %w", errUnavailable, err)
	}
	defer func() { _ = docker.Close() }() // nothing is sent when it closes

	image, err := r.image(ctx, docker.Client, engine)
	if err != nil {
		return engines.Server{}, fmt.Errorf("%w: %w", errUnavailable, err)
	}
	if sharesNetwork(ctx, docker) {
		server, err := r.inHostNetwork(ctx, image, engine)
		if err == nil || ctx.Err() != nil {
			return server, err
		}
		r.logf("%s: not in the host's network: %v", engine, err)
	}
	return r.start(ctx, image, engine, "")
}

// start starts a container, which listens on a port of the loopback interface, or
// behind one that is published where none is given.
func (r *Run) start(ctx context.Context, image string, engine dialect.Engine, port string) (engines.Server, error) {
	started, err := testcontainers.Run(ctx, image, r.containerOptions(engine, port)...)
	if started != nil {
		r.onStop(func(ctx context.Context) error { return started.Terminate(ctx, testcontainers.StopTimeout(0)) })
	}
	if err != nil {
		return engines.Server{}, fmt.Errorf("container of %s: %w", image, err)
	}
	if port == "" {
		mapped, err := started.MappedPort(ctx, containerPort(engine))
		if err != nil {
			return engines.Server{}, fmt.Errorf("container of %s: %w", image, err)
		}
		port = strconv.Itoa(int(mapped.Num()))
	}
	server := engines.Server{
		Engine: engine, Source: "container image " + image, CAFile: filepath.Join(r.dir, caFile),
		URL: serverURL(engine, port, r.password),
	}
	server.Version, err = waitReady(ctx, engine, server.URL, r.endOf(ctx, started))
	if err != nil {
		return engines.Server{}, fmt.Errorf("container of %s: %w\n%s", image, err, containerLog(ctx, started))
	}
	return server, nil
}

// endOf returns a channel that is closed once the container no longer runs.
func (r *Run) endOf(ctx context.Context, started testcontainers.Container) <-chan struct{} {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for ctx.Err() == nil {
			state, err := started.State(ctx)
			if err != nil || !state.Running {
				return
			}
			time.Sleep(time.Second)
		}
	}()
	return ended
}

func containerLog(ctx context.Context, started testcontainers.Container) string {
	content, err := started.Logs(ctx)
	if err != nil {
		return "(no log: " + err.Error() + ")"
	}
	defer func() { _ = content.Close() }() // it was only read
	return logTail(content)
}

func containerPort(engine dialect.Engine) string {
	switch engine {
	case dialect.PostgreSQL:
		return "5432/tcp"
	case engines.Redis:
		return "6379/tcp"
	}
	return "3306/tcp"
}

// containerOptions starts official images and those made from Debian's
// packages the same way: the latter's entry point keeps the former's contract.
func (r *Run) containerOptions(engine dialect.Engine, port string) []testcontainers.ContainerCustomizer {
	options := []testcontainers.ContainerCustomizer{
		testcontainers.WithLabels(map[string]string{ownerLabel: owner()}),
		testcontainers.WithFiles(r.containerFiles()...),
		testcontainers.WithHostConfigModifier(func(host *container.HostConfig) { host.ShmSize = 256 << 20 }),
	}
	if port == "" {
		options = append(options, published(engine)...)
	} else {
		options = append(options, inNetworkOfHost())
	}
	if engine == engines.Redis {
		command := append(redisCommand(r.options.Versions, r.password), listens(engine, port)...)
		return append(options, testcontainers.WithCmd(command...))
	}
	if engine == dialect.PostgreSQL {
		return append(options,
			testcontainers.WithEnv(map[string]string{"POSTGRES_PASSWORD": r.password, "PGDATA": "/pgdata"}),
			r.data("/pgdata", "rw,mode=1777"),
			testcontainers.WithEntrypoint("bash", "-c", runPostgres, "postgres"),
			testcontainers.WithCmd(slices.Concat([]string{"postgres"}, postgresFlags(r.options.Durable), postgresTLS("/run/chameleon-tls"), listens(engine, port))...))
	}
	daemon, password := "mysqld", "MYSQL_ROOT_PASSWORD"
	if engine == dialect.MariaDB {
		daemon, password = "mariadbd", "MARIADB_ROOT_PASSWORD"
	}
	return append(options,
		testcontainers.WithEnv(map[string]string{password: r.password}),
		r.data("/var/lib/mysql", "rw"),
		testcontainers.WithCmd(slices.Concat([]string{daemon}, mysqlFlags(engine, r.options.Durable), mysqlTLS(tlsDir), listens(engine, port))...))
}

// data keeps a server's files in memory, or else on a volume that goes with the
// container.
func (r *Run) data(path, options string) testcontainers.CustomizeRequestOption {
	if !r.options.Durable {
		return testcontainers.WithTmpfs(map[string]string{path: options})
	}
	return testcontainers.WithHostConfigModifier(func(host *container.HostConfig) {
		host.Mounts = append(host.Mounts, mount.Mount{Type: mount.TypeVolume, Target: path})
	})
}

func (r *Run) containerFiles() []testcontainers.ContainerFile {
	var files []testcontainers.ContainerFile
	for _, name := range []string{caFile, certFile, keyFile, hbaFile} {
		files = append(files, testcontainers.ContainerFile{
			HostFilePath: filepath.Join(r.dir, name), ContainerFilePath: tlsDir + "/" + name, FileMode: 0o644,
		})
	}
	return files
}

func postgresTLS(dir string) []string {
	return []string{
		"-c", "ssl=on", "-c", "ssl_cert_file=" + dir + "/" + certFile, "-c", "ssl_key_file=" + dir + "/" + keyFile,
		"-c", "hba_file=" + dir + "/" + hbaFile,
	}
}

func mysqlTLS(dir string) []string {
	return []string{"--ssl-ca=" + dir + "/" + caFile, "--ssl-cert=" + dir + "/" + certFile, "--ssl-key=" + dir + "/" + keyFile}
}

// owner names this process on this host.
func owner() string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return host + "/" + strconv.Itoa(os.Getpid())
}

// removeOrphans removes the containers that runs on this host left when they
// were killed.
func (r *Run) removeOrphans(ctx context.Context) {
	docker, err := dockerClient(ctx)
	if err != nil {
		return // said by fromDocker, which needs it
	}
	defer func() { _ = docker.Close() }() // nothing is sent when it closes
	list, err := docker.ContainerList(ctx, client.ContainerListOptions{All: true, Filters: client.Filters{}.Add("label", ownerLabel)})
	if err != nil {
		r.logf("list old containers: %v", err)
		return
	}
	for _, found := range list.Items {
		host, pid, _ := strings.Cut(found.Labels[ownerLabel], "/")
		number, err := strconv.Atoi(pid)
		if err != nil || !strings.HasPrefix(owner(), host+"/") || !errors.Is(syscall.Kill(number, 0), syscall.ESRCH) {
			continue
		}
		options := client.ContainerRemoveOptions{Force: true, RemoveVolumes: true}
		if _, err := docker.ContainerRemove(ctx, found.ID, options); err != nil {
			r.logf("remove old container %s: %v", found.ID, err)
		}
	}
}
