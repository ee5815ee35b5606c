package cli

import (
	"context"
	"errors"
	"fmt"
	"io"

	"filippo.io/age"
	"github.com/spf13/cobra"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/transfer"
)

func (a *app) backupCommand() *cobra.Command {
	var s encryption
	var native bool
	cmd := &cobra.Command{
		Use:   "backup FILE",
		Short: "Write all tables to a file that any engine can restore",
		Long: `backup writes Chameleon's tables to a new file, or to standard output for -, from one
snapshot while the application goes on. The archive is compressed, checksummed in
every bit, and belongs to no engine: restore writes it into PostgreSQL, MySQL,
MariaDB or SQLite. docs/archive-format.md describes it.

It holds what the database holds: people's data. --recipient or --passphrase-file
encrypts it as age does (age-encryption.org), before anything is on the disk.

The file gets its name once it is whole and on the disk: what bears the name is a
backup. Until then it is .FILE.partial-* in the same directory, which an error or
Ctrl-C removes and only a kill leaves behind. No file is overwritten.

For -, the report goes to standard error. What a failed backup has written by then is
cut off, and restore refuses it.

With --native the engine's own tool writes the whole database in its own format:
pg_dump (for pg_restore), mysqldump or mariadb-dump (SQL, for mysql or mariadb),
SQLite's VACUUM INTO (a database file). A tool has to be installed, and is handed the
password by its environment or an option file that only you can read. A SQLite
database passes through a temporary file of yours alone, in the clear.
restore --native is the way back; inspect is for archives.`,
		Example: `  chameleon backup 2026-01-31.backup
  chameleon backup 2026-01-31.backup.age --passphrase-file /run/secrets/backup
  chameleon backup 2026-01-31.dump --native
  chameleon backup - -r age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj | ssh store`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.with(cmd.Context(), func(db *bun.DB) error {
				return a.backup(cmd.Context(), db, args[0], s, native)
			})
		},
	}
	s.flags(cmd)
	cmd.Flags().BoolVar(&native, "native", false, "have the engine's own tool write the whole database")
	return cmd
}

func (a *app) backup(ctx context.Context, db *bun.DB, path string, s encryption, native bool) error {
	a.stopped = "interrupted: no backup was written"
	keys, err := s.keys(a.env.scryptWork)
	if err != nil {
		return err
	}
	var result fmt.Stringer
	if native {
		url, findErr := a.databaseURL()
		if findErr != nil {
			return findErr
		}
		result, err = a.native(ctx, db, url, path, keys)
	} else {
		result, err = a.portable(ctx, db, path, keys)
	}
	if err != nil {
		return err
	}
	out := a.env.Out
	if path == "-" {
		out = a.env.Err
	}
	return a.printTo(out, result, func(w io.Writer) { lines(w, result) })
}

// portable writes an archive that belongs to no engine.
func (a *app) portable(ctx context.Context, db *bun.DB, path string, keys []age.Recipient) (result *transfer.BackupResult, err error) {
	err = a.written(ctx, path, keys, func(w io.Writer) (err error) {
		m := a.meter("backup", "rows")
		defer m.end()
		result, err = chameleon.Backup(ctx, db, w, transfer.BackupParams{Progress: m.transfer})
		return err
	})
	return result, err
}

// written has fn write a new file, or standard output for -, encrypted to keys. The
// file is there once all of it is, and else not at all.
func (a *app) written(ctx context.Context, path string, keys []age.Recipient, fn func(w io.Writer) error) error {
	if path == "-" {
		if a.env.Shows {
			return usagef("a backup is not for a terminal: name a file, or send standard output to one")
		}
		return encrypted(until(ctx, a.env.Out), keys, fn)
	}
	file, err := createNew(path)
	if err != nil {
		return err
	}
	if err := encrypted(file, keys, fn); err != nil {
		return errors.Join(err, file.discard())
	}
	if err := file.keep(); err != nil {
		return fmt.Errorf("the backup cannot be kept: %w", err)
	}
	return nil
}

// encrypted has fn write to w, encrypted to keys.
func encrypted(w io.Writer, keys []age.Recipient, fn func(w io.Writer) error) error {
	box, err := encrypt(w, keys)
	if err != nil {
		return err
	}
	if err := fn(box); err != nil {
		return err // not closed: what is encrypted ends in the middle, and shows it
	}
	return box.Close()
}
