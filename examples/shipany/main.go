// Command shipany moves the users, credits, API keys and running subscriptions of a product
// that was made with ShipAny One to Chameleon's tables. docs/shipany.md says how.
//
//	go run ./shipany -from='postgres://…/product?schema=public' -to='postgres://…/product?schema=chameleon'
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"os"

	"github.com/chameleon-go/chameleon"
)

func main() {
	from := flag.String("from", "", "the `URL` of ShipAny's tables")
	to := flag.String("to", "", "the `URL` of a schema or database of Chameleon's own")
	flag.Parse()
	if err := run(context.Background(), os.Stdout, *from, *to); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, out io.Writer, fromURL, toURL string) (err error) {
	from, err := chameleon.Open(ctx, fromURL)
	if err != nil {
		return fmt.Errorf("from: %w", err)
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	to, err := chameleon.Open(ctx, toURL)
	if err != nil {
		return fmt.Errorf("to: %w", err)
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	if _, err := chameleon.Push(ctx, to); err != nil { // refuses ShipAny's tables, should both URLs be the same
		return err
	}
	m := move{from: from, to: to, out: out}
	return m.run(ctx)
}
