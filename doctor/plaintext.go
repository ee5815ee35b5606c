package doctor

import (
	"context"

	"github.com/uptrace/bun"
)

// plaintext looks for keys that are stored as they are: all of the providers', which
// are few, and API keys at both ends of their table.
func (e *exam) plaintext(ctx context.Context) error {
	var providers, users, original int
	err := e.read(ctx, func(ctx context.Context, q bun.IDB) error {
		if e.has("ai_provider_keys") {
			err := q.NewRaw("SELECT COUNT(*) FROM (SELECT api_key FROM ai_provider_keys LIMIT ?) AS x "+
				"WHERE api_key <> '' AND api_key NOT LIKE 'chameleon.sealed.%'", counted).Scan(ctx, &providers)
			if err != nil {
				return err
			}
		}
		if !e.has("apikeys") {
			return nil
		}
		for _, order := range []string{"ASC", "DESC"} {
			var plain, theirs int
			err := q.NewRaw("SELECT COUNT(*), COALESCE(SUM(CASE WHEN original THEN 1 ELSE 0 END), 0) FROM "+
				"(SELECT ? AS k, original FROM apikeys ORDER BY id "+order+" LIMIT ?) AS x WHERE k NOT LIKE 'sha256:%'",
				bun.Ident("key"), counted).Scan(ctx, &plain, &theirs)
			if err != nil {
				return err
			}
			users, original = max(users, plain), max(original, theirs)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if providers > 0 {
		e.findf("plaintext_provider_keys", Warning, "run chameleon keys rotate; --originals once the original application has gone",
			"%d AI providers' keys are stored in plaintext: whoever reads the database or a backup has them", providers)
	}
	if users > 0 {
		e.findf("plaintext_api_keys", Warning, "once the original application has gone, run chameleon adopt --final",
			"at least %d API keys are stored in plaintext, of which the original application wrote %d", users, original)
	}
	return nil
}
