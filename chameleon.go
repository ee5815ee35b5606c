// Package chameleon opens a database on PostgreSQL, MySQL, MariaDB or SQLite and
// creates the tables of an AI SaaS product in it: users, orders, credits,
// generations, content, affiliates and keys.
//
//	db, err := chameleon.Open(ctx, os.Getenv("DATABASE_URL"))
//	…
//	_, err = chameleon.Push(ctx, db) // creates the tables, or adds what is missing
//
// Everything else is in the packages of the domains, such as credits and orders.
// Their functions take the handle, or a transaction: a *bun.DB, a bun.Conn or a
// bun.Tx.
//
// This package links all drivers. A program that uses one engine can open its
// handle with dialect/postgres, dialect/mysql or dialect/sqlite instead.
package chameleon

import (
	"context"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/dialect/handle"
	"github.com/chameleon-go/chameleon/dialect/mysql"
	"github.com/chameleon-go/chameleon/dialect/postgres"
	"github.com/chameleon-go/chameleon/dialect/sqlite"
	"github.com/chameleon-go/chameleon/internal/dburl"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// InvalidError says which field of a caller's input is wrong, and why.
type InvalidError = dialect.InvalidError

// ErrInvalid matches every *InvalidError.
var ErrInvalid = dialect.ErrInvalid

// Open connects to the database that databaseURL names, checks that its
// version is supported, and returns a handle to it. The scheme chooses the
// engine:
//
//	postgresql:// postgres://        PostgreSQL 14 or newer
//	mysql://                         MySQL 8.0 or MariaDB 10.11, or newer
//	sqlite://path sqlite:///abs/path sqlite://:memory: file:path
//
// The URL may be in the form that a hosting provider shows, with its own
// parameters; packages dialect/postgres, dialect/mysql and dialect/sqlite
// document them, and how they handle TLS and transaction poolers. Close the
// handle when it is no longer needed. ctx limits opening only.
//
// Errors: *InvalidError for an unusable URL. Everything else is a
// *dialect.Error with a remedy: dialect.ErrUnavailable (refused, unknown host,
// no answer), ErrUnauthenticated, ErrNoDatabase, ErrPermission, ErrTLS,
// ErrTooManyConnections, ErrUnsupportedVersion, ErrTimeout, ErrCanceled. No
// error holds the password.
func Open(ctx context.Context, databaseURL string, opts ...Option) (*bun.DB, error) {
	scheme, _, err := dburl.Split(databaseURL)
	if err != nil {
		return nil, err
	}
	var s handle.Settings
	for _, opt := range opts {
		opt(&s)
	}
	switch scheme {
	case "postgresql", "postgres":
		c, err := postgres.ParseURL(databaseURL)
		if err != nil {
			return nil, err
		}
		return postgres.Open(ctx, c, s)
	case "mysql":
		c, err := mysql.ParseURL(databaseURL)
		if err != nil {
			return nil, err
		}
		return mysql.Open(ctx, c, s)
	case "sqlite", "file":
		c, err := sqlite.ParseURL(databaseURL)
		if err != nil {
			return nil, err
		}
		return sqlite.Open(ctx, c, s)
	}
	return nil, valid.Failf(dburl.Field, "has the scheme %s, which is not known: "+
		"use postgresql, postgres, mysql, sqlite or file", scheme)
}
