package cli

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/chameleon-go/chameleon/internal/shown"
)

// userinfo is what stands between a scheme and the last @ of a word, and credentials
// that stand in the parameters of a URL.
var userinfo = regexp.MustCompile(`(://)[^\s"]*@`)

// hide removes from a text what is secret in the URLs that this run was given. The
// library's errors hold no secret. This is for those of the command line itself: a
// URL where a command's name should be is repeated by whoever does not know it.
func (a *app) hide(text string) string {
	for _, secret := range slices.Concat(a.args, a.urls) {
		if _, value, ok := strings.Cut(secret, "="); ok && strings.HasPrefix(secret, "-") {
			secret = value
		}
		if !strings.Contains(secret, "://") {
			continue
		}
		text = strings.ReplaceAll(text, secret, bare(secret))
		text = strings.ReplaceAll(text, strconv.Quote(secret), strconv.Quote(bare(secret)))
	}
	return shown.Line(userinfo.ReplaceAllString(text, "${1}…@"))
}

// bare is a URL without all that may be secret in it.
func bare(url string) string {
	scheme, _, _ := strings.Cut(url, "://")
	return scheme + "://…"
}
