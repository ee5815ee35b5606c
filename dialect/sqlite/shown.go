package sqlite

import (
	"path/filepath"
	"strings"
)

// hasPassword reports whether a path is a server's URL that got another scheme,
// or the rest of one: user:password@host/database.
func hasPassword(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	user, _, found := strings.Cut(first, "@")
	return found && strings.Contains(user, ":") || strings.Contains(path, "://") && strings.Contains(path, "@")
}

// shown is as much of a path as an error may show. From the first element on
// that could be part of a URL with a password or a parameter in it, the rest is
// left out.
func shown(path string) string {
	volume := filepath.VolumeName(path)
	i := strings.IndexAny(path[len(volume):], "@?&=:#%")
	if i < 0 {
		return path
	}
	start := strings.LastIndexByte(path[:len(volume)+i], '/') + 1
	return path[:start] + "…"
}
