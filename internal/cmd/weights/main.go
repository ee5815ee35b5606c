// Command weights prints what a program outside this repository gets with each way
// to begin: how many modules `go list -m all` names, how long its go.sum is, and how
// large it is, stripped.
//
// The modules come from a proxy on disk, with the files of this checkout, as they
// come from a tag: that every module can be had so is shown by the way.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

func main() {
	if err := run(context.Background(), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "weights:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer) error {
	weights, err := weighAll(ctx)
	if err != nil {
		return err
	}
	var table strings.Builder
	table.WriteString("| A program that uses | Modules | go.sum, lines | Stripped, MB |\n|---|---:|---:|---:|\n")
	for i, s := range strangers() {
		w := weights[i]
		fmt.Fprintf(&table, "| %s | %d | %d | %.1f |\n", s.name, w.modules, w.sums, float64(w.stripped)/1e6)
	}
	_, err = io.WriteString(out, table.String())
	return err
}

// weighAll weighs the strangers, in their order.
func weighAll(ctx context.Context) (weights []weight, err error) {
	modules, err := published(ctx)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "chameleon-weights-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	// A version that is nobody else's: what the module cache keeps of it is removed.
	version := fmt.Sprintf("v0.1.0-weights.%d", time.Now().UnixNano())
	if err := serve(ctx, filepath.Join(dir, "proxy"), version, modules); err != nil {
		return nil, err
	}
	cache, env, err := outside(ctx, filepath.Join(dir, "proxy"))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, forget(cache, version, modules)) }()
	var requires []string
	for i, s := range strangers() {
		requires = requires[:0]
		for _, path := range s.imports {
			requires = append(requires, path+"@"+version)
		}
		w, err := s.weigh(ctx, filepath.Join(dir, fmt.Sprint(i)), env, requires)
		if err != nil {
			return nil, err
		}
		weights = append(weights, w)
	}
	return weights, nil
}

// outside is the environment of a program that knows nothing of this checkout, and
// the cache where the go command keeps its modules.
func outside(ctx context.Context, proxy string) (cache string, env []string, err error) {
	out, err := command(ctx, ".", nil, "go", "env", "GOMODCACHE", "GOPROXY", "GOFLAGS")
	if err != nil {
		return "", nil, err
	}
	ambient := strings.Split(out, "\n")
	cache, proxies, flags := ambient[0], ambient[1], ambient[2]
	return cache, []string{
		// The flags are those of whoever asks: with others the go command would compile all
		// dependencies again.
		"GOWORK=off", "GOFLAGS=" + strings.TrimSpace(flags+" -mod=mod"), "GOSUMDB=off", "GOTOOLCHAIN=local",
		"GOPROXY=file://" + proxy + ",file://" + filepath.Join(cache, "cache", "download") + "," + proxies,
	}, nil
}

// forget removes what the module cache holds of a version.
func forget(cache, version string, modules []module) error {
	var errs []error
	for _, m := range modules {
		tree := filepath.Join(cache, m.Path+"@"+version)
		errs = append(errs, filepath.WalkDir(tree, func(path string, d os.DirEntry, err error) error {
			if err == nil && d.IsDir() {
				return os.Chmod(path, 0o700) //nolint:gosec // a folder that is removed next
			}
			return nil
		}), os.RemoveAll(tree))
		kept, err := filepath.Glob(filepath.Join(cache, "cache", "download", m.Path, "@v", version+".*"))
		errs = append(errs, err)
		for _, path := range kept {
			errs = append(errs, os.Remove(path))
		}
	}
	return errors.Join(errs...)
}

// command runs a command and returns what it prints.
func command(ctx context.Context, dir string, env []string, words ...string) (string, error) {
	cmd := exec.CommandContext(ctx, words[0], words[1:]...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), env...)
	var said strings.Builder
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s: %w\n%s", strings.Join(words, " "), err, said.String())
	}
	return string(out), nil
}
