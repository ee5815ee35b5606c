package creem

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/chameleon-go/chameleon/orders/webhook"
)

// orderKey is where metadata holds the order's number.
const orderKey = "order_no"

// read reads the event's object.
func read[T any](e *event) (*T, error) {
	object := new(T)
	if err := json.Unmarshal(e.Object, object); err != nil {
		return nil, fmt.Errorf("%w: %w", webhook.ErrPayload, err)
	}
	return object, nil
}

// idOr reads text as an id into id, or else as an object. Creem refers to
// objects either way.
func idOr(text []byte, id *string, object any) error {
	if json.Unmarshal(text, id) == nil {
		return nil
	}
	return json.Unmarshal(text, object)
}

type checkout struct {
	ID           string         `json:"id"`
	RequestID    string         `json:"request_id"`
	Status       string         `json:"status"`
	Units        int64          `json:"units"`
	Order        order          `json:"order"`
	Product      product        `json:"product"`
	Subscription *subscription  `json:"subscription"`
	Metadata     map[string]any `json:"metadata"`
}

func (c *checkout) UnmarshalJSON(text []byte) error {
	type plain checkout
	return idOr(text, &c.ID, (*plain)(c))
}

// orderNo is the number that the checkout was created with.
func (c *checkout) orderNo() string {
	if no, ok := c.Metadata[orderKey].(string); ok && no != "" {
		return no
	}
	return c.RequestID
}

// order is Creem's own, not ours.
type order struct {
	ID string `json:"id"`
	amounts
	Status      string      `json:"status"`
	SubTotal    int64       `json:"sub_total"`
	Transaction transaction `json:"transaction"`
}

func (o *order) UnmarshalJSON(text []byte) error {
	type plain order
	return idOr(text, &o.ID, (*plain)(o))
}

type product struct {
	ID    string `json:"id"`
	Price int64  `json:"price"`
}

func (p *product) UnmarshalJSON(text []byte) error {
	type plain product
	return idOr(text, &p.ID, (*plain)(p))
}

type subscription struct {
	ID                string       `json:"id"`
	Product           product      `json:"product"`
	LastTransactionID string       `json:"last_transaction_id"`
	LastTransaction   *transaction `json:"last_transaction"`
	PeriodStart       time.Time    `json:"current_period_start_date"`
	PeriodEnd         time.Time    `json:"current_period_end_date"`
	CanceledAt        time.Time    `json:"canceled_at"`
	CreatedAt         time.Time    `json:"created_at"`
	Status            string       `json:"status"`
	Items             []struct {
		Units int64 `json:"units"`
	} `json:"items"`
	Metadata map[string]any `json:"metadata"`
}

func (s *subscription) UnmarshalJSON(text []byte) error {
	type plain subscription
	err := idOr(text, &s.ID, (*plain)(s))
	if !s.PeriodEnd.After(s.PeriodStart) { // one that expired ends as it began
		s.PeriodEnd = time.Time{}
	}
	return err
}

type transaction struct {
	ID string `json:"id"`
	amounts
	Status string `json:"status"`
	// Order is Creem's own, and Subscription what it renews, empty for a payment that
	// is made once.
	Order        reference `json:"order"`
	Subscription reference `json:"subscription"`
}

// reference is the id of an object that is named or shown.
type reference string

func (r *reference) UnmarshalJSON(text []byte) error {
	var object struct {
		ID string `json:"id"`
	}
	if err := idOr(text, &object.ID, &object); err != nil {
		return err
	}
	*r = reference(object.ID)
	return nil
}

func (t *transaction) UnmarshalJSON(text []byte) error {
	type plain transaction
	return idOr(text, &t.ID, (*plain)(t))
}

type refund struct {
	ID           string      `json:"id"`
	Status       string      `json:"status"`
	Amount       int64       `json:"refund_amount"`
	Currency     string      `json:"refund_currency"`
	Transaction  transaction `json:"transaction"`
	Subscription reference   `json:"subscription"`
	Checkout     *checkout   `json:"checkout"`
}

type dispute struct {
	ID           string      `json:"id"`
	Status       string      `json:"status"`
	Amount       int64       `json:"amount"`
	Currency     string      `json:"currency"`
	Transaction  transaction `json:"transaction"`
	Subscription reference   `json:"subscription"`
	Checkout     *checkout   `json:"checkout"`
}
