package sqlite

import (
	"path/filepath"
	"strings"
)

// hasPassword reports whether a path is a server's URL with a wrong scheme, or the rest of
// one: user:password@host/database.
func hasPassword(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	user, _, found := strings.Cut(first, "@")
	return found && strings.Contains(user, ":") || strings.Contains(path, "://") && strings.Contains(path, "@")
}

// shown returns the part of a path that an error may show: it ends before the first
// element that could belong to a URL with a password or a parameter.
func shown(path string) string {
	volume := filepath.VolumeName(path)
	i := strings.IndexAny(path[len(volume):], "@?&=:#%")
	if i < 0 {
		return path
	}
	start := strings.LastIndexByte(path[:len(volume)+i], '/') + 1
	return path[:start] + "…"
}
