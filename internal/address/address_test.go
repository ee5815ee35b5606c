package address_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/unicode/norm"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/address"
)

func TestStored(t *testing.T) {
	long := strings.Repeat("a", 244) + "@example.com"
	for in, want := range map[string]string{
		"user@example.com":                   "user@example.com",
		"  User@Example.COM\n":               "user@example.com",
		"\u00a0\u3000user@example.com\u2003": "user@example.com",
		"User.Ünïcode+tag@Example.COM":       "user.Ünïcode+tag@example.com",
		"u.name+tag@example.com":             "u.name+tag@example.com",
		"o'brien@example.com":                "o'brien@example.com",
		long[1:]:                             long[1:],
		// Composed, however it was typed, and with no case folded but ASCII's.
		"jose\u0301@example.com":   "jos\u00e9@example.com",
		"JOSE\u0301@example.com":   "jos\u00c9@example.com",
		"JOS\u00c9@example.com":    "jos\u00c9@example.com",
		"H\u0331@example.com":      "\u1e96@example.com",
		"\u212b@example.com":       "\u00c5@example.com",
		"A\u030a@example.com":      "\u00c5@example.com",
		"m\u0130ke@example.com":    "m\u0130ke@example.com",
		"STRA\u1e9eE@example.com":  "stra\u1e9ee@example.com",
		"\u0391\u03a3@example.com": "\u0391\u03a3@example.com",
		"\uac00@example.com":       "\uac00@example.com",
		"\u1100\u1161@example.com": "\uac00@example.com",
		"น้ำ@example.com":          "น้ำ@example.com",
		"用户@例え.jp":                 "用户@例え.jp",
		"i\u2764u@example.com":     "i\u2764u@example.com",
		// A domain and its punycode are one.
		"a@xn--mnchen-3ya.de":   "a@münchen.de",
		"a@XN--Mnchen-3YA.DE":   "a@münchen.de",
		"a@mu\u0308nchen.de":    "a@münchen.de",
		"a@straße.de":           "a@straße.de",
		"a@xn--strae-oqa.de":    "a@straße.de",
		"a@xn--mgbh0fb.example": "a@مثال.example",
		"a@r3---sn.example.com": "a@r3---sn.example.com",
		"a@my_host.example.com": "a@my_host.example.com",
		"a@localhost":           "a@localhost",
	} {
		got, err := address.Stored("Email", in)
		require.NoError(t, err, "%+q", in)
		require.Equal(t, want, got, "%+q", in)
		again, err := address.Stored("Email", got)
		require.NoError(t, err, "%+q", in)
		require.Equal(t, got, again)
	}
	for _, in := range []string{
		long, "", " ", "user", "@example.com", "user@", "a@b@c.com", "User <user@example.com>",
		"<user@example.com>", `"quoted local"@example.com`, `"quoted"@example.com`, "user@example.com, b@c.com",
		"user@example.com (comment)", "(c)user@example.com", "us\xffer@example.com", "user@example.com\r\nBcc: x@yz",
		"user@example.com.", ".user@example.com", "us..er@example.com", "user@example..com", "a@[127.0.0.1]", "a@[IPv6:::1]",
		// Not how a label's letters encode, or no label at all.
		"a@xn--abc-.com", "a@xn--abc.com", "a@xn--.com", "a@xn--BCHER-2pa.com", "a@xn--mnchn-3ya8a8a8a.de",
		"a@mÜnchen.de", "a@İstanbul.com", "a@xn--stanbul-5yb.com", "a@m\u212ae.com", "a@ﬁ.com", "a@ａ.com", "a@b。com", "a@b．com",
		"a@xn--mgba3gch31f060k.com", "a@ا1a.com", "a@\u0301b.com",
	} {
		got, err := address.Stored("Email", in)
		var refused *dialect.InvalidError
		require.ErrorAs(t, err, &refused, "%+q gave %+q", in, got)
		require.Equal(t, "Email", refused.Field)
		require.Empty(t, got)
	}
}

