package cli

import (
	"encoding/json"
	"errors"
	"io"

	"github.com/spf13/cobra"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits/audit"
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
				lines := json.NewEncoder(a.env.Out)
				for p := (audit.ExportHeadsParams{Limit: audit.MaxHeadLimit}); ; {
					page, err := audit.ExportHeads(cmd.Context(), db, p)
					if err != nil {
						return err
					}
					for _, head := range page.Items {
						if err := lines.Encode(head); err != nil {
							return err
						}
					}
					m.at(m.done+int64(len(page.Items)), 0)
					if p.Cursor = page.Next; p.Cursor == "" {
						return nil
					}
				}
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
	for lines := json.NewDecoder(file); ; {
		var head audit.ChainHead
		switch err := lines.Decode(&head); {
		case errors.Is(err, io.EOF):
			if len(heads) == 0 {
				return nil, usagef("--against: there are no heads in it")
			}
			return heads, nil
		case err != nil, head.UserUUID == "", head.Hash == "":
			return nil, usagef("--against: line %d is not one of chameleon heads", len(heads)+1)
		}
		heads = append(heads, head)
	}
}
