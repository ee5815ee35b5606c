package cli

import (
	"context"

	"github.com/spf13/cobra"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/transfer"
)

func (a *app) restoreCommand() *cobra.Command {
	var p transfer.RestoreParams
	var u unsealing
	var yes bool
	cmd := &cobra.Command{
		Use:   "restore FILE",
		Short: "Write a backup into the database, on any engine",
		Long: `restore writes what backup made, a file or standard input for -, into the database
that DATABASE_URL names: all of it or nothing. The archive is read to its end first,
and one that is cut off or changed in any bit is refused. Then the tables are made,
and all rows written in one transaction, read back and compared. The ledger is
verified in the end; breaches end it with exit code 3.

A database that holds rows is refused. --replace deletes them in the same
transaction, after it asked, or with --yes.

What is encrypted needs --identity or --passphrase-file. A file is decrypted in
memory. What comes through a pipe is kept in a temporary file, in the clear, until
restore ends: --spool-dir says where.`,
		Example: `  chameleon restore 2026-01-31.backup
  chameleon restore 2026-01-31.backup.age --identity key.txt
  chameleon restore 2026-01-31.backup --url sqlite://copy.db --json
  ssh store cat 2026-01-31.backup | chameleon restore -`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if p.Replace {
				if err := a.confirm(cmd.Context(), yes, "All rows of Chameleon's tables in the database will be replaced"); err != nil {
					return err
				}
			}
			return a.restore(cmd.Context(), args[0], u, p)
		},
	}
	flags := cmd.Flags()
	u.flags(cmd)
	flags.BoolVar(&p.Replace, "replace", false, "delete the rows that the database holds")
	flags.BoolVar(&yes, "yes", false, "do not ask before --replace")
	flags.BoolVar(&p.SkipUnknown, "skip-unknown", false, "leave out tables that this version does not know")
	flags.BoolVar(&p.NoAudit, "no-audit", false, "do not verify the ledger: run verify afterwards")
	flags.StringVar(&p.SpoolDir, "spool-dir", "", "the `directory` for what comes through a pipe (default: the system's)")
	return cmd
}

func (a *app) restore(ctx context.Context, path string, u unsealing, p transfer.RestoreParams) error {
	a.stopped = "interrupted: rows are restored in one transaction, all of them or none"
	r, done, err := a.unseal(ctx, path, u)
	if done != nil {
		defer done()
	}
	if err != nil {
		return err
	}
	return a.with(ctx, func(db *bun.DB) error {
		m := a.meter("restore", "steps")
		p.Progress = m.transfer
		result, err := chameleon.Restore(ctx, db, r, p)
		m.end()
		if err != nil {
			return err
		}
		return a.printTransfer(result)
	})
}
