package main

import (
	"context"
	"net/http"

	"github.com/chameleon-go/chameleon/generations"
	"github.com/chameleon-go/chameleon/secret"
)

// model asks an AI provider. What it returns an error for is failed, and costs nothing.
type model = func(ctx context.Context, g *generations.Generation) (*generations.Made, error)

// openAI makes images.
func openAI(url string, key secret.Secret) model {
	return func(ctx context.Context, g *generations.Generation) (*generations.Made, error) {
		var images struct {
			Data []struct {
				URL string `json:"url"`
			} `json:"data"`
		}
		err := post(ctx, url+"/v1/images/generations", http.Header{"Authorization": {"Bearer " + key.Reveal()}},
			map[string]any{"model": g.Model, "prompt": g.Prompt, "n": 1}, &images)
		if err != nil {
			return nil, err
		}
		made := &generations.Made{}
		for _, image := range images.Data {
			made.ResultURLs = append(made.ResultURLs, image.URL)
		}
		return made, nil
	}
}
