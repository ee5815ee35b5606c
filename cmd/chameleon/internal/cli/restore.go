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
	var u decryption
	var yes, native bool
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
restore ends: --spool-dir says where.

With --native the engine's own tool restores what backup --native wrote, into the
same engine: pg_restore, mysql or mariadb, SQLite's backup API. Tables of the backup
replace those that are there, so that a database in which any table holds rows is
refused without --replace. On PostgreSQL and SQLite all of it is restored or nothing.
MySQL and MariaDB commit each statement: a file that does not end as a whole dump is
refused, but what fails later leaves a part, which a second restore with --replace
replaces. The password is handed over as backup --native says. What is piped or
encrypted passes through a temporary file, in the clear. The tools have no checksums:
a bit that changed inside a value is found only in an encrypted file or an archive.`,
		Example: `  chameleon restore 2026-01-31.backup
  chameleon restore 2026-01-31.backup.age --identity key.txt
  chameleon restore 2026-01-31.backup --url sqlite://copy.db --json
  chameleon restore 2026-01-31.dump --native
  ssh store cat 2026-01-31.backup | chameleon restore -`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			restore, what := a.restore, "All rows of Chameleon's tables in the database will be replaced"
			if native {
				restore, what = a.restoreNative, "All tables that the backup holds will be replaced, others than Chameleon's included"
			}
			if p.Replace {
				if err := a.confirm(cmd.Context(), yes, what); err != nil {
					return err
				}
			}
			return restore(cmd.Context(), args[0], u, p)
		},
	}
	flags := cmd.Flags()
	u.flags(cmd)
	flags.BoolVar(&p.Replace, "replace", false, "delete the rows that the database holds")
	flags.BoolVar(&yes, "yes", false, "do not ask before --replace")
	flags.BoolVar(&native, "native", false, "have the engine's own tool restore what backup --native wrote")
	flags.BoolVar(&p.SkipUnknown, "skip-unknown", false, "leave out tables that this version does not know")
	flags.BoolVar(&p.NoAudit, "no-audit", false, "do not verify the ledger: run verify afterwards")
	flags.StringVar(&p.SpoolDir, "spool-dir", "", "the `directory` for what comes through a pipe (default: the system's)")
	cmd.MarkFlagsMutuallyExclusive("native", "skip-unknown")
	return cmd
}

func (a *app) restore(ctx context.Context, path string, u decryption, p transfer.RestoreParams) error {
	a.stopped = "interrupted: rows are restored in one transaction, all of them or none"
	r, done, err := a.openBackup(ctx, path, u)
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
