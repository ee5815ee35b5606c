package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// print prints a result: as JSON, or as text says it.
func (a *app) print(result any, text func(w io.Writer)) error {
	return a.printTo(a.env.Out, result, text)
}

// printTo is print where the standard output is for something else.
func (a *app) printTo(w io.Writer, result any, text func(w io.Writer)) error {
	if !a.flags.json {
		text(w)
		return nil
	}
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(result)
}

// printDone prints a result also of work that failed, if it did something, and returns
// the failure.
func (a *app) printDone(result any, did bool, failure error, text func(w io.Writer)) error {
	if failure == nil || did {
		if err := a.print(result, text); err != nil {
			return err
		}
	}
	return failure
}

// table prints rows in columns, numbers to the right.
func table(w io.Writer, rows ...[]any) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	for _, row := range rows {
		cells := make([]string, len(row))
		for i, cell := range row {
			cells[i] = fmt.Sprint(cell)
		}
		fmt.Fprintln(t, strings.Join(cells, "\t")+"\t")
	}
	_ = t.Flush() // to the standard output: lost with its reader
}

// plural is a number of things: 1 account, 2 accounts.
func plural[N int | int64](n N, thing string) string {
	if n == 1 {
		return fmt.Sprintf("%d %s", n, thing)
	}
	if stem, ok := strings.CutSuffix(thing, "y"); ok {
		return fmt.Sprintf("%d %sies", n, stem)
	}
	if strings.HasSuffix(thing, "h") {
		return fmt.Sprintf("%d %ses", n, thing)
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
