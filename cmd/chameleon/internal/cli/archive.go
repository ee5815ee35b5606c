package cli

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/archive"
)

func (a *app) archiveCommand() *cobra.Command {
	var p archive.Params
	var before string
	cmd := &cobra.Command{
		Use:   "archive",
		Short: "Move old history into a table of its own",
		Long: `archive moves entries that are older than --before from credits_trans to
credits_trans_archive, and generations that have ended to generations_archive, in
small batches while the application runs. Balances, statements, refunds, replays of
old keys and verify read both tables and say what they said before; what is gained is
that the tables stay small. Run it with --dry-run first. docs/archiving.md says what
stays.

It can be stopped and started again, and archive restore brings everything back.
Accounts that another program writes to are set aside, and end it with exit code 3.
Of an adopted database these are all whose latest entries the original application
wrote, until --final says that it has gone.`,
		Example: `  chameleon archive --before 2024-01-01 --dry-run
  chameleon archive --before 2024-01-01 --pause 50ms
  chameleon archive --before 2024-01-01 --user 0190c7a2-7f6a-7c3e-9f2b-1d2e3f405162 --json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if before == "" {
				return usagef("--before is required: what is of that day and later stays")
			}
			if p.Before, err = moment("--before", before, time.UTC); err != nil {
				return err
			}
			return a.archived(cmd, "archive", func(ctx context.Context, db *bun.DB, told func(archive.Progress)) (*archive.Report, error) {
				p.Progress = told
				return archive.Run(ctx, db, p)
			})
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&before, "before", "", "the first `day` (UTC) or moment of which all stays; required")
	flags.BoolVar(&p.Final, "final", false, "the original application has gone: archive what it wrote, too")
	flags.BoolVarP(&p.DryRun, "dry-run", "n", false, "report what would be moved, and move nothing")
	archiveFlags(cmd, &p.UserUUID, &p.Batch, &p.Pause)
	cmd.AddCommand(a.archiveRestoreCommand())
	return cmd
}

func (a *app) archiveRestoreCommand() *cobra.Command {
	var p archive.RestoreParams
	cmd := &cobra.Command{
		Use:   "restore",
		Short: "Bring archived history back",
		Long: `restore moves entries from credits_trans_archive back to credits_trans, and
generations from generations_archive, account by account, while the application runs.
It can be stopped and started again, and leaves the archives' tables, empty.`,
		Example: `  chameleon archive restore
  chameleon archive restore --user 0190c7a2-7f6a-7c3e-9f2b-1d2e3f405162`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.archived(cmd, "restore", func(ctx context.Context, db *bun.DB, told func(archive.Progress)) (*archive.Report, error) {
				p.Progress = told
				return archive.Restore(ctx, db, p)
			})
		},
	}
	archiveFlags(cmd, &p.UserUUID, &p.Batch, &p.Pause)
	return cmd
}

func archiveFlags(cmd *cobra.Command, user *string, batch *int, pause *time.Duration) {
	flags := cmd.Flags()
	flags.StringVar(user, "user", "", "the `UUID` of one account (default: all)")
	flags.IntVar(batch, "batch", archive.DefaultBatch, "how many `rows` one transaction moves")
	flags.DurationVar(pause, "pause", 0, "how `long` to wait after each transaction, for the application and replicas")
}

// archived runs one of the package's verbs and prints its report, also of a run that
// was stopped.
func (a *app) archived(
	cmd *cobra.Command, what string,
	run func(ctx context.Context, db *bun.DB, told func(archive.Progress)) (*archive.Report, error),
) error {
	return a.with(cmd.Context(), func(db *bun.DB) error {
		m := a.meter(what, "rows")
		report, err := run(cmd.Context(), db, func(at archive.Progress) { m.at(at.Entries+at.Generations, 0) })
		m.end()
		if report != nil {
			if printErr := a.print(report, func(w io.Writer) { fmt.Fprint(w, report.Text()) }); printErr != nil {
				return printErr
			}
		}
		if err == nil && report.SetAsideAccounts > 0 {
			return errFindings
		}
		return err
	})
}
