package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/chameleon-go/chameleon/credits"
)

// parts names what an operation did to each grant.
func parts(op *credits.Operation) string {
	var texts []string
	for _, e := range op.Entries {
		if e.Credits == 0 {
			continue
		}
		texts = append(texts, fmt.Sprintf("%+d on the grant until %s", e.Credits, e.ExpiredAt[:len(time.DateOnly)]))
	}
	return strings.Join(texts, ", ")
}

func (t *tour) statement(ctx context.Context) error {
	statement, err := credits.Statement(ctx, t.db, credits.StatementParams{UserUUID: t.user, OldestFirst: true})
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(t.out, 0, 0, 3, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "kind\ttype\tcredits\theld\tbalance\tavailable\texpires\t")
	for _, line := range statement.Items {
		expires := "never"
		if until := line.Allocations[0].ExpiresAt; !until.IsZero() {
			expires = until.Format(time.DateOnly)
		}
		fmt.Fprintf(table, "%s\t%s\t%+d\t%+d\t%d\t%d\t%s\t\n",
			line.Kind, line.Type, line.Amount, line.Held, line.Balance, line.Available, expires)
	}
	return table.Flush()
}

// newPrinter paints what is printed on a terminal, unless NO_COLOR asks it not to
// (no-color.org). In a file or a pipe the text stays as it is.
func newPrinter(out *os.File) io.Writer {
	info, err := out.Stat()
	if err != nil || info.Mode()&os.ModeCharDevice == 0 || os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb" {
		return out
	}
	return painter{out}
}

// painter shows numbers that rise in green, those that fall in red, and refusals in
// yellow. It is given whole lines.
type painter struct{ io.Writer }

func (p painter) Write(text []byte) (int, error) {
	if _, err := io.WriteString(p.Writer, paint(string(text))); err != nil {
		return 0, err
	}
	return len(text), nil
}

const (
	red, green, yellow = "\x1b[31m", "\x1b[32m", "\x1b[33m"
	plain              = "\x1b[0m"
)

func paint(text string) string {
	words := strings.SplitAfter(text, " ")
	for i, word := range words {
		bare := strings.TrimRight(word, " \n;,")
		n, err := strconv.ParseInt(bare, 10, 64)
		switch {
		case bare == "refused:":
			words[i] = yellow + bare + plain + word[len(bare):]
		case err != nil || n == 0 || bare[0] != '+' && bare[0] != '-':
		case n > 0:
			words[i] = green + bare + plain + word[len(bare):]
		default:
			words[i] = red + bare + plain + word[len(bare):]
		}
	}
	return strings.Join(words, "")
}
