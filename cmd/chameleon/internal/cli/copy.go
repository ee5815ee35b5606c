package cli

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/transfer"
)

func (a *app) copyCommand() *cobra.Command {
	var p transfer.CopyParams
	var from, to string
	var yes bool
	cmd := &cobra.Command{
		Use:   "copy",
		Short: "Copy all tables to another database, on any engine",
		Long: `copy makes Chameleon's tables in another database and brings all rows over, from one
snapshot of the source, with ids, times and texts as they are. What the target cannot
hold is refused by name. Every table is verified by a checksum that is read back from
the target, and then the ledger is; breaches end it with exit code 3.

The source is DATABASE_URL, or --from; the target is TARGET_DATABASE_URL, or --to.
Prefer the variables where a URL holds a password. Push the source first.

To switch engines while the application runs, call it with --live, again with --live
for what changed meanwhile, then stop the application and call it with --quick and
--no-audit, which takes seconds. Start the application on the target, and verify.

A copy that was stopped or killed goes on where it was: run the same command again.`,
		Example: `  chameleon copy --from sqlite://app.db --to postgres://localhost/app
  chameleon copy --live
  chameleon copy --quick --no-audit --json
  chameleon copy --replace --yes`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if p.Replace {
				const what = "Rows of the target that the source has not will be deleted"
				if err := a.confirm(cmd.Context(), yes, what); err != nil {
					return err
				}
			}
			return a.copy(cmd.Context(), from, to, p)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&from, "from", "", "the source's `URL`, instead of DATABASE_URL")
	flags.StringVar(&to, "to", "", "the target's `URL`, instead of TARGET_DATABASE_URL")
	flags.BoolVar(&p.Live, "live", false, "leave the copy open, to catch up with the source later")
	flags.BoolVar(&p.Quick, "quick", false, "compare history that was copied before by counts: for the last call")
	flags.BoolVar(&p.NoAudit, "no-audit", false, "do not verify the target's ledger: run verify afterwards")
	flags.BoolVar(&p.Replace, "replace", false, "make a target that holds rows what the source is")
	flags.BoolVar(&yes, "yes", false, "do not ask before --replace")
	return cmd
}

func (a *app) copy(ctx context.Context, from, to string, p transfer.CopyParams) error {
	source, err := a.findURL(from)
	if err != nil {
		return err
	}
	target, err := a.targetURL(to)
	if err != nil {
		return err
	}
	if source == target {
		return usagef("the source and the target are one database")
	}
	return a.withURL(ctx, source, "the source: ", func(source *bun.DB) error {
		return a.withURL(ctx, target, "the target: ", func(target *bun.DB) error {
			m := a.meter("copy", "steps")
			p.Progress = m.transfer
			result, err := chameleon.Copy(ctx, source, target, p)
			m.end()
			if err != nil {
				return err
			}
			return a.printTransfer(result)
		})
	})
}

// transfer shows how far a call of package transfer is.
func (m *meter) transfer(at transfer.Progress) { m.at(at.Done, at.Total) }

// transferred is what a copy or a restore resulted in.
type transferred interface {
	fmt.Stringer
	OK() bool
}

// printTransfer prints a result, and fails where the books do not verify.
func (a *app) printTransfer(result transferred) error {
	if err := a.print(result, func(w io.Writer) { lines(w, result) }); err != nil {
		return err
	}
	if !result.OK() {
		return errFindings
	}
	return nil
}

// lines prints what a result says, ended by a line feed.
func lines(w io.Writer, text fmt.Stringer) {
	said := text.String()
	fmt.Fprint(w, said)
	if said != "" && said[len(said)-1] != '\n' {
		fmt.Fprintln(w)
	}
}

// targetURL finds the URL of the database that is copied to.
func (a *app) targetURL(flag string) (string, error) {
	target := flag
	if target == "" {
		value, err := a.variable("TARGET_DATABASE_URL")
		if err != nil {
			return "", err
		}
		target = value
	}
	if target == "" {
		return "", usagef("TARGET_DATABASE_URL is not set, neither in the environment nor in .env, and there is no --to")
	}
	a.urls = append(a.urls, target)
	return target, nil
}
