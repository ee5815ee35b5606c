package content

import "strings"

// readerLocales are where a reader's locale is looked for: as it is, in the spelling
// that is usual for tags, and without its subtags, one after the other: of en_US.UTF-8
// en-US and en, of zh_Hant_TW zh-Hant-TW, zh-Hant and zh, of ca-valencia ca.
func readerLocales(locale string) []string {
	found := []string{locale}
	tag, _, _ := strings.Cut(locale, ".") // a charset, as systems write it
	tag, _, _ = strings.Cut(tag, "@")
	parts := strings.Split(strings.ReplaceAll(tag, "_", "-"), "-")
	for i, part := range parts {
		switch {
		case i == 0:
			parts[i] = strings.ToLower(part)
		case len(part) == 2:
			parts[i] = strings.ToUpper(part)
		case len(part) == 4 && strings.Trim(part, letters) == "":
			parts[i] = strings.ToUpper(part[:1]) + strings.ToLower(part[1:])
		}
	}
	for n := len(parts); n > 0; n-- {
		found = append(found, strings.Join(parts[:n], "-"))
	}
	return found
}

// storedLocales keeps the locales that a post can have, each once.
func storedLocales(locales []string) []string {
	var kept []string
	seen := map[string]bool{}
	for _, locale := range locales {
		if !seen[locale] && checkLocale("", locale) == nil {
			kept = append(kept, locale)
		}
		seen[locale] = true
	}
	return kept
}
