// Package client is one client process: workers that use the product as its
// documentation tells, and write down what they ask and what they are told.
package client

import (
	"encoding/json"
	"time"

	"github.com/chameleon-go/chameleon/internal/torture/history"
)

// User is one of the users that the run began with.
type User struct {
	UUID string `json:"uuid"`
	Code string `json:"code"` // with which others sign up
}

// Config is what a client process is started with, as JSON.
type Config struct {
	// Name is the client's, the same in each of its lives; Life counts them.
	Name string `json:"name"`
	Life int    `json:"life"`
	Seed uint64 `json:"seed"`
	URL  string `json:"url"`
	Log  string `json:"log"`
	// Workers call at once, over a pool of Pool connections.
	Workers int `json:"workers"`
	Pool    int `json:"pool"`
	// Skew is by how much the client's clock differs.
	Skew  time.Duration `json:"skew"`
	Users []User        `json:"users"`
	// Shortest and Longest bound the callers' deadlines.
	Shortest time.Duration `json:"shortest"`
	Longest  time.Duration `json:"longest"`
	// Only narrows the mix to some verbs.
	Only []history.Verb `json:"only,omitempty"`
	// Gentle leaves out what only a server can be asked.
	Gentle bool `json:"gentle,omitempty"`
}

// Encode returns the configuration as text.
func (c Config) Encode() (string, error) {
	text, err := json.Marshal(c)
	return string(text), err
}

// Decode reads what Encode wrote.
func Decode(text string) (Config, error) {
	var c Config
	err := json.Unmarshal([]byte(text), &c)
	return c, err
}

// The words between a coordinator and its client, a line each.
const (
	SayPause = "pause" // finish what is under way, answer with a report
	SayGo    = "go"
	SayStop  = "stop" // the same as pause, and end
)
