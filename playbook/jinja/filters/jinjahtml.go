package filters

import (
	"html"
	"regexp"
	"strings"

	"github.com/musterhq/muster/internal/value"
)

// escapeHTML replaces the five characters that mean something in HTML.
func escapeHTML(s string) string {
	return strings.NewReplacer("&", "&amp;", ">", "&gt;", "<", "&lt;", "'", "&#39;", `"`, "&#34;").Replace(s)
}

func jinjaHTML() map[string]Func {
	escape := textFilter("escape", escapeHTML)
	return map[string]Func{
		"escape":      escape,
		"e":           escape,
		"forceescape": textFilter("do_forceescape", escapeHTML),
		"safe":        textFilter("do_mark_safe", func(s string) string { return s }),
		"striptags":   textFilter("do_striptags", stripTags),
		"xmlattr":     Whole("do_xmlattr(d, autospace=True)", xmlAttributes),
		"urlencode":   Strict("do_urlencode(value)", urlEncode),
		"urlize":      Strict("do_urlize(value, trim_url_limit=None, nofollow=False, target=None, rel=None, extra_schemes=None)", urlize),
	}
}

var tagPattern = regexp.MustCompile(`(?s)<!--.*?-->|<[^>]*>`)

func stripTags(s string) string {
	return html.UnescapeString(strings.Join(strings.Fields(tagPattern.ReplaceAllString(s, "")), " "))
}

func xmlAttributes(_ Env, a *value.Args) (any, error) {
	d, ok := a.Any("d").(*value.Dict)
	if !ok {
		return nil, &value.AttributeError{Message: "'" + value.TypeName(a.Any("d")) + "' object has no attribute 'items'"}
	}
	var parts []string
	for k, v := range d.All() {
		if _, undefined := v.(*value.Undefined); undefined || v == nil {
			continue
		}
		name, ok := k.(string)
		if !ok {
			return nil, &value.TypeError{Message: "expected string or bytes-like object, got '" + value.TypeName(k) + "'"}
		}
		if strings.ContainsAny(name, " \t\n\v\f\r/>=") {
			return nil, &value.ValueError{Message: "Invalid character in attribute name: " + value.Repr(name)}
		}
		parts = append(parts, escapeHTML(name)+`="`+escapeHTML(value.Str(v))+`"`)
	}
	out := strings.Join(parts, " ")
	if a.Bool("autospace") && out != "" {
		out = " " + out
	}
	return out, nil
}

// quoteURL writes text as the part of an URL; the bytes in safe stay as they are.
func quoteURL(s, safe string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		if c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9' || strings.IndexByte("_.-~"+safe, c) >= 0 {
			b.WriteByte(c)
			continue
		}
		b.WriteByte('%')
		b.WriteByte(hex[c>>4])
		b.WriteByte(hex[c&15])
	}
	return b.String()
}

func queryPart(v any) string {
	return strings.ReplaceAll(quoteURL(value.Str(v), ""), "%20", "+")
}

// urlEncode quotes text for the path of an URL, and pairs of keys and values for its query.
func urlEncode(_ Env, a *value.Args) (any, error) {
	v := a.Any("value")
	items, err := value.Iterate(v)
	if _, isText := v.(string); isText || err != nil {
		return quoteURL(value.Str(v), "/"), nil
	}
	if d, ok := v.(*value.Dict); ok {
		items = value.Items(d).Items
	}
	var parts []string
	for _, item := range items {
		pair, err := value.Iterate(item)
		if err != nil {
			return nil, err
		}
		if len(pair) != 2 {
			return nil, errorf("urlencode needs pairs of a key and a value, not %s", value.Repr(item))
		}
		parts = append(parts, queryPart(pair[0])+"="+queryPart(pair[1]))
	}
	return strings.Join(parts, "&"), nil
}

