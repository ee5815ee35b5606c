package storm

import (
	"context"

	"github.com/chameleon-go/chameleon/internal/engines"
)

// Machine is a server whose process the run kills, freezes and starts again. Its
// data outlives its process, as after a crash of the program and not of the
// computer.
type Machine interface {
	// Where says how the server is reached, which a restart may change.
	Where() engines.Server
	Kill(ctx context.Context) error
	Restart(ctx context.Context) error
	WaitReady(ctx context.Context) error
	Freeze(ctx context.Context) error
	Thaw(ctx context.Context) error
	Stop(ctx context.Context) error
	// Log is what the server has said.
	Log(ctx context.Context) string
}
