package cli

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
)

func (a *app) expireCommand() *cobra.Command {
	var limit int
	cmd := &cobra.Command{
		Use:   "expire",
		Short: "Take out grants that have expired, and end holds that timed out",
		Long: `expire brings stored balances in line with the clock, batch by batch until nothing
is due. Reads and charges are exact without it; it keeps left_credits true for others
who read that column. maintain does it regularly. Accounts that could not be brought
up to date are listed, and end it with exit code 3.`,
		Example: `  chameleon expire
  chameleon expire --json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.with(cmd.Context(), func(db *bun.DB) error {
				total, err := a.expire(cmd, db, limit)
				if printErr := a.print(total, func(w io.Writer) { expired(w, total) }); printErr != nil {
					return printErr
				}
				if _, aside := errors.AsType[*credits.SweepError](err); aside {
					return errFindings
				}
				return err
			})
		},
	}
	cmd.Flags().IntVar(&limit, "batch", credits.DefaultSweepLimit, "how many `accounts` a batch has")
	return cmd
}

// expire sweeps until nothing is due, and sums up.
func (a *app) expire(cmd *cobra.Command, db *bun.DB, limit int) (*credits.ExpireDueResult, error) {
	m := a.meter("expire", "accounts")
	defer m.end()
	total := &credits.ExpireDueResult{}
	for {
		batch, err := credits.ExpireDue(cmd.Context(), db, credits.ExpireDueParams{Limit: limit})
		if batch != nil {
			total.Accounts += batch.Accounts
			total.Expired += batch.Expired
			total.HoldsTimedOut += batch.HoldsTimedOut
			total.SetAside = batch.SetAside // each sweep tries them again
			total.More = batch.More
			m.at(int64(total.Accounts), 0)
		}
		if _, aside := errors.AsType[*credits.SweepError](err); err != nil && (!aside || !batch.More) || err == nil && !batch.More {
			return total, err
		}
	}
}

func expired(w io.Writer, r *credits.ExpireDueResult) {
	for _, e := range r.SetAside {
		fmt.Fprintf(w, "set aside: %v\n", &e)
	}
	fmt.Fprintf(w, "%s brought up to date, %s expired, %s timed out\n",
		plural(r.Accounts, "account"), plural(r.Expired, "credit"), plural(r.HoldsTimedOut, "hold"))
}
