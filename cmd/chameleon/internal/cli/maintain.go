package cli

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/maintain"
)

func (a *app) maintainCommand() *cobra.Command {
	var p maintain.Params
	var heads string
	cmd := &cobra.Command{
		Use:   "maintain",
		Short: "Do regularly what a product needs: expire, time out, fail, pay out",
		Long: `maintain takes out grants that have expired, ends holds that timed out, fails
generations of which nothing is heard, pays monthly grants out, and with --heads
keeps files of where each account's history stands. It runs until Ctrl-C or SIGTERM,
which end it with exit code 0, or once with --once, for cron. Each task has its
interval; 0 takes the default, and a negative one leaves the task out.

It may run in several processes at once: what one has done, the others do not find.
Only --heads belongs into one of them. A task that fails is logged and tried again.
With --once, failures end it with exit code 1, and accounts or generations that were
set aside with 3.`,
		Example: `  chameleon maintain
  chameleon maintain --once --json
  chameleon maintain --heads /mnt/audit --stuck-after 2h --pay-out -1s`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if heads != "" {
				p.ExportHeads = maintain.HeadsTo(heads)
			}
			return a.maintain(cmd, p)
		},
	}
	flags := cmd.Flags()
	flags.BoolVar(&p.Once, "once", false, "do each task once, and end")
	flags.DurationVar(&p.ExpireEvery, "expire", maintain.DefaultExpireEvery, "the `interval` of expiring grants and ending holds")
	flags.DurationVar(&p.FailStuckEvery, "fail-stuck", maintain.DefaultFailEvery, "the `interval` of failing generations that are stuck")
	flags.DurationVar(&p.StuckAfter, "stuck-after", maintain.DefaultStuckAfter, "the `silence` after which a generation is stuck")
	flags.DurationVar(&p.PayOutEvery, "pay-out", maintain.DefaultPayOutEvery, "the `interval` of monthly grants")
	flags.DurationVar(&p.PurgeEvery, "purge", maintain.DefaultPurgeEvery, "the `interval` of removing events that were delivered")
	flags.DurationVar(&p.TotalsEvery, "totals", maintain.DefaultTotalsEvery, "the `interval` of counting into totals what statistics read")
	flags.DurationVar(&p.HeadsEvery, "heads-every", maintain.DefaultHeadsEvery, "the `interval` of --heads")
	flags.StringVar(&heads, "heads", "", "keep files of heads in this `directory`")
	return cmd
}

func (a *app) maintain(cmd *cobra.Command, p maintain.Params) error {
	p.Logger = a.logger()
	return a.with(cmd.Context(), func(db *bun.DB) error {
		report, err := maintain.Run(cmd.Context(), db, p)
		if report != nil {
			printErr := a.print(report, func(w io.Writer) {
				for _, o := range report.Tasks {
					fmt.Fprintf(w, "%s: %d done, %s, %d set aside\n", o.Task, o.Done, plural(o.Credits, "credit"), len(o.SetAside))
				}
			})
			err = errors.Join(err, printErr)
		}
		if err == nil && p.Once && report.Failed() {
			return errFindings
		}
		return err
	})
}
