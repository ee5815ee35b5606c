// Command dashboard draws telemetry/dashboard.json as an SVG, with the answers that a
// Prometheus gives to the dashboard's own queries. It is for a picture in the
// documentation, and it finds panels to which no data comes: those are an error.
//
//	go run ./internal/cmd/dashboard -prometheus=http://localhost:9090 -span=5m > docs/images/dashboard.svg
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"time"
)

func main() {
	log.SetFlags(0)
	d := drawing{}
	flag.StringVar(&d.prometheus, "prometheus", "http://localhost:9090", "the `URL` of a Prometheus that has the metrics")
	flag.DurationVar(&d.span, "span", 5*time.Minute, "how long a time to draw")
	ago := flag.Duration("ago", 0, "how long ago that time ended")
	file := flag.String("file", "telemetry/dashboard.json", "the dashboard")
	flag.Parse()
	d.end = time.Now().Add(-*ago)
	if err := d.run(context.Background(), os.Stdout, *file); err != nil {
		log.Fatal(err)
	}
}

// drawing is what to draw, and until when.
type drawing struct {
	prometheus string
	span       time.Duration
	end        time.Time
}

// dashboard is as much of Grafana's model as is drawn.
type dashboard struct {
	Title  string  `json:"title"`
	Panels []panel `json:"panels"`
}

type panel struct {
	Title       string `json:"title"`
	FieldConfig struct {
		Defaults struct {
			Unit string `json:"unit"`
		} `json:"defaults"`
	} `json:"fieldConfig"`
	Targets []target `json:"targets"`

	series []series
}

type target struct {
	Expr   string `json:"expr"`
	Legend string `json:"legendFormat"`
}

func (d drawing) run(ctx context.Context, to io.Writer, file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var board dashboard
	if err := json.Unmarshal(text, &board); err != nil {
		return err
	}
	var missing []error
	for i := range board.Panels {
		p := &board.Panels[i]
		for _, t := range p.Targets {
			found, err := d.ask(ctx, t)
			if err != nil {
				return fmt.Errorf("%s: %w", p.Title, err)
			}
			p.series = append(p.series, found...)
		}
		if len(p.series) == 0 {
			missing = append(missing, fmt.Errorf("%s: no data", p.Title))
		}
	}
	if err := errors.Join(missing...); err != nil {
		return err
	}
	_, err = io.WriteString(to, d.svg(board))
	return err
}
