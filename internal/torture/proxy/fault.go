// Package proxy stands between clients and a server and does to their
// connections what networks, middleboxes and crashes do.
package proxy

import (
	"maps"
	"math"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/chameleon-go/chameleon/internal/torture/wire"
)

// Fault is one way to spoil a connection.
type Fault string

// The faults of one request, and those of a client that closes.
const (
	None           Fault = ""
	CutBefore      Fault = "cut before a request"
	CutWithin      Fault = "cut within a request"
	CutAfter       Fault = "cut after a request, its answer lost"
	CutAnswered    Fault = "cut when the server has answered"
	CutInAnswer    Fault = "cut within an answer"
	BeforeCommit   Fault = "cut before COMMIT"
	WithinCommit   Fault = "cut within COMMIT"
	AfterCommit    Fault = "cut after COMMIT, its answer lost"
	CommitAnswered Fault = "cut when COMMIT was answered"
	CutAtByte      Fault = "cut at a random byte"
	LateAnswer     Fault = "answer delivered late"
	LateRequest    Fault = "request delivered late, also when its client is gone"
	Belated        Fault = "client cut off, its request delivered late"
	Swallowed      Fault = "answers swallowed"
	Stalled        Fault = "line stalled"
	HalfOpen       Fault = "half-open: the client is gone, the server not told"
	Reset          Fault = "client closed, reset after a latency"
	Lingering      Fault = "client closed, server told late"
	Refused        Fault = "connection refused"
)

// Faults counts what was injected.
type Faults struct {
	mu     sync.Mutex
	counts map[Fault]int
}

func (f *Faults) count(fault Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.counts == nil {
		f.counts = map[Fault]int{}
	}
	f.counts[fault]++
}

// Counts returns how often each fault was injected.
func (f *Faults) Counts() map[Fault]int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return maps.Clone(f.counts)
}

// choose picks what happens to a request: mostly nothing, to one in seven of
// those that commit something.
func choose(random *rand.Rand, kind wire.Kind) Fault {
	switch kind {
	case wire.Commit:
		return pick(random, 0.15, BeforeCommit, WithinCommit, AfterCommit, AfterCommit, CommitAnswered,
			LateAnswer, LateRequest, Belated, Swallowed, HalfOpen, Stalled)
	case wire.Packet:
		return pick(random, 0.15, BeforeCommit, WithinCommit, AfterCommit, AfterCommit, CommitAnswered,
			CutInAnswer, LateAnswer, LateRequest, Belated, Belated, Swallowed, HalfOpen, Stalled)
	case wire.Login:
		return pick(random, 0.01, CutBefore, CutWithin, CutAfter, LateAnswer)
	default:
		return pick(random, 0.015, CutBefore, CutWithin, CutAfter, CutAnswered, CutInAnswer, LateAnswer, LateRequest,
			Swallowed, HalfOpen, Stalled)
	}
}

func pick(random *rand.Rand, chance float64, faults ...Fault) Fault {
	if random.Float64() >= chance {
		return None
	}
	return faults[random.IntN(len(faults))]
}

// between draws a time, short ones as often as long ones.
func between(random *rand.Rand, shortest, longest time.Duration) time.Duration {
	ratio := float64(longest) / float64(shortest)
	return time.Duration(float64(shortest) * math.Pow(ratio, random.Float64()))
}
