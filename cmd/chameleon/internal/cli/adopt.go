package cli

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/adopt"
)

func (a *app) adoptCommand() *cobra.Command {
	var p adopt.Params
	var yes bool
	cmd := &cobra.Command{
		Use:   "adopt",
		Short: "Take over a database that the original application made",
		Long: `adopt takes over the accounts of the original application: its rows become part of
the ledger, every balance stays what it showed, and each difference is an entry that
says why. It works beside both applications, an account at a time, and can be stopped
and started again. Push first. docs/adopting.md is the guide.

Run it with --dry-run first: that prints the whole report and writes nothing.

--final says that the original application has gone. What only it read is then
rewritten: API keys are hashed, providers' keys encrypted with CHAMELEON_KEYSET,
emails folded, slugs made unique, foreign statuses mapped. It asks first, or wants
--yes where nobody can be asked.`,
		Example: `  chameleon adopt --dry-run
  chameleon adopt
  chameleon adopt --final --yes --json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.adopt(cmd, p, yes) },
	}
	flags := cmd.Flags()
	flags.BoolVarP(&p.DryRun, "dry-run", "n", false, "report what would be done, and write nothing")
	flags.BoolVar(&p.Final, "final", false, "the original application has gone: rewrite what it read")
	flags.BoolVar(&yes, "yes", false, "do not ask before --final")
	flags.BoolVar(&p.DropExpired, "drop-expired", false, "let go of credits that were shown although their grants have expired")
	flags.BoolVar(&p.RowsCount, "rows-count", false, "trust the rows of users who have no account row")
	flags.BoolVar(&p.Widen, "widen", false, "make 32-bit columns 64-bit; PostgreSQL rewrites each table under a lock")
	flags.IntVar(&p.Batch, "batch", adopt.DefaultBatch, "how many accounts are looked up at a `time`")
	return cmd
}

func (a *app) adopt(cmd *cobra.Command, p adopt.Params, yes bool) error {
	ctx := cmd.Context()
	if p.Final && !p.DryRun {
		const what = "A final adoption rewrites what the original application reads: it must not run any more"
		if err := a.confirm(ctx, yes, what); err != nil {
			return err
		}
	}
	ring, err := a.keyring(false)
	if err != nil {
		return err
	}
	if ring != nil {
		p.AEAD = ring
	}
	return a.with(ctx, func(db *bun.DB) error {
		m := a.meter("adopt", "accounts")
		p.Progress = func(at adopt.Progress) { m.at(at.Accounts, 0) }
		report, err := adopt.Run(ctx, db, p)
		m.end()
		if report != nil {
			if printErr := a.print(report, func(w io.Writer) { fmt.Fprint(w, report.Text()) }); printErr != nil {
				return printErr
			}
		}
		if err == nil && len(report.SetAside)+len(report.ProviderKeys.Failed) > 0 {
			return errFindings
		}
		return err
	})
}
