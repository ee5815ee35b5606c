package engines

import (
	"fmt"
	"os"
	"strings"

	"github.com/chameleon-go/chameleon/dialect"
)

// Server is one running database server. Its user may create databases.
type Server struct {
	Engine dialect.Engine
	// URL names the server and a database that exists on it.
	URL string
	// Source says where the server comes from: a URL in the environment, a
	// container image, a program.
	Source string
	// Version is what the server states.
	Version string
	// CAFile is the PEM file of the authority that signed the server's
	// certificate for 127.0.0.1 and localhost; empty when unknown.
	CAFile string
}

// Missing is an engine that could not be reached, and why.
type Missing struct {
	Engine dialect.Engine
	Why    string
}

// Fleet is what one attempt at reaching every engine gave.
type Fleet struct {
	Servers []Server
	Missing []Missing
}

// Environ returns the environment variables, as NAME=value, by which a child
// process's tests find the fleet.
func (f *Fleet) Environ() []string {
	var vars []string
	for _, s := range f.Servers {
		vars = append(vars, URLVariable(s.Engine)+"="+s.URL, SourceVariable(s.Engine)+"="+s.Source)
		if s.CAFile != "" {
			vars = append(vars, CAVariable(s.Engine)+"="+s.CAFile)
		}
	}
	return vars
}

// Redis is Redis or Valkey: no engine of the product's, but a server that tests of a
// cache's store run on, found and named as the engines' are.
const Redis dialect.Engine = "redis"

// All lists every server that tests run on, in the order of reports.
func All() []dialect.Engine { return append(OfServers(), Redis) }

// OfServers lists the engines that need a server, in the order of reports.
func OfServers() []dialect.Engine {
	return []dialect.Engine{dialect.PostgreSQL, dialect.MySQL, dialect.MariaDB}
}

// URLVariable names the environment variable that holds an engine's URL, such
// as CHAMELEON_TEST_POSTGRES_URL.
func URLVariable(engine dialect.Engine) string { return variable(engine, "URL") }

// SourceVariable names the variable that says where the URL's server is from.
func SourceVariable(engine dialect.Engine) string { return variable(engine, "SOURCE") }

// CAVariable names the variable that holds the path of [Server.CAFile].
func CAVariable(engine dialect.Engine) string { return variable(engine, "CA") }

func variable(engine dialect.Engine, what string) string {
	name := strings.ToUpper(string(engine))
	if engine == dialect.PostgreSQL {
		name = "POSTGRES"
	}
	return fmt.Sprintf("CHAMELEON_TEST_%s_%s", name, what)
}

// FromEnvironment returns the server that the environment names for engine.
// Its Version is not filled in.
func FromEnvironment(engine dialect.Engine) (Server, bool) {
	url := os.Getenv(URLVariable(engine))
	if url == "" {
		return Server{}, false
	}
	source := os.Getenv(SourceVariable(engine))
	if source == "" {
		source = "the URL in " + URLVariable(engine)
	}
	return Server{Engine: engine, URL: url, Source: source, CAFile: os.Getenv(CAVariable(engine))}, true
}

// Required reports whether an engine that cannot be reached is a failure:
// under CI=true, or with CHAMELEON_TEST_REQUIRE=all.
func Required() bool {
	return os.Getenv("CI") == "true" || os.Getenv("CHAMELEON_TEST_REQUIRE") == "all"
}

// ReportVariable names the variable that holds the path of a file to which
// test binaries append one line, an engine's name, for each test that they run
// on it.
const ReportVariable = "CHAMELEON_TEST_REPORT"
