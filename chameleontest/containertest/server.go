package containertest

import (
	"fmt"

	"github.com/chameleon-go/chameleon/chameleontest/mysqltest"
	"github.com/chameleon-go/chameleon/chameleontest/postgrestest"
	"github.com/chameleon-go/chameleon/dialect"
)

// Server is a database server to start.
type Server struct {
	// Engine is PostgreSQL, MySQL or MariaDB.
	Engine dialect.Engine
	// Image is what the container is made from: an official image, or one whose entry
	// point understands the official one's variables.
	Image string
}

// PostgreSQL is the newest version that Chameleon is tested with.
func PostgreSQL() Server { return Server{dialect.PostgreSQL, "postgres:18"} }

// MySQL is the newest version that Chameleon is tested with.
func MySQL() Server { return Server{dialect.MySQL, "mysql:9"} }

// MariaDB is the newest version that Chameleon is tested with.
func MariaDB() Server { return Server{dialect.MariaDB, "mariadb:11.8"} }

// From is the same server, made from another image.
func (s Server) From(image string) Server {
	s.Image = image
	return s
}

// variable is the environment variable that names the server.
func (s Server) variable() (string, error) {
	switch s.Engine {
	case dialect.PostgreSQL:
		return postgrestest.URLVariable, nil
	case dialect.MySQL:
		return mysqltest.MySQLVariable, nil
	case dialect.MariaDB:
		return mysqltest.MariaDBVariable, nil
	}
	return "", fmt.Errorf("engine %q has no server", s.Engine)
}
