package containertest_test

import (
	"context"
	"fmt"
	"os"
	"testing"

	"github.com/chameleon-go/chameleon/chameleontest/containertest"
	"github.com/chameleon-go/chameleon/chameleontest/postgrestest"
)

//nolint:testableexamples // a test package runs it
func ExampleMain() {
	// In a test package this function is called TestMain.
	_ = func(m *testing.M) {
		os.Exit(containertest.Main(m, containertest.PostgreSQL().From("postgres:16"), containertest.MariaDB()))
	}
}

//nolint:testableexamples // it starts a container
func ExampleStart() {
	ctx := context.Background()
	started, err := containertest.Start(ctx, containertest.PostgreSQL())
	defer func() {
		if err := started.Stop(ctx); err != nil {
			fmt.Println(err)
		}
	}()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(os.Getenv(postgrestest.URLVariable))
}