var (
	wordSplit  = regexp.MustCompile(`(\s+)`)
	httpWord   = regexp.MustCompile(`(?i)^((https?://|www\.)(([\w%-]+\.)+)?([a-z]{2,63}|xn--[\w%]{2,59})|([\w%-]{2,63}\.)+(com|net|int|edu|gov|org|info|mil)|(https?://)((([\d]{1,3})(\.[\d]{1,3}){3})|(\[([\da-f]{0,4}:){2}([\da-f]{0,4}:?){1,6}\])))(?::[\d]{1,5})?(?:[/?#]\S*)?$`)
	mailWord   = regexp.MustCompile(`^\S+@\w[\w.-]*\.\w+$`)
	wordLead   = regexp.MustCompile(`^([(<]|&lt;)+`)
	wordTail   = regexp.MustCompile(`([)>.,\n]|&gt;)+$`)
	schemeWord = regexp.MustCompile(`^[a-zA-Z][\w.+-]*:`)
)

// urlize turns the addresses in a text into links.
func urlize(_ Env, a *value.Args) (any, error) {
	limit := -1
	if a.Any("trim_url_limit") != nil {
		limit = a.Int("trim_url_limit")
	}
	rel := "noopener"
	if a.Any("rel") != nil {
		rel = a.Str("rel") + " noopener"
	}
	if a.Bool("nofollow") {
		rel = "nofollow " + rel
	}
	words := strings.Fields(rel)
	rel = strings.Join(sortedUnique(words), " ")
	attrs := ` rel="` + escapeHTML(rel) + `"`
	if a.Any("target") != nil {
		attrs += ` target="` + escapeHTML(a.Str("target")) + `"`
	}
	text := escapeHTML(a.Str("value"))
	var b strings.Builder
	last := 0
	for _, gap := range append(wordSplit.FindAllStringIndex(text, -1), []int{len(text), len(text)}) {
		b.WriteString(link(text[last:gap[0]], limit, attrs, a.Any("extra_schemes")))
		b.WriteString(text[gap[0]:gap[1]])
		last = gap[1]
	}
	return b.String(), nil
}

func sortedUnique(words []string) []string {
	seen := map[string]bool{}
	var out []string
	for _, w := range words {
		if !seen[w] {
			seen[w] = true
			out = append(out, w)
		}
	}
	for i := range out {
		for j := i; j > 0 && out[j] < out[j-1]; j-- {
			out[j], out[j-1] = out[j-1], out[j]
		}
	}
	return out
}

func link(word string, limit int, attrs string, extra any) string {
	head, tail := wordLead.FindString(word), ""
	middle := word[len(head):]
	if loc := wordTail.FindStringIndex(middle); loc != nil {
		middle, tail = middle[:loc[0]], middle[loc[0]:]
	}
	for _, pair := range []string{"()", "<>"} {
		if strings.Count(middle, pair[:1]) > strings.Count(middle, pair[1:]) && strings.HasPrefix(tail, pair[1:]) {
			middle, tail = middle+pair[1:], tail[1:]
		}
	}
	shown := middle
	if r := []rune(middle); limit >= 0 && len(r) > limit {
		shown = string(r[:limit]) + "..."
	}
	switch {
	case httpWord.MatchString(middle):
		href := middle
		if !strings.HasPrefix(middle, "https://") && !strings.HasPrefix(middle, "http://") {
			href = "https://" + middle
		}
		middle = `<a href="` + href + `"` + attrs + `>` + shown + `</a>`
	case strings.HasPrefix(middle, "mailto:") && mailWord.MatchString(middle[7:]):
		middle = `<a href="` + middle + `">` + middle[7:] + `</a>`
	case strings.Contains(middle, "@") && !strings.HasPrefix(middle, "www.") && !strings.Contains(middle, ":") && mailWord.MatchString(middle):
		middle = `<a href="mailto:` + middle + `">` + middle + `</a>`
	default:
		items, _ := value.Iterate(extra)
		for _, scheme := range items {
			if s := value.Str(scheme); schemeWord.MatchString(s) && middle != s && strings.HasPrefix(middle, s) {
				middle = `<a href="` + middle + `"` + attrs + `>` + middle + `</a>`
				break
			}
		}
	}
	return head + middle + tail
}
