package main

import (
	"fmt"
	"html"
	"io"
	"strings"
	"time"
)

type results []result

// benchmark writes a result as `go test -bench` does, for benchstat.
func (r result) benchmark(w io.Writer) {
	for _, lap := range r.laps {
		_, _ = fmt.Fprintf(w, "BenchmarkRace/%s/%s/conns=%d/%s 1 %.0f ns/op %.1f op/s\n",
			r.engine, r.contest, r.conns, r.name, float64(time.Second)/lap, lap)
	}
}

// print writes the table of medians and ratios.
func (t results) print(w io.Writer) {
	_, _ = fmt.Fprintln(w, "\n| Engine | Contest | Connections | By | A second | To the floor | Go CPU, µs | Go allocations | Server CPU, µs | Log, bytes |\n|---|---|---:|---|---:|---:|---:|---:|---:|---:|")
	for _, r := range t {
		_, _ = fmt.Fprintf(w, "| %s | %s | %d | %s | %.0f | %.2f | %.0f | %.0f | %.0f | %.0f |\n",
			r.engine, r.contest, r.conns, r.name, r.perSecond, r.ratio, r.cpu, r.allocs, r.serverCPU, r.log)
	}
}

// The drawing's measures, in pixels.
const (
	barHeight = 18
	labels    = 360
	unit      = 320 // as long as the floor's bar
)

// svg draws a bar for each ratio; the line is the floor.
func (t results) svg() string {
	var b strings.Builder
	width, height := labels+3*unit/2, barHeight*len(t)+barHeight
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-family="sans-serif" font-size="12">`+"\n", width, height)
	for i, r := range t {
		y := barHeight*i + barHeight/2
		colour := map[string]string{"floor": "#999", "naive": "#c96"}[r.name]
		if colour == "" {
			colour = "#385"
		}
		label := fmt.Sprintf("%s %s, %d: %s", r.engine, r.contest, r.conns, r.name)
		fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="end">%s</text>`, labels-8, y+13, html.EscapeString(label))
		length := min(r.ratio*unit, 3*unit/2-40)
		fmt.Fprintf(&b, `<rect x="%d" y="%d" width="%.0f" height="%d" fill="%s"/>`, labels, y+2, length, barHeight-4, colour)
		fmt.Fprintf(&b, `<text x="%.0f" y="%d">%.2f</text>`+"\n", labels+length+4, y+13, r.ratio)
	}
	fmt.Fprintf(&b, `<line x1="%[1]d" x2="%[1]d" y1="0" y2="%d" stroke="#000" stroke-dasharray="3"/>`+"\n</svg>\n", labels+unit, height)
	return b.String()
}
