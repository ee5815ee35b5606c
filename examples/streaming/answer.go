package main

import (
	"context"
	"errors"
	"io"
	"iter"
	"strings"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/generations"
)

// tokensPerCredit is the price: a credit for every ten tokens that were begun.
const tokensPerCredit = 10

func price(tokens int64) int64 { return (tokens + tokensPerCredit - 1) / tokensPerCredit }

// model streams the tokens of an answer. It ends early when ctx does.
type model func(ctx context.Context, prompt string) iter.Seq2[string, error]

// question is what a user asks. The same Key again is the same question: its answer is
// paid once.
type question struct {
	User, Prompt, Key string
	MaxTokens         int64
}

// answer holds the price of MaxTokens, streams the answer to out, and takes the price of
// what was streamed. An answer of which nothing came costs nothing.
func (q question) answer(ctx context.Context, db *bun.DB, out io.Writer, ask model) error {
	_, err := generations.Run(ctx, db, generations.RunParams{
		Hold: &generations.HoldParams{
			UserUUID: q.User, AIType: generations.TypeText, Provider: "openai", Model: "gpt-5",
			Prompt: q.Prompt, MaxCost: price(q.MaxTokens), Key: q.Key,
		},
		Make: func(ctx context.Context, g *generations.Generation) (*generations.Made, error) {
			tokens, err := stream(out, ask(ctx, g.Prompt), q.MaxTokens)
			if tokens == 0 {
				return nil, err // fails the generation: all that was held goes back
			}
			return &generations.Made{Cost: price(tokens), Metadata: map[string]any{"tokens": tokens}}, nil
		},
	})
	return err
}

var errSilent = errors.New("the model said nothing")

// stream writes tokens as they come, and returns how many it wrote.
func stream(out io.Writer, answer iter.Seq2[string, error], most int64) (tokens int64, err error) {
	for token, err := range answer {
		if err != nil {
			return tokens, err
		}
		if _, err := io.WriteString(out, token); err != nil {
			return tokens, err // who cannot be written to has gone
		}
		if tokens++; tokens == most {
			return tokens, nil
		}
	}
	if tokens == 0 {
		return 0, errSilent
	}
	return tokens, nil
}

const skies = "Sunlight holds all colours. Air scatters short waves far more than long ones, " +
	"so blue comes to us from everywhere in the sky, and red only from where the sun stands."

var errOverloaded = errors.New("overloaded")

// recite stands where a call of an AI provider's API does. It fails at a token, unless
// that is 0.
func recite(fails int) model {
	return func(ctx context.Context, _ string) iter.Seq2[string, error] {
		return func(yield func(string, error) bool) {
			for i, word := range strings.SplitAfter(skies, " ") {
				if i+1 == fails {
					yield("", errOverloaded)
					return
				}
				if ctx.Err() != nil || !yield(word, nil) {
					return
				}
			}
		}
	}
}
