package mend

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// ClawBack is a claw-back that was made, as the row keeps it whose credits it
// took: enough to make the very same call again.
type ClawBack struct {
	Key       string                 `json:"key"`
	Total     int64                  `json:"total"`
	Reinstate bool                   `json:"reinstate,omitempty"`
	Policy    credits.ClawBackPolicy `json:"policy,omitempty"`
	// AtUs is when, in UTC microseconds.
	AtUs int64 `json:"at_us"`
}

// Recorded is a call as it is kept.
func Recorded(p credits.ClawBackParams) ClawBack {
	return ClawBack{Key: p.Key, Total: p.Total, Reinstate: p.Reinstate, Policy: p.Policy, AtUs: p.At.UnixMicro()}
}

// Of is the call, for a grant. The row's time is bounded as any: it may be another
// program's.
func (c ClawBack) Of(userUUID, grantKey, orderNo string, maxAhead time.Duration) credits.ClawBackParams {
	return credits.ClawBackParams{
		UserUUID: userUUID, GrantKey: grantKey, Total: c.Total, Reinstate: c.Reinstate,
		Policy: c.Policy, Key: c.Key, OrderNo: orderNo, At: time.UnixMicro(c.AtUs).UTC(),
		MaxAhead: maxAhead,
	}
}

// ParseClawBacks reads what a row keeps.
func ParseClawBacks(text string) ([]ClawBack, error) {
	if text == "" {
		return nil, nil
	}
	var list []ClawBack
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		return nil, fmt.Errorf("recorded claw-backs do not parse: %w", err)
	}
	return list, nil
}

// ClawBacksText is what a row keeps.
func ClawBacksText(list []ClawBack) (string, error) {
	text, err := json.Marshal(list)
	if err != nil {
		return "", err
	}
	if len(text) > valid.MaxText {
		return "", valid.Failf("Key", "too many refunds and disputes of one order")
	}
	return string(text), nil
}