// TestUnseenCharactersAreRefused inside an address, wherever they stand. The error
// names them by number.
func TestUnseenCharactersAreRefused(t *testing.T) {
	for _, r := range []rune{
		0x01, 0x09, 0x0a, 0x20, 0x7f, 0x85, 0x9f, 0xa0, 0xad, 0x034f, 0x061c, 0x115f, 0x1160, 0x1680, 0x17b4, 0x17b5,
		0x180b, 0x180e, 0x2000, 0x2007, 0x200b, 0x200c, 0x200d, 0x200e, 0x200f, 0x2028, 0x2029, 0x202a, 0x202e, 0x202f,
		0x205f, 0x2060, 0x2061, 0x2062, 0x2064, 0x2065, 0x2066, 0x2069, 0x206a, 0x206f, 0x2800, 0x3000, 0x3164, 0xfe00, 0xfe0f,
		0xfeff, 0xffa0, 0xfff0, 0xfff9, 0xfffc, 0xfffd, 0xfdd0, 0xffff, 0xe000, 0xf8ff, 0x0378, 0x13441, 0x16fe4, 0x1bca0,
		0x1d159, 0x1d173, 0x1fffe, 0xe0001, 0xe0020, 0xe007f, 0xe0100, 0xe01ef, 0xe0fff, 0xf0000, 0x10fffd, 0x10ffff,
		// What passes for another character.
		0x212a, 0x017f, 0x1fef, 0x037e, 0xff21, 0xff0e, 0xff20, 0xfb01, 0x2460, 0x1d400, 0x00aa, 0x2024, 0xff61,
	} {
		for _, in := range []string{"us%ser@example.com", "%suser@example.com", "user%s@example.com", "user@exam%sple.com"} {
			in = fmt.Sprintf(in, string(r))
			if strings.TrimSpace(in) == "user@example.com" {
				continue // white space around an address is trimmed
			}
			got, err := address.Stored("Email", in)
			var refused *dialect.InvalidError
			require.ErrorAs(t, err, &refused, "%U gave %+q", r, got)
			require.Equal(t, "Email", refused.Field)
			require.Contains(t, refused.Problem, fmt.Sprintf("%U", r))
			if r > 0x7f {
				require.NotContains(t, refused.Error(), string(r))
			}
		}
	}
}

// TestNothingUnseenGetsThrough holds every code point that is accepted against
// the properties of Unicode.
func TestNothingUnseenGetsThrough(t *testing.T) {
	accepted, ascii := 0, regexp.MustCompile(`^[\x00-\x7f]*$`)
	for r := rune(1); r <= utf8.MaxRune; r++ {
		if !utf8.ValidRune(r) || 0x40000 <= r && r < 0xe0000 { // planes without characters
			continue
		}
		got, err := address.Stored("Email", "x"+string(r)+"x@example.com")
		if err != nil {
			continue
		}
		accepted++
		// A million assertions would be slow.
		switch {
		case !unicode.IsGraphic(r) || unicode.IsSpace(r):
			t.Fatalf("%U is accepted and cannot be seen", r)
		case unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector):
			t.Fatalf("%U is accepted and may be ignored", r)
		case !norm.NFC.IsNormalString(got):
			t.Fatalf("%U is stored as it was not composed", r)
		case r >= utf8.RuneSelf && ascii.MatchString(got):
			t.Fatalf("%U is folded into ASCII", r)
		}
	}
	require.Greater(t, accepted, 100_000)
}

func TestForm(t *testing.T) {
	require.Equal(t, "ada@example.com", address.Form(" Ada@Example.com"))
	require.Equal(t, " Ada\u200b@Example.com", address.Form(" Ada\u200b@Example.com"), "equals nothing but itself")
}

func TestPunycode(t *testing.T) {
	for in, want := range map[string]string{
		"é@bücher.example": "é@xn--bcher-kva.example", "a@example.com": "a@example.com",
		"bücher": "bücher", "a@-ü.com": "a@-ü.com",
	} {
		require.Equal(t, want, address.Punycode(in))
	}
}

func FuzzStored(f *testing.F) {
	for _, seed := range []string{
		"User.Ünïcode+tag@Example.COM", "İ@example.com", "H\u0331@x.de", "a@xn--mnchen-3ya.de", "a@MÜNCHEN.de", "\u212a@b", "a@b.c.",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		got, err := address.Stored("Email", in)
		if err != nil {
			return
		}
		again, err := address.Stored("Email", got)
		require.NoError(t, err)
		require.Equal(t, got, again, "a stored email must be its own normal form")
	})
}
