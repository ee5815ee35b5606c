package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/chameleon-go/chameleon/dialect"
)

// The exit codes.
const (
	exitOK          = 0
	exitFailure     = 1
	exitUsage       = 2
	exitFindings    = 3
	exitInterrupted = 130
)

// errFindings ends a command that did its work and printed what it found.
var errFindings = errors.New("there are findings")

// usageError is a command line that cannot be followed.
type usageError struct{ problem string }

func (e *usageError) Error() string { return e.problem }

func usagef(format string, args ...any) error { return &usageError{fmt.Sprintf(format, args...)} }

// end prints err and returns the exit code that it stands for.
func (a *app) end(ctx context.Context, err error) int {
	code := a.code(ctx, err)
	if err == nil || errors.Is(err, errFindings) {
		return code
	}
	problem, remedy := a.explain(err)
	if code == exitInterrupted {
		problem, remedy = cmp.Or(a.stopped, "interrupted: what was committed stays, and the same command goes on from there"), ""
	}
	if code == exitUsage && remedy == "" {
		remedy = "chameleon help shows the commands, and COMMAND --help how each is used"
	}
	if a.flags.json {
		a.failJSON(code, problem, remedy)
		return code
	}
	fmt.Fprintln(a.env.Err, "chameleon:", problem)
	if remedy != "" {
		fmt.Fprintln(a.env.Err, "remedy:", remedy)
	}
	return code
}

func (a *app) code(ctx context.Context, err error) int {
	var usage *usageError
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errFindings):
		return exitFindings
	case ctx.Err() != nil:
		return exitInterrupted
	case !a.began, errors.As(err, &usage), errors.Is(err, dialect.ErrInvalid):
		return exitUsage
	}
	return exitFailure
}

// explain takes an error apart into what is wrong and what to do.
func (a *app) explain(err error) (problem, remedy string) {
	problem = err.Error()
	if e, ok := errors.AsType[*dialect.Error](err); ok && e.Remedy != "" {
		problem, remedy = strings.Replace(problem, " (remedy: "+e.Remedy+")", "", 1), e.Remedy
	}
	return a.hide(problem), a.hide(remedy)
}

// failJSON prints the error as one line of JSON on standard error.
func (a *app) failJSON(code int, problem, remedy string) {
	line, err := json.Marshal(map[string]any{"error": struct {
		Message  string `json:"message"`
		Remedy   string `json:"remedy,omitempty"`
		ExitCode int    `json:"exit_code"`
	}{problem, remedy, code}})
	if err == nil { // two strings and a number
		fmt.Fprintln(a.env.Err, string(line))
	}
}
