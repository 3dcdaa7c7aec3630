package sshconfig

import (
	"slices"
	"strings"

	"github.com/musterhq/muster/internal/diag"
)

// Value is what one directive said, and where.
type Value struct {
	Words []string
	Pos   diag.Pos // the zero position is the command line
}

// FromArgs reports whether the value was given on a command line rather than in a file.
func (v Value) FromArgs() bool { return v.Pos.Line == 0 }

// Config is what applies to one host: for each keyword, in lower case, the values that won.
type Config struct {
	Host   string // the name asked for, or its canonical form
	values map[string][]Value
}

// First returns the winning value of a keyword.
func (c *Config) First(keyword string) (Value, bool) {
	v := c.values[keyword]
	if len(v) == 0 {
		return Value{}, false
	}
	return v[0], true
}

// Text returns the first word of the winning value, or "" when the keyword was not given.
func (c *Config) Text(keyword string) string {
	v, ok := c.First(keyword)
	if !ok || len(v.Words) == 0 {
		return ""
	}
	return v.Words[0]
}

// All returns every value of a keyword that collects (IdentityFile, CertificateFile, SendEnv), in order.
func (c *Config) All(keyword string) []Value { return c.values[keyword] }

// Keywords returns the keywords that were given, sorted.
func (c *Config) Keywords() []string {
	names := make([]string, 0, len(c.values))
	for name := range c.values {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// set records a directive unless an earlier one wins.
func (c *Config) set(l line, kind class, pos diag.Pos) {
	words := l.words
	if kind == raw {
		words = []string{l.rest}
	}
	value := Value{Words: words, Pos: pos}
	switch {
	case kind == collect:
		if !c.has(l.keyword, words) {
			c.values[l.keyword] = append(c.values[l.keyword], value)
		}
	case c.values[l.keyword] != nil:
	case l.keyword == "proxycommand" && c.asks("proxyjump"):
	case l.keyword == "proxyjump" && c.values["proxycommand"] != nil: // ProxyCommand none rules it out, too
	default:
		c.values[l.keyword] = []Value{value}
	}
}

// proxied reports whether the way leads through something.
func (c *Config) proxied() bool { return c.asks("proxycommand") || c.asks("proxyjump") }

// asks reports whether a keyword was given with a value other than none.
func (c *Config) asks(keyword string) bool {
	word := c.Text(keyword)
	return word != "" && !strings.EqualFold(word, "none")
}

func (c *Config) has(keyword string, words []string) bool {
	return slices.ContainsFunc(c.values[keyword], func(v Value) bool { return slices.Equal(v.Words, words) })
}

// ParseOption reads the argument of -o: "Key=Value" or "Key Value".
func ParseOption(text string) (Option, error) {
	l, err := lexLine(text)
	if err != nil {
		return Option{}, &diag.Diagnostic{Summary: "option " + quoted(text) + ": " + err.Error()}
	}
	if l.keyword == "" {
		return Option{}, &diag.Diagnostic{Summary: "option " + quoted(text) + " is empty"}
	}
	return Option{l}, nil
}

// NewOption makes an option from a keyword and its words, as flags such as -p do.
func NewOption(keyword string, words ...string) Option {
	return Option{line{keyword: strings.ToLower(keyword), words: words, rest: strings.Join(words, " ")}}
}

// Option is a directive that was given on a command line; it wins over files.
type Option struct{ line line }

// Keyword returns the current spelling of the keyword in lower case.
func (o Option) Keyword() string { return canonicalKeyword(o.line.keyword) }

func quoted(s string) string { return "\"" + s + "\"" }
