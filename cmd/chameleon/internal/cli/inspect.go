package cli

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"github.com/chameleon-go/chameleon/transfer"
)

func (a *app) inspectCommand() *cobra.Command {
	var u decryption
	cmd := &cobra.Command{
		Use:   "inspect FILE",
		Short: "Check a backup, and say what is in it",
		Long: `inspect reads a backup, a file or standard input for -, to its end, checks every bit
of it, and lists its tables with their rows and checksums. It needs no database. Run
it on backups where they are kept: one that inspect accepts is whole. What is
encrypted needs --identity or --passphrase-file.`,
		Example: `  chameleon inspect 2026-01-31.backup
  chameleon inspect 2026-01-31.backup.age --identity key.txt --json`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return a.inspect(cmd.Context(), args[0], u) },
	}
	u.flags(cmd)
	return cmd
}

func (a *app) inspect(ctx context.Context, path string, u decryption) error {
	a.stopped = "interrupted: the backup was not read to its end"
	r, done, err := a.openBackup(ctx, path, u)
	if done != nil {
		defer done()
	}
	if err != nil {
		return err
	}
	r, end := interruptible(ctx, r)
	defer end()
	info, err := transfer.InspectArchive(r)
	if err != nil {
		return err
	}
	return a.print(info, func(w io.Writer) { lines(w, info) })
}
