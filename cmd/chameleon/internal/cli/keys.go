package cli

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/list"
	"github.com/chameleon-go/chameleon/providers"
	"github.com/chameleon-go/chameleon/providers/keyring"
)

func (a *app) keysCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "keys",
		Short: "Look after the AI providers' keys",
		Long: `keys lists the providers' keys and changes what they are encrypted with. The keyset
is the one in CHAMELEON_KEYSET, in the environment or .env. Keys themselves are never
printed.`,
		Example: `  chameleon keys list
  chameleon keys rotate`,
	}
	cmd.AddCommand(a.keysListCommand(), a.keysRotateCommand(), a.keysetCommand())
	return cmd
}

// keyring reads the keyset; without one it is nil, or an error if it is required.
func (a *app) keyring(required bool) (*keyring.Ring, error) {
	text, err := a.variable(keyring.EnvName)
	switch {
	case err != nil:
		return nil, err
	case text == "" && required:
		return nil, usagef("%s is not set: chameleon keys keyset new makes a keyset", keyring.EnvName)
	case text == "":
		return nil, nil
	}
	ring, err := keyring.Parse(text)
	if err != nil {
		return nil, usagef("%s: %v", keyring.EnvName, err)
	}
	return ring, nil
}

func (a *app) keysListCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List providers, and how their keys are stored",
		Long: `list prints each provider, whether it is enabled, and how its key is stored: sealed
(encrypted), plaintext, or missing. The key itself is not shown.`,
		Example: `  chameleon keys list --json`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.with(cmd.Context(), func(db *bun.DB) error {
				all := []providers.Info{}
				for p := (providers.ListParams{Limit: list.MaxLimit}); ; {
					page, err := providers.List(cmd.Context(), db, p)
					if err != nil {
						return err
					}
					all = append(all, page.Items...)
					if p.Cursor = page.Next; p.Cursor == "" {
						break
					}
				}
				return a.print(all, func(w io.Writer) {
					for _, info := range all {
						enabled := "enabled"
						if !info.Enabled {
							enabled = "disabled"
						}
						fmt.Fprintf(w, "%s\t%s\t%s\n", info.Provider, enabled, info.State)
					}
				})
			})
		},
	}
}

func (a *app) keysRotateCommand() *cobra.Command {
	var originals bool
	cmd := &cobra.Command{
		Use:   "rotate",
		Short: "Encrypt all providers' keys with the keyset's present primary key",
		Long: `rotate decrypts each stored key and encrypts it with the primary key of
CHAMELEON_KEYSET, row by row while the application runs. Keys in plaintext are
encrypted, too, but for those that an original application still reads: --originals
takes these as well, once it has gone.

To change keys: keyset add, deploy; keyset promote, deploy; rotate; keyset retire,
deploy. Keys that could not be decrypted stay as they were and end it with exit
code 3.`,
		Example: `  chameleon keys rotate
  chameleon keys rotate --originals --json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ring, err := a.keyring(true)
			if err != nil {
				return err
			}
			return a.with(cmd.Context(), func(db *bun.DB) error {
				total, failed, err := rotate(cmd, db, providers.RotateKeysParams{
					AEAD: ring, Limit: list.MaxLimit, Originals: originals,
				})
				if printErr := a.print(total, func(w io.Writer) { rotated(w, total, failed) }); printErr != nil {
					return printErr
				}
				if err == nil && failed != nil {
					return errFindings
				}
				return err
			})
		},
	}
	cmd.Flags().BoolVar(&originals, "originals", false, "also plaintext that the original application stored; it must have gone")
	return cmd
}

// rotate goes through all batches. failed are the keys that could not be read.
func rotate(cmd *cobra.Command, db *bun.DB, p providers.RotateKeysParams) (total *providers.RotateKeysResult, failed, err error) {
	total = &providers.RotateKeysResult{}
	for {
		batch, err := providers.RotateKeys(cmd.Context(), db, p)
		if batch == nil {
			return total, failed, err
		}
		failed = errors.Join(failed, err)
		total.Rotated += batch.Rotated
		total.Encrypted += batch.Encrypted
		total.Current += batch.Current
		total.Originals += batch.Originals
		total.Failed = append(total.Failed, batch.Failed...)
		if p.Cursor = batch.Next; p.Cursor == "" {
			return total, failed, nil
		}
	}
}

func rotated(w io.Writer, r *providers.RotateKeysResult, failed error) {
	fmt.Fprintf(w, "%d encrypted anew, %d encrypted that were in plaintext, %d up to date\n", r.Rotated, r.Encrypted, r.Current)
	if r.Originals > 0 {
		fmt.Fprintf(w, "%s left in plaintext for the original application\n", plural(r.Originals, "key"))
	}
	if failed != nil {
		fmt.Fprintln(w, failed)
	}
}
