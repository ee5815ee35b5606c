package doctor_test

import (
	"context"
	"fmt"
	"log"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/doctor"
)

// A database that is not there is a finding, not an error.
func ExampleUnreachable() {
	report, err := chameleon.Doctor(context.Background(), "sqlite:///no/such/directory/app.db", doctor.Params{})
	if err != nil {
		log.Fatal(err)
	}
	for _, f := range report.Findings {
		fmt.Println(f.Severity, f.Code)
	}
	// Output: error database_missing
}
