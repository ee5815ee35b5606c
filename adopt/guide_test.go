package adopt_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/adopt"
	"github.com/chameleon-go/chameleon/providers"
)

// lookFirst and finish are what docs/adopting.md shows, as a compiler sees it.
//
//nolint:forbidigo // an operator reads it
func lookFirst(ctx context.Context, db *bun.DB) error {
	plan, err := adopt.Run(ctx, db, adopt.Params{DryRun: true})
	fmt.Println(plan.Text()) // or json.Marshal(plan)
	return err
}

func finish(ctx context.Context, db *bun.DB, ring providers.AEAD) (*adopt.Report, error) {
	done, err := adopt.Run(ctx, db, adopt.Params{Final: true, AEAD: ring})
	return done, err
}

// TestGuide: every line of Go in docs/adopting.md stands in this file, where it is
// compiled.
func TestGuide(t *testing.T) {
	t.Parallel()
	_, _ = lookFirst, finish
	guide, err := os.ReadFile("../docs/adopting.md")
	require.NoError(t, err)
	here, err := os.ReadFile("guide_test.go")
	require.NoError(t, err)
	lines, inside := 0, false
	for line := range strings.Lines(string(guide)) {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "```"):
			inside = line == "```go"
		case inside:
			require.Contains(t, string(here), "\t"+line+"\n")
			lines++
		}
	}
	require.GreaterOrEqual(t, lines, 3)
}
