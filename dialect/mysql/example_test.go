package mysql_test

import (
	"fmt"

	"github.com/chameleon-go/chameleon/dialect/mysql"
)

// A URL as its provider shows it, with a password that nobody encoded.
func ExampleParseURL() {
	c, err := mysql.ParseURL("mysql://u:p@ss@aws.connect.psdb.cloud/db?sslaccept=strict&connection_limit=4")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(c, c.TLS, c.PoolSize, c.Conn().Passwd == "p@ss")
	// Output: mysql://aws.connect.psdb.cloud:3306/db verify-full 4 true
}
