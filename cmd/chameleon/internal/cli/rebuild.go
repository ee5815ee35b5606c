package cli

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits/audit"
)

func (a *app) rebuildCommand() *cobra.Command {
	var p audit.RebuildParams
	var yes bool
	cmd := &cobra.Command{
		Use:   "rebuild USER_UUID",
		Short: "Restore an account's state from its history",
		Long: `rebuild computes an account's balance, grants and holds from its history and writes
what differs, under the account's lock. History is never changed. Look first with
--dry-run.

Where history itself is broken it refuses; --force goes on with what is there, after
it asked, or with --yes.`,
		Example: `  chameleon rebuild --dry-run 0190c7a2-7f6a-7c3e-9f2b-1d2e3f405162
  chameleon rebuild 0190c7a2-7f6a-7c3e-9f2b-1d2e3f405162`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			p.UserUUID = args[0]
			if p.Force && !p.DryRun {
				if err := a.confirm(cmd.Context(), yes, "Where its history is broken, the state will follow from what is there"); err != nil {
					return err
				}
			}
			return a.with(cmd.Context(), func(db *bun.DB) error {
				report, err := audit.Rebuild(cmd.Context(), db, p)
				if err != nil {
					return err
				}
				return a.print(report, func(w io.Writer) { rebuilt(w, report) })
			})
		},
	}
	cmd.Flags().BoolVarP(&p.DryRun, "dry-run", "n", false, "report what would be written, and write nothing")
	cmd.Flags().BoolVar(&p.Force, "force", false, "go on although history is broken")
	cmd.Flags().BoolVar(&yes, "yes", false, "do not ask before --force")
	return cmd
}

func rebuilt(w io.Writer, r *audit.RebuildReport) {
	for _, c := range r.Changes {
		switch c.Column {
		case "":
			fmt.Fprintf(w, "%s %d: %q becomes %q\n", c.Table, c.ID, c.Stored, c.Rebuilt)
		default:
			fmt.Fprintf(w, "%s %d: %s: %q becomes %q\n", c.Table, c.ID, c.Column, c.Stored, c.Rebuilt)
		}
	}
	what := "written"
	if !r.Written {
		what = "not written"
	}
	fmt.Fprintf(w, "%s, %s, %s\n", plural(r.Entries, "entry"), plural(len(r.Changes), "difference"), what)
}
