package maintain

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits/audit"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// headsForm names a file by its time, so that names sort by age.
const headsForm = "heads-20060102T150405Z.jsonl"

// HeadsTo returns a function that writes the heads to new files in a directory, named
// by the time, with one line of JSON per account. Files are created atomically; old
// ones are not removed. The directory should be on storage that the database's
// administrators cannot change.
//
// The returned function's errors are those of the file system, and *dialect.Error.
func HeadsTo(dir string) func(ctx context.Context, at time.Time, heads Heads) error {
	return func(_ context.Context, at time.Time, heads Heads) (err error) {
		file, err := os.CreateTemp(dir, ".heads-*")
		if err != nil {
			return err
		}
		defer func() {
			if err != nil {
				err = errors.Join(err, os.Remove(file.Name()))
			}
		}()
		err = errors.Join(WriteHeads(file, heads), file.Sync(), file.Close())
		if err != nil {
			return err
		}
		return os.Rename(file.Name(), filepath.Join(dir, at.UTC().Format(headsForm)))
	}
}

// AllHeads reads the heads of all accounts, page by page on demand, by
// audit.ExportHeads. A *dialect.Error or *audit.HistoryError ends the sequence.
func AllHeads(ctx context.Context, db *bun.DB) Heads {
	return func(yield func(audit.ChainHead, error) bool) {
		for p := (audit.ExportHeadsParams{Limit: audit.MaxHeadLimit}); ; {
			page, err := audit.ExportHeads(ctx, db, p)
			if err != nil {
				yield(audit.ChainHead{}, err)
				return
			}
			for _, head := range page.Items {
				if !yield(head, nil) {
					return
				}
			}
			if p.Cursor = page.Next; p.Cursor == "" {
				return
			}
		}
	}
}

// WriteHeads writes heads to w, one line of JSON per account.
//
// Errors: those of w; *dialect.Error when the heads cannot be read to the end.
func WriteHeads(w io.Writer, heads Heads) error {
	buffered := bufio.NewWriter(w)
	lines := json.NewEncoder(buffered)
	for head, err := range heads {
		if err != nil {
			return errors.Join(err, buffered.Flush())
		}
		if err := lines.Encode(head); err != nil {
			return err
		}
	}
	return buffered.Flush()
}

// ReadHeads reads what [WriteHeads] wrote, for audit.VerifyParams.Against.
//
// Errors: *InvalidError for malformed or empty input; those of r.
func ReadHeads(r io.Reader) (heads []audit.ChainHead, err error) {
	for lines := json.NewDecoder(r); ; {
		var head audit.ChainHead
		err := lines.Decode(&head)
		_, form := errors.AsType[*json.SyntaxError](err)
		_, kind := errors.AsType[*json.UnmarshalTypeError](err)
		switch {
		case errors.Is(err, io.EOF) && len(heads) > 0:
			return heads, nil
		case errors.Is(err, io.EOF):
			return nil, valid.Failf("heads", "empty")
		case form, kind, errors.Is(err, io.ErrUnexpectedEOF), err == nil && (head.UserUUID == "" || head.Hash == ""):
			return nil, valid.Failf("heads", "line %d is not a head", len(heads)+1)
		case err != nil:
			return nil, err
		}
		heads = append(heads, head)
	}
}
