package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// steps is how many values a line has.
const steps = 150

// series is one line of a panel.
type series struct {
	name   string
	values []point
}

type point struct {
	at    time.Time
	value float64
}

// ask gives a query to Prometheus, as Grafana does, and returns the lines.
func (d drawing) ask(ctx context.Context, t target) ([]series, error) {
	query := url.Values{
		"query": {strings.ReplaceAll(t.Expr, "$__rate_interval", "1m")},
		"start": {seconds(d.end.Add(-d.span))}, "end": {seconds(d.end)},
		"step": {strconv.FormatFloat(d.span.Seconds()/steps, 'f', 3, 64)},
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, d.prometheus+"/api/v1/query_range?"+query.Encode(), http.NoBody)
	if err != nil {
		return nil, err
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	defer func() { _ = answer.Body.Close() }()
	var found struct {
		Error string `json:"error"`
		Data  struct {
			Result []struct {
				Metric map[string]string `json:"metric"`
				Values [][2]any          `json:"values"`
			} `json:"result"`
		} `json:"data"`
	}
	if err := json.NewDecoder(answer.Body).Decode(&found); err != nil {
		return nil, fmt.Errorf("prometheus: %w", err)
	}
	if found.Error != "" {
		return nil, fmt.Errorf("prometheus: %s", found.Error)
	}
	lines := make([]series, len(found.Data.Result))
	for i, result := range found.Data.Result {
		lines[i].name = legend(t.Legend, result.Metric)
		for _, v := range result.Values {
			at, _ := v[0].(float64)
			text, _ := v[1].(string)
			value, err := strconv.ParseFloat(text, 64)
			if err != nil {
				return nil, fmt.Errorf("prometheus: %w", err)
			}
			lines[i].values = append(lines[i].values, point{time.UnixMilli(int64(at * 1000)), value})
		}
	}
	return lines, nil
}

var label = regexp.MustCompile(`{{\s*(\w+)\s*}}`)

// legend names a line, as the dashboard says.
func legend(format string, labels map[string]string) string {
	return strings.TrimSpace(label.ReplaceAllStringFunc(format, func(found string) string {
		return labels[label.FindStringSubmatch(found)[1]]
	}))
}

func seconds(t time.Time) string { return strconv.FormatFloat(float64(t.UnixMilli())/1000, 'f', 3, 64) }
