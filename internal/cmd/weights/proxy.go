package main

import (
	"archive/zip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// module is one module of the workspace.
type module struct {
	Path string
	Dir  string
}

// published lists the modules that others can get: not those of the tests.
func published(ctx context.Context) ([]module, error) {
	out, err := command(ctx, ".", nil, "go", "list", "-m", "-f", "{{.Path}}\t{{.Dir}}")
	if err != nil {
		return nil, err
	}
	var all []module
	for line := range strings.Lines(out) {
		path, dir, _ := strings.Cut(strings.TrimSpace(line), "\t")
		if !strings.Contains(path, "/internal/") && !strings.HasSuffix(path, "test") {
			all = append(all, module{path, dir})
		}
	}
	return all, nil
}

// serve writes the modules as a module proxy serves them, all at one version. Their
// files are those of the checkout that git knows, or would.
func serve(ctx context.Context, proxy, version string, modules []module) error {
	for _, m := range modules {
		dir := filepath.Join(proxy, m.Path, "@v")
		if err := os.MkdirAll(dir, 0o750); err != nil {
			return err
		}
		mod, err := os.ReadFile(filepath.Join(m.Dir, "go.mod"))
		if err != nil {
			return err
		}
		text := atVersion(string(mod), version, modules)
		info, err := json.Marshal(map[string]any{"Version": version, "Time": time.Now().UTC()})
		if err != nil {
			return err
		}
		err = errors.Join(
			os.WriteFile(filepath.Join(dir, version+".mod"), []byte(text), 0o600),
			os.WriteFile(filepath.Join(dir, version+".info"), info, 0o600),
			os.WriteFile(filepath.Join(dir, "list"), []byte(version+"\n"), 0o600),
			pack(ctx, filepath.Join(dir, version+".zip"), version, text, m),
		)
		if err != nil {
			return err
		}
	}
	return nil
}

// atVersion is a go.mod as a release has it: where it asks for another module of the
// repository, it asks for the same version.
func atVersion(mod, version string, modules []module) string {
	var out strings.Builder
	for line := range strings.Lines(mod) {
		for _, m := range modules {
			if rest, found := strings.CutPrefix(strings.TrimPrefix(strings.TrimSpace(line), "require "), m.Path+" v"); found {
				line = strings.Replace(line, "v"+strings.Fields(rest)[0], version, 1)
			}
		}
		out.WriteString(line)
	}
	return out.String()
}

// pack writes a module's zip.
func pack(ctx context.Context, name, version, mod string, m module) (err error) {
	list, err := command(ctx, m.Dir, nil, "git", "ls-files", "--cached", "--others", "--exclude-standard")
	if err != nil {
		return err
	}
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	w := zip.NewWriter(file)
	files := strings.Fields(list)
	for _, path := range files {
		if inside(path, files) {
			continue
		}
		entry, err := w.Create(m.Path + "@" + version + "/" + path)
		if err != nil {
			return err
		}
		if path == "go.mod" {
			if _, err := io.WriteString(entry, mod); err != nil {
				return err
			}
			continue
		}
		if err := copyTo(entry, filepath.Join(m.Dir, path)); err != nil {
			return err
		}
	}
	return w.Close()
}

// inside reports whether a file belongs to a module within the module.
func inside(path string, files []string) bool {
	for _, other := range files {
		if dir, found := strings.CutSuffix(other, "/go.mod"); found && strings.HasPrefix(path, dir+"/") {
			return true
		}
	}
	return false
}

func copyTo(w io.Writer, path string) error {
	content, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil // deleted, and not yet committed
	}
	if err != nil {
		return fmt.Errorf("a file of the module: %w", err)
	}
	_, err = w.Write(content)
	return err
}
