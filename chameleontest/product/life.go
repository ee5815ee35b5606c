package product

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/apikeys"
	"github.com/chameleon-go/chameleon/content"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/users"
)

// life is one user's.
type life struct {
	rng  *rand.Rand
	user string
	// at is where it has come to, and end where it ends.
	at, end time.Time
	// steps are left, and gap is the mean time between two.
	steps int
	gap   time.Duration
	// buys is how likely the user pays when the credits are used up.
	buys float64
	// sub is the user's subscription, if any, and renews when its period ends.
	sub    string
	renews time.Time
	n      int
	made   Report
}

// newLife draws who the i-th user is: when they came (more came later), how active they
// are (few are very), and whether they buy.
func newLife(p Params, i int) *life {
	l := &life{rng: rand.New(rand.NewPCG(p.Seed, uint64(i))), end: p.To} //nolint:gosec // i counts from 0
	var id uuid.UUID
	binary.BigEndian.PutUint64(id[:8], l.rng.Uint64())
	binary.BigEndian.PutUint64(id[8:], l.rng.Uint64())
	id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80
	l.user = id.String()
	span := p.To.Sub(p.From)
	l.at = p.From.Add(time.Duration(math.Sqrt(l.rng.Float64()) * float64(span) * 0.99)).UTC().Truncate(time.Microsecond)
	// Log-normal about Activity: its mean is e^(σ²/2) of its median.
	const sigma = 1.2
	l.steps = int(float64(p.Activity) * math.Exp(sigma*l.rng.NormFloat64()-sigma*sigma/2))
	l.gap = l.end.Sub(l.at) / time.Duration(l.steps+1)
	l.buys = []float64{0, 0, 0.5, 0.9}[l.rng.IntN(4)]
	return l
}

// key is the next idempotency key.
func (l *life) key(kind string) string {
	l.n++
	return fmt.Sprintf("%s-%s-%d", kind, l.user[:8], l.n)
}

// pass lets time pass, and says whether the life goes on.
func (l *life) pass() bool {
	l.at = l.at.Add(time.Duration(l.rng.ExpFloat64() * float64(l.gap))).Truncate(time.Microsecond)
	l.steps--
	return l.steps >= 0 && l.at.Before(l.end)
}

// isThere reports whether the user was made before, and so all of its life.
func (l *life) isThere(ctx context.Context, tx bun.Tx) (bool, error) {
	_, err := users.Get(ctx, tx, users.GetParams{UserUUID: l.user})
	if errors.Is(err, users.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// live writes all that the user does.
func (l *life) live(ctx context.Context, tx bun.Tx, inviter string) error {
	name := "user-" + l.user[:13]
	code, err := codeOf(ctx, tx, inviter)
	if err != nil {
		return err
	}
	_, err = users.Create(ctx, tx, users.CreateParams{
		UserUUID: l.user, Email: name + "@example.com", Nickname: name, InviteCode: code, At: l.at,
	})
	if err != nil {
		return err
	}
	l.made.Users++
	l.made.Operations++ // the welcome credits
	if err := l.aside(ctx, tx); err != nil {
		return err
	}
	for l.pass() {
		if err := l.renew(ctx, tx, l.at); err != nil {
			return err
		}
		err := l.step(ctx, tx)
		if !errors.Is(err, credits.ErrInsufficient) {
			if err != nil {
				return err
			}
			continue
		}
		if l.rng.Float64() < l.buys {
			err = l.buy(ctx, tx)
		} else {
			err = l.ping(ctx, tx)
		}
		if err != nil {
			return err
		}
	}
	return l.renew(ctx, tx, l.end)
}

// invitedBy is who invited the i-th user: nobody, or for one in four somebody who came
// before, and so was written before.
func (l *life) invitedBy(p Params, i int) string {
	if i == 0 || l.rng.IntN(4) > 0 {
		return ""
	}
	for range 4 {
		if other := newLife(p, l.rng.IntN(i)); other.at.Before(l.at) {
			return other.user
		}
	}
	return ""
}

// codeOf is the invite code of a user, "" for none.
func codeOf(ctx context.Context, tx bun.Tx, user string) (string, error) {
	if user == "" {
		return "", nil
	}
	found, err := users.Get(ctx, tx, users.GetParams{UserUUID: user})
	if err != nil {
		return "", err
	}
	return found.InviteCode, nil
}

// step is what a user does of a day.
func (l *life) step(ctx context.Context, tx bun.Tx) error {
	switch n := l.rng.IntN(20); {
	case n < 11:
		return l.generate(ctx, tx)
	case n < 16:
		return l.stream(ctx, tx)
	case n < 19:
		return l.ping(ctx, tx)
	default:
		return l.say(ctx, tx)
	}
}

// aside is what is not the ledger's: a key for every fifth, a post for every 25th.
func (l *life) aside(ctx context.Context, tx bun.Tx) error {
	if l.rng.IntN(5) == 0 {
		if _, err := apikeys.Create(ctx, tx, apikeys.CreateParams{UserUUID: l.user, Name: "CI", At: l.at}); err != nil {
			return err
		}
		l.made.APIKeys++
	}
	if l.rng.IntN(25) == 0 {
		_, err := content.CreatePost(ctx, tx, content.CreatePostParams{
			Title: "What is new, " + l.at.Format("2 January 2006"), Content: l.text(200), Locale: "en", Publish: true, At: l.at,
		})
		if err != nil {
			return err
		}
		l.made.Posts++
	}
	return nil
}

func (l *life) say(ctx context.Context, tx bun.Tx) error {
	_, err := content.SubmitFeedback(ctx, tx, content.SubmitFeedbackParams{
		UserUUID: l.user, Content: l.text(20), Rating: int64(5 - min(4, int(l.rng.ExpFloat64()*1.5))), At: l.at,
	})
	l.made.Feedbacks++
	return err
}

// words are what prompts and texts are made of.
var words = [...]string{ //nolint:gochecknoglobals // a constant in all but type
	"a", "lighthouse", "on", "the", "cliff", "at", "dusk", "chameleon", "branch", "watercolour", "portrait", "of", "an", "old",
	"sailor", "neon", "city", "in", "rain", "macro", "photograph", "poster", "style", "soft", "light", "灯台", "夕暮れ", "für", "été",
}

// text is so many words, about.
func (l *life) text(n int) string {
	text := make([]byte, 0, 8*n)
	for range 1 + n/2 + l.rng.IntN(n) {
		text = append(append(text, words[l.rng.IntN(len(words))]...), ' ')
	}
	return string(text[:len(text)-1])
}
