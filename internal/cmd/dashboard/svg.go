package main

import (
	"fmt"
	"html"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The sizes of the picture, in pixels.
const (
	columns     = 2
	panelWidth  = 560
	panelHeight = 236
	gap         = 10
	left        = 56 // of the lines, within a panel
	top         = 34
	lineWidth   = panelWidth - left - 14
	lineHeight  = 128
	legendLeft  = 14
	legendRow   = 15
	legendRows  = 3
)

// colors are those of the lines, in turn.
func colors() []string {
	return []string{"#56a64b", "#e0b400", "#1f78c1", "#ff780a", "#e02f44", "#8f3bb8", "#00868b", "#8a5a2b", "#5794f2", "#c15c17"}
}

// svg draws all panels.
func (d drawing) svg(board dashboard) string {
	rows := (len(board.Panels) + columns - 1) / columns
	width, height := columns*(panelWidth+gap)+gap, rows*(panelHeight+gap)+gap
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" font-family="sans-serif" font-size="11">`+"\n",
		width, height, width, height)
	fmt.Fprintf(&b, `<title>%s</title><rect width="%d" height="%d" fill="#f4f5f5"/>`+"\n", html.EscapeString(board.Title), width, height)
	for i, p := range board.Panels {
		x, y := gap+i%columns*(panelWidth+gap), gap+i/columns*(panelHeight+gap)
		fmt.Fprintf(&b, `<g transform="translate(%d %d)">`+"\n", x, y)
		d.panel(&b, p)
		b.WriteString("</g>\n")
	}
	b.WriteString("</svg>\n")
	return b.String()
}

func (d drawing) panel(b *strings.Builder, p panel) {
	fmt.Fprintf(b, `<rect width="%d" height="%d" rx="3" fill="#fff" stroke="#dcdde0"/>`+"\n", panelWidth, panelHeight)
	fmt.Fprintf(b, `<text x="%d" y="21" font-size="13" fill="#24292e">%s</text>`+"\n", legendLeft, html.EscapeString(p.Title))
	most := highest(p.series)
	for i := range 5 {
		y := top + lineHeight - i*lineHeight/4
		fmt.Fprintf(b, `<path d="M%d %dh%d" stroke="#e7e8ea"/><text x="%d" y="%d" text-anchor="end" fill="#52545c">%s</text>`+"\n",
			left, y, lineWidth, left-6, y+4, inUnit(p.FieldConfig.Defaults.Unit, most*float64(i)/4))
		at := d.end.Add(-d.span + time.Duration(i)*d.span/4)
		fmt.Fprintf(b, `<text x="%d" y="%d" text-anchor="middle" fill="#52545c">%s</text>`+"\n",
			left+i*(lineWidth-20)/4, top+lineHeight+15, at.UTC().Format("15:04:05"))
	}
	for i, s := range p.series {
		color := colors()[i%len(colors())]
		fmt.Fprintf(b, `<path d="%s" fill="none" stroke="%s" stroke-width="1.5"/>`+"\n", d.line(s.values, most), color)
	}
	legends(b, p.series)
}

// line is a line's path. Where there is no number, as where nothing happened in the time
// of a quantile, it is interrupted.
func (d drawing) line(values []point, most float64) string {
	var b strings.Builder
	command := "M"
	for _, v := range values {
		if math.IsNaN(v.value) || math.IsInf(v.value, 0) {
			command = "M"
			continue
		}
		x := left + lineWidth*(1-d.end.Sub(v.at).Seconds()/d.span.Seconds())
		fmt.Fprintf(&b, "%s%.1f %.1f", command, x, top+lineHeight*(1-v.value/most))
		command = "L"
	}
	return b.String()
}

// legends name the lines, as many as there is room for.
func legends(b *strings.Builder, all []series) {
	x, row := legendLeft, 0
	for i, s := range all {
		width := 30 + 7*len(s.name)
		if x+width > panelWidth {
			x, row = legendLeft, row+1
		}
		if row == legendRows {
			fmt.Fprintf(b, `<text x="%d" y="%d" text-anchor="end" fill="#52545c">and %d more</text>`+"\n",
				panelWidth-8, 21, len(all)-i)
			return
		}
		y := top + lineHeight + 36 + row*legendRow
		fmt.Fprintf(b, `<path d="M%d %dh12" stroke="%s" stroke-width="3"/><text x="%d" y="%d" fill="#24292e">%s</text>`+"\n",
			x, y-4, colors()[i%len(colors())], x+16, y, html.EscapeString(s.name))
		x += width
	}
}

// highest is the upper end of the axis, which no line touches.
func highest(all []series) float64 {
	most := 0.0
	for _, s := range all {
		for _, v := range s.values {
			if !math.IsNaN(v.value) && !math.IsInf(v.value, 0) {
				most = max(most, v.value)
			}
		}
	}
	if most == 0 {
		return 1
	}
	for scale := math.Pow10(int(math.Floor(math.Log10(most)))); ; scale *= 10 {
		if i := slices.IndexFunc([]float64{1, 2, 4, 8}, func(f float64) bool { return f*scale > most }); i >= 0 {
			return []float64{1, 2, 4, 8}[i] * scale
		}
	}
}

// inUnit is a number of the axis in a unit of Grafana's.
func inUnit(unit string, n float64) string {
	switch {
	case n == 0:
		return "0"
	case unit == "s" && n < 1:
		return strconv.FormatFloat(n*1000, 'g', 3, 64) + " ms"
	case unit == "s":
		return strconv.FormatFloat(n, 'g', 3, 64) + " s"
	case n >= 1000:
		return strconv.FormatFloat(n/1000, 'g', 3, 64) + " K"
	}
	return strconv.FormatFloat(n, 'g', 3, 64)
}
