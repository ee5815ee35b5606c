package adopt

import (
	"context"
	"errors"

	"github.com/chameleon-go/chameleon/apikeys"
	"github.com/chameleon-go/chameleon/content"
	"github.com/chameleon-go/chameleon/generations"
	"github.com/chameleon-go/chameleon/list"
	"github.com/chameleon-go/chameleon/orders"
	"github.com/chameleon-go/chameleon/providers"
	"github.com/chameleon-go/chameleon/users"
)

// early reports whether a step that rewrites what the original reads is only to be
// looked at.
func (r *run) early() bool { return r.p.DryRun || !r.p.Final }

// halves counts accounts of which the original has one half only.
func (r *run) halves(ctx context.Context) error {
	err := r.db.NewRaw("SELECT COUNT(*) FROM credits AS a WHERE NOT EXISTS (SELECT 1 FROM users AS u WHERE u.uuid = a.user_uuid)").
		Scan(ctx, &r.report.WithoutUser)
	if err != nil {
		return err
	}
	return r.db.NewRaw("SELECT COUNT(*) FROM users AS u WHERE u.deleted_at IS NULL "+
		"AND NOT EXISTS (SELECT 1 FROM credits AS a WHERE a.user_uuid = u.uuid)").Scan(ctx, &r.report.WithoutAccount)
}

func (r *run) loops(ctx context.Context) (err error) {
	r.report.Loops, err = users.BreakLoops(ctx, r.db, users.BreakLoopsParams{DryRun: r.p.DryRun})
	return err
}

func (r *run) orders(ctx context.Context) error {
	done, err := orders.Adopt(ctx, r.db, orders.AdoptParams{DryRun: r.p.DryRun})
	if done != nil {
		r.report.Orders = Links{Linked: done.Linked, Unknown: done.Unknown}
		r.report.Orders.ambiguous(done.Ambiguous)
		r.report.OrdersDated = done.Dated
	}
	return err
}

func (r *run) generations(ctx context.Context) error {
	done, err := generations.Adopt(ctx, r.db, generations.AdoptParams{DryRun: r.p.DryRun})
	if done != nil {
		r.report.Generations = Links{Linked: done.Linked, Unknown: done.Unknown}
		r.report.Generations.ambiguous(done.Ambiguous)
	}
	return err
}

// search is of columns that the original does not read.
func (r *run) search(ctx context.Context) error {
	_, err := users.FillSearch(ctx, r.db, users.FillSearchParams{All: true, DryRun: r.p.DryRun})
	return err
}

func (r *run) emails(ctx context.Context) error {
	done, err := users.FoldEmails(ctx, r.db, users.FoldEmailsParams{DryRun: r.early()})
	if done != nil {
		r.report.Emails = Emails{Folded: done.Folded, Odd: done.Odd, Twins: done.Twins}
	}
	return err
}

func (r *run) slugs(ctx context.Context) error {
	done, err := content.KeySlugs(ctx, r.db, content.KeySlugsParams{DryRun: r.early()})
	if done != nil {
		r.report.Slugs = Slugs{Keyed: done.Keyed, Numbered: done.Numbered, Left: done.Left}
	}
	return err
}

func (r *run) apiKeys(ctx context.Context) error {
	for cursor := ""; ; {
		done, err := apikeys.HashOriginals(ctx, r.db, apikeys.HashOriginalsParams{
			Cursor: cursor, Limit: list.MaxLimit, DryRun: r.early(),
		})
		if err != nil {
			return err
		}
		r.report.APIKeys.Hashed += done.Hashed
		r.report.APIKeys.Twins += done.Twins
		if cursor = done.Next; cursor == "" {
			return nil
		}
	}
}

// providerKeys encrypts the providers' keys, or counts those in plaintext.
func (r *run) providerKeys(ctx context.Context) error {
	for cursor := ""; ; {
		page, err := providers.List(ctx, r.db, providers.ListParams{Cursor: cursor, Limit: list.MaxLimit})
		if err != nil {
			return err
		}
		for _, info := range page.Items {
			if info.State == providers.KeyPlaintext {
				r.report.ProviderKeys.Plaintext++
			}
		}
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	if r.early() || r.p.AEAD == nil {
		return nil
	}
	for cursor := ""; ; {
		done, err := providers.RotateKeys(ctx, r.db, providers.RotateKeysParams{
			AEAD: r.p.AEAD, Originals: true, Cursor: cursor, Limit: list.MaxLimit,
		})
		if done == nil {
			return err
		}
		if own := (*providers.Error)(nil); err != nil && !errors.As(err, &own) {
			return err
		}
		r.report.ProviderKeys.Encrypted += int64(done.Encrypted)
		r.report.ProviderKeys.Failed = append(r.report.ProviderKeys.Failed, done.Failed...)
		if cursor = done.Next; cursor == "" {
			return nil
		}
	}
}
