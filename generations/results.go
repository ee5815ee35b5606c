package generations

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/chameleon-go/chameleon/internal/shown"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// Results returns the URLs of the generation's results, none before it is
// completed.
//
// Errors: an untyped error when the row, written by another program, holds
// anything but a JSON array of strings.
func (g *Generation) Results() ([]string, error) {
	if g.ResultURLs == "" {
		return nil, nil
	}
	var urls []string
	if err := json.Unmarshal([]byte(g.ResultURLs), &urls); err != nil {
		return nil, fmt.Errorf("result_urls of generation %s: %w", shown.Text(g.GenID), err)
	}
	return urls, nil
}

// noURLs is what marshalURLs makes of none.
const noURLs = "[]"

// marshalURLs checks urls and writes them as a JSON array. Unlike
// json.Marshal's, its ampersands stay as they are, as in rows that JavaScript
// wrote.
func marshalURLs(urls []string) (string, error) {
	for i, u := range urls {
		if err := valid.WebURL(fmt.Sprintf("ResultURLs[%d]", i), u); err != nil {
			return "", err
		}
	}
	if urls == nil {
		urls = []string{}
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(urls); err != nil {
		return "", err
	}
	text := string(bytes.TrimSpace(buf.Bytes()))
	return text, valid.LongText("ResultURLs", text)
}
