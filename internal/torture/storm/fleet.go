package storm

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/chameleon-go/chameleon/internal/torture/client"
)

// ClientVariable names the environment variable that makes the program a
// client, with the configuration that it holds.
const ClientVariable = "CHAMELEON_TORTURE_CLIENT"

// member is a client: one process after another, with one log.
type member struct {
	config client.Config

	cmd  *exec.Cmd
	say  io.WriteCloser
	hear *bufio.Scanner
	errs *tailBuffer
}

// fleet is all clients of a round.
type fleet struct {
	mu      sync.Mutex
	members []*member
}

// start starts a client's next life.
func (m *member) start(ctx context.Context) error {
	m.config.Life++
	text, err := m.config.Encode()
	if err != nil {
		return err
	}
	program, err := os.Executable()
	if err != nil {
		return err
	}
	m.cmd = exec.CommandContext(ctx, program)
	m.cmd.Env = append(os.Environ(), ClientVariable+"="+text)
	m.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	m.errs = new(tailBuffer)
	m.cmd.Stderr = m.errs
	if m.say, err = m.cmd.StdinPipe(); err != nil {
		return err
	}
	out, err := m.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	m.hear = bufio.NewScanner(out)
	m.hear.Buffer(nil, 1<<20)
	return m.cmd.Start()
}

// kill ends a client as a crash would.
func (m *member) kill() {
	_ = m.cmd.Process.Kill() // it may have ended by itself, which stop would report
	_ = m.cmd.Wait()
}

// tell says a word and waits for the report that answers it.
func (m *member) tell(word string) error {
	if _, err := fmt.Fprintln(m.say, word); err != nil {
		return fmt.Errorf("client %s: %w\n%s", m.config.Name, err, m.errs.text())
	}
	if word == client.SayGo {
		return nil
	}
	heard := make(chan bool, 1)
	go func() { heard <- m.hear.Scan() }()
	select {
	case ok := <-heard:
		if !ok {
			return fmt.Errorf("client %s ended\n%s", m.config.Name, m.errs.text())
		}
		return nil
	case <-time.After(answerLimit):
		_ = m.cmd.Process.Signal(syscall.SIGQUIT) // prints where it hangs
		time.Sleep(time.Second)
		return fmt.Errorf("client %s does not come to rest\n%s", m.config.Name, m.errs.text())
	}
}

// answerLimit is how long a client may take to finish what it has begun: a
// number of calls with the longest deadlines.
const answerLimit = 4 * time.Minute

func (f *fleet) tellAll(word string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	errs := make([]error, len(f.members))
	var group sync.WaitGroup
	for i, m := range f.members {
		group.Go(func() { errs[i] = m.tell(word) })
	}
	group.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// crash kills a client and starts it again a moment later.
func (f *fleet) crash(ctx context.Context, random *rand.Rand) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	m := f.members[random.IntN(len(f.members))]
	m.kill()
	pause(ctx, time.Duration(random.Int64N(int64(300*time.Millisecond))))
	return m.start(ctx)
}

// stop ends all clients, and kills those that do not end.
func (f *fleet) stop() error {
	err := f.tellAll(client.SayStop)
	for _, m := range f.members {
		done := make(chan struct{})
		go func() {
			_ = m.cmd.Wait() // its report is in its log
			close(done)
		}()
		select {
		case <-done:
		case <-time.After(10 * time.Second):
			_ = m.cmd.Process.Kill()
			<-done
		}
	}
	return err
}

func (f *fleet) killAll() {
	for _, m := range f.members {
		if m.cmd != nil && m.cmd.Process != nil {
			m.kill()
		}
	}
}

func (f *fleet) logs() []string {
	var paths []string
	for _, m := range f.members {
		paths = append(paths, m.config.Log)
	}
	return paths
}

// newFleet starts clients that differ in what clients differ in.
func newFleet(ctx context.Context, o Options, dir string, seed uint64, url func(int) string, users []client.User) (*fleet, error) {
	pools := []int{8, 2, 1, 4}
	skews := []time.Duration{0, 0, 15 * time.Second, -15 * time.Second}
	f := new(fleet)
	for i := range o.Clients {
		m := &member{config: client.Config{
			Name: fmt.Sprintf("c%d", i), Seed: seed + uint64(i), URL: url(i), Log: filepath.Join(dir, fmt.Sprintf("c%d.log", i)),
			Workers: 4, Pool: pools[i%len(pools)], Skew: skews[i%len(skews)], Users: users,
			Shortest: shortest, Longest: o.Longest, Only: o.Only,
		}}
		if err := m.start(ctx); err != nil {
			f.killAll()
			return nil, err
		}
		f.members = append(f.members, m)
	}
	return f, nil
}

// pause waits, or until ctx ends.
func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// tailBuffer keeps the end of what a client prints.
type tailBuffer struct {
	mu   sync.Mutex
	kept []byte
}

func (b *tailBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.kept = append(b.kept, p...)
	if over := len(b.kept) - 1<<16; over > 0 {
		b.kept = b.kept[over:]
	}
	return len(p), nil
}

func (b *tailBuffer) text() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return string(b.kept)
}
