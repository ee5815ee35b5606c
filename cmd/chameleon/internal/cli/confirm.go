package cli

import (
	"bufio"
	"context"
	"fmt"
	"strings"
)

// confirm asks before something that cannot be taken back. Where nobody can be
// asked, yes has to be said beforehand.
func (a *app) confirm(ctx context.Context, yes bool, what string) error {
	if yes {
		return nil
	}
	if !a.env.Asks {
		return usagef("%s: add --yes to do it where nobody can be asked", what)
	}
	fmt.Fprintf(a.env.Err, "%s.\nType yes to go on: ", what)
	answer := make(chan string, 1)
	go func() { // a read of a terminal does not end with ctx
		line, _ := bufio.NewReader(a.env.In).ReadString('\n') // the end of input is no yes
		answer <- line
	}()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case line := <-answer:
		if strings.EqualFold(strings.TrimSpace(line), "yes") {
			return nil
		}
		return usagef("not confirmed: nothing was done")
	}
}
