package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"path/filepath"

	"github.com/joho/godotenv"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon"
)

// variable returns an environment variable, or that of the .env file.
func (a *app) variable(name string) (string, error) {
	value := a.env.Getenv(name)
	if a.file == nil && (value == "" || a.flags.envFile != "") {
		file, err := a.readFile()
		if err != nil {
			return "", err
		}
		a.file = file
	}
	if value != "" {
		return value, nil
	}
	return a.file[name], nil
}

// readFile reads the .env file, which need not be there unless a flag names it. Its
// errors hold nothing of the file: what is wrong in it may be a password.
func (a *app) readFile() (map[string]string, error) {
	path := filepath.Join(a.env.Dir, ".env")
	if a.flags.envFile != "" {
		path = a.flags.envFile
	}
	file, err := godotenv.Read(path)
	_, unreadable := errors.AsType[*fs.PathError](err)
	switch {
	case err == nil:
		return file, nil
	case errors.Is(err, fs.ErrNotExist) && a.flags.envFile == "":
		return map[string]string{}, nil
	case unreadable:
		return nil, usagef("the file %s cannot be read", path)
	}
	return nil, usagef("the file %s is not made of lines NAME=value", path)
}

// databaseURL finds the database's URL.
func (a *app) databaseURL() (string, error) { return a.findURL("") }

// findURL finds the database's URL: what a command's own flag says, or else --url, or
// else the variable.
func (a *app) findURL(own string) (string, error) {
	url := cmp.Or(own, a.flags.url)
	if url == "" {
		value, err := a.variable("DATABASE_URL")
		if err != nil {
			return "", err
		}
		url = value
	}
	if url == "" {
		return "", usagef("DATABASE_URL is not set, neither in the environment nor in .env, and there is no --url")
	}
	a.urls = append(a.urls, url)
	return url, nil
}

// logger tells on standard error what the library logs.
func (a *app) logger() *slog.Logger {
	w := a.env.Err
	if a.flags.quiet {
		w = io.Discard
	}
	return slog.New(slog.NewTextHandler(w, nil))
}

// with opens the database for fn, and closes it.
func (a *app) with(ctx context.Context, fn func(db *bun.DB) error) error {
	url, err := a.databaseURL()
	if err != nil {
		return err
	}
	return a.withURL(ctx, url, "", fn)
}

// withURL opens the database of a URL for fn, and closes it. An error of opening it
// begins with what the database is called.
func (a *app) withURL(ctx context.Context, url, called string, fn func(db *bun.DB) error) (err error) {
	db, err := chameleon.Open(ctx, url, chameleon.WithLogger(a.logger()))
	if err != nil {
		return fmt.Errorf("%s%w", called, err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return fn(db)
}
