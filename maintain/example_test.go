package maintain_test

import (
	"context"
	"fmt"
	"log"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/maintain"
)

// From cron; a server calls it without Once, in a goroutine of its own.
func ExampleRun() {
	ctx := context.Background()
	db, err := chameleon.Open(ctx, "sqlite://:memory:")
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	if _, err := chameleon.Push(ctx, db); err != nil {
		log.Fatal(err)
	}
	report, err := maintain.Run(ctx, db, maintain.Params{Once: true})
	if err != nil {
		log.Fatal(err)
	}
	for _, o := range report.Tasks {
		fmt.Println(o.Task, o.Done)
	}
	// Output:
	// expire 0
	// pay_out 0
	// fail_stuck 0
	// purge 0
	// totals 0
}
