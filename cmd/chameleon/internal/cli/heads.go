package cli

import (
	"github.com/spf13/cobra"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits/audit"
	"github.com/chameleon-go/chameleon/maintain"
)

func (a *app) headsCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "heads",
		Short: "Export where each account's history stands",
		Long: `heads prints the hash of each account's latest entry, one line of JSON an account.
Kept where whoever can write to the database cannot reach it, it proves later
(verify --against) that nothing before it was changed. Export nightly.`,
		Example: `  chameleon heads > heads.jsonl
  chameleon heads | aws s3 cp - s3://audit/heads.jsonl`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.with(cmd.Context(), func(db *bun.DB) error {
				m := a.meter("heads", "accounts")
				defer m.end()
				return maintain.WriteHeads(a.env.Out, func(yield func(audit.ChainHead, error) bool) {
					for head, err := range maintain.AllHeads(cmd.Context(), db) {
						if !yield(head, err) {
							return
						}
						m.at(m.done+1, 0)
					}
				})
			})
		},
	}
}

// readHeads reads what heads printed.
func (a *app) readHeads(path string) (heads []audit.ChainHead, err error) {
	file, err := a.source(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }() // it was only read
	if heads, err = maintain.ReadHeads(file); err != nil {
		return nil, usagef("--against: %v", err)
	}
	return heads, nil
}
