package enginetest

import (
	"sync"
	"testing"

	"github.com/chameleon-go/chameleon/dialect"
)

// Shared is one database an engine for many small tests that do not mind one
// another's rows.
type Shared struct {
	// Prepare, where set, is called once with each database, and may return it as
	// somebody else sees it.
	Prepare func(t testing.TB, env *Env) *Env

	owner testing.TB
	mu    sync.Mutex
	envs  map[dialect.Engine]*Env
}

// Share returns databases with the pushed schema that live until t ends. Each
// is made when the first test asks for it.
func Share(t testing.TB) *Shared {
	t.Helper()
	return &Shared{owner: t, envs: make(map[dialect.Engine]*Env)}
}

// Run is the function Run on the shared databases. t is the owner or below it.
func (s *Shared) Run(t *testing.T, fn func(t *testing.T, env *Env)) {
	t.Helper()
	onEach(t, s.env, fn)
}

func (s *Shared) env(t testing.TB, engine dialect.Engine) *Env {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock() // also when the engine is missing and the test ends here
	env, ok := s.envs[engine]
	if ok {
		report(t, engine)
		return env
	}
	owned := kept{TB: t, owner: s.owner}
	env = newEnv(owned, engine, pushedContent())
	if s.Prepare != nil {
		env = s.Prepare(owned, env)
	}
	s.envs[engine] = env
	return env
}

// kept is a test whose failures and skips are its own, and whose databases are
// kept until its owner ends.
type kept struct {
	testing.TB
	owner testing.TB
}

func (k kept) Cleanup(fn func()) { k.owner.Cleanup(fn) }

func (k kept) TempDir() string { return k.owner.TempDir() }
