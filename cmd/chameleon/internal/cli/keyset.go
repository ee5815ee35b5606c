package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/chameleon-go/chameleon/providers/keyring"
)

func (a *app) keysetCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "keyset",
		Short: "Make and change the keyset that encrypts providers' keys",
		Long: `keyset makes a keyset, and takes the one in CHAMELEON_KEYSET through the steps of
changing its keys. A keyset is a secret: it is written to a new file that only you
can read (--out), and never printed. Put the file's line where your deployment keeps
secrets, as CHAMELEON_KEYSET. Losing it loses the providers' keys, and nothing else.`,
		Example: `  chameleon keys keyset new --out keyset.json
  chameleon keys keyset show`,
	}
	cmd.AddCommand(
		a.keysetStep("new", "Make a keyset of one key", "new makes a keyset of one AES-256-GCM key.", "",
			func(*keyring.Ring, []string) (*keyring.Ring, error) { return keyring.New() }),
		a.keysetStep("add", "Add a key that decrypts", `add writes the keyset with one more key, which decrypts and does not encrypt yet: the
first step of changing keys. Deploy it to every process before you promote.`, "",
			func(r *keyring.Ring, _ []string) (*keyring.Ring, error) { return r.Add() }),
		a.keysetStep("promote", "Have the newest key encrypt", `promote writes the keyset with its newest key as the primary, which encrypts: the
second step of changing keys. Deploy it, then run chameleon keys rotate.`, "",
			func(r *keyring.Ring, _ []string) (*keyring.Ring, error) { return r.Promote() }),
		a.keysetStep("retire", "Take a key out", `retire writes the keyset without the key of that ID, as show lists it: the last step
of changing keys, once rotate has been through.`, "KEY_ID", retire),
		a.keysetShowCommand(),
	)
	return cmd
}

func retire(r *keyring.Ring, args []string) (*keyring.Ring, error) {
	id, err := strconv.ParseUint(args[0], 10, 32)
	if err != nil {
		return nil, usagef("%q is not the ID of a key", args[0])
	}
	return r.Retire(uint32(id))
}

// keysetStep is a command that makes a keyset of the present one.
func (a *app) keysetStep(
	name, short, long, argument string, step func(*keyring.Ring, []string) (*keyring.Ring, error),
) *cobra.Command {
	var out string
	use, example, count := name, "  chameleon keys keyset "+name, 0
	if argument != "" {
		use, example, count = name+" "+argument, example+" 1234567890", 1
	}
	cmd := &cobra.Command{
		Use: use, Short: short, Long: long,
		Example: example + " --out keyset.json",
		Args:    cobra.ExactArgs(count),
		RunE: func(_ *cobra.Command, args []string) error {
			if out == "" {
				return usagef("--out is required: a keyset is a secret, and is not printed")
			}
			ring, err := a.keyring(name != "new")
			if err != nil {
				return err
			}
			if ring, err = step(ring, args); err != nil {
				return err
			}
			return a.writeKeyset(ring, out)
		},
	}
	cmd.Flags().StringVarP(&out, "out", "o", "", "the new `file` to write it to; required")
	return cmd
}

// writeKeyset writes a keyset to a file that was not there, whole or not at all.
func (a *app) writeKeyset(ring *keyring.Ring, path string) (err error) {
	secret, err := ring.Export()
	if err != nil {
		return err
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return usagef("--out: %v", err)
	}
	_, err = fmt.Fprintln(file, secret.Reveal())
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return a.print(ring.Keys(), func(w io.Writer) {
		keysetTable(w, ring)
		fmt.Fprintf(w, "written to %s\n", path)
	})
}

func (a *app) keysetShowCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "show",
		Short:   "List the keyset's keys by their IDs",
		Long:    `show lists the keys of CHAMELEON_KEYSET: their IDs, and which one encrypts.`,
		Example: `  chameleon keys keyset show --json`,
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			ring, err := a.keyring(true)
			if err != nil {
				return err
			}
			return a.print(ring.Keys(), func(w io.Writer) { keysetTable(w, ring) })
		},
	}
}

func keysetTable(w io.Writer, ring *keyring.Ring) {
	for _, key := range ring.Keys() {
		what := "decrypts"
		switch {
		case key.Primary:
			what = "encrypts and decrypts"
		case !key.Enabled:
			what = "disabled"
		}
		fmt.Fprintf(w, "%d\t%s\n", key.ID, what)
	}
}
