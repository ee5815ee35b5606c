package cli

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/schema"
)

func (a *app) statusCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "status",
		Short: "Show which pushes were made, and what is pending",
		Long: `status lists the pushes that are recorded, what a push would add now, and what is
wrong with the tables that are there. It only reads. Something pending, or a problem,
ends it with exit code 3: a deployment can ask whether it has to push.`,
		Example: `  chameleon status
  chameleon status --json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.with(cmd.Context(), func(db *bun.DB) error {
				report, err := chameleon.Status(cmd.Context(), db)
				if err != nil {
					return err
				}
				if err := a.print(report, func(w io.Writer) { fmt.Fprint(w, report.Text()) }); err != nil {
					return err
				}
				if !report.UpToDate {
					return errFindings
				}
				return nil
			})
		},
	}
}

func (a *app) undoCommand() *cobra.Command {
	var p schema.UndoParams
	var yes bool
	cmd := &cobra.Command{
		Use:   "undo",
		Short: "Reverse the last push",
		Long: `undo drops the tables, columns and indexes that the last push made, no others.
It refuses where rows or values would be lost, and says how many; --force drops them
all the same, after it asked, or with --yes. Look first with --dry-run. What copy
made are two pushes, the tables and later their indexes: status lists both.`,
		Example: `  chameleon undo --dry-run
  chameleon undo
  chameleon undo --force --yes`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if p.Force && !p.DryRun {
				if err := a.confirm(cmd.Context(), yes, "Rows and values in what the last push made will be lost"); err != nil {
					return err
				}
			}
			return a.with(cmd.Context(), func(db *bun.DB) error {
				result, err := chameleon.Undo(cmd.Context(), db, p)
				did := result != nil && len(result.Statements) > 0
				return a.printDone(result, did, err, func(w io.Writer) { fmt.Fprint(w, result.Text()) })
			})
		},
	}
	cmd.Flags().BoolVarP(&p.DryRun, "dry-run", "n", false, "show the statements and what would be lost, and do nothing")
	cmd.Flags().BoolVar(&p.Force, "force", false, "drop what holds rows or values, too")
	cmd.Flags().BoolVar(&yes, "yes", false, "do not ask before --force")
	return cmd
}
