package cli

import (
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits/audit"
)

func (a *app) verifyCommand() *cobra.Command {
	var p audit.VerifyParams
	var against string
	cmd := &cobra.Command{
		Use:   "verify [USER_UUID]",
		Short: "Prove that balances follow from history, and history is as it was written",
		Long: `verify replays the history of all accounts, or of one, and compares it with the
stored state: the hash chain, each entry, each grant and hold, each balance. It only
reads, locks nothing, may run while the application does, and may run on a replica.

With --against it also checks that history still holds the heads that heads exported
earlier, which finds a history that was rewritten with hashes that fit. Breaches end
it with exit code 3; rebuild restores state from history.`,
		Example: `  chameleon verify
  chameleon verify 0190c7a2-7f6a-7c3e-9f2b-1d2e3f405162
  chameleon verify --against heads.jsonl --json`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				p.UserUUID = args[0]
			}
			return a.verify(cmd, p, against)
		},
	}
	cmd.Flags().StringVar(&against, "against", "", "heads that were exported earlier: a `file`, or - for standard input")
	cmd.Flags().IntVar(&p.Limit, "limit", audit.DefaultBreachLimit, "the most `breaches` in the report; all are counted")
	return cmd
}

func (a *app) verify(cmd *cobra.Command, p audit.VerifyParams, against string) error {
	if against != "" {
		heads, err := a.readHeads(against)
		if err != nil {
			return err
		}
		p.Against = heads
	}
	return a.with(cmd.Context(), func(db *bun.DB) error {
		m := a.meter("verify", "accounts")
		p.Progress = func(at audit.VerifyProgress) { m.at(at.Accounts, at.TotalAccounts) }
		report, err := audit.Verify(cmd.Context(), db, p)
		m.end()
		if err != nil {
			return err
		}
		if err := a.print(report, func(w io.Writer) { verified(w, report) }); err != nil {
			return err
		}
		if !report.OK() {
			return errFindings
		}
		return nil
	})
}

func verified(w io.Writer, r *audit.VerifyReport) {
	fmt.Fprintf(w, "%s, %s, %s, %s\n", plural(r.Accounts, "account"), plural(r.Entries, "entry"),
		plural(r.Lots, "grant"), plural(r.Holds, "hold"))
	fmt.Fprintf(w, "credits %d = remainders %d - debt %d\n", r.Credits, r.Remainder, r.Debt)
	if r.Legacy.Accounts > 0 {
		fmt.Fprintf(w, "%s of %s outside the ledger: chameleon adopt takes them over\n",
			plural(r.Legacy.Entries, "row"), plural(r.Legacy.Accounts, "account"))
	}
	for _, b := range r.Breaches {
		fmt.Fprintf(w, "breach %s: account %q entries %v: %s\n", b.Kind, b.UserUUID, b.Seqs, b.Detail)
	}
	if r.OK() {
		fmt.Fprintln(w, "no breaches")
		return
	}
	fmt.Fprintf(w, "%s\n", plural(r.BreachCount, "breach"))
}

// source opens a file to read, or standard input for -.
func (a *app) source(path string) (io.ReadCloser, error) {
	if path == "-" {
		return io.NopCloser(a.env.In), nil
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, usagef("%v", err)
	}
	return file, nil
}
