package access

import (
	"fmt"
	"maps"
	"slices"
	"sort"
	"strings"
)

// keyLine is a line of an authorized_keys file: a key, or a text that is none.
type keyLine struct {
	id      string // the key itself, or the text of a line that is none, which tells equal lines apart
	kind    string // "" for a line that is no key
	options []option
	comment string
	rank    int
}

// option is one of the options before a key; a flag has no value.
type option struct {
	name, value string
	flag        bool
}

func keyKinds() []string {
	return []string{"sk-ecdsa-sha2-nistp256@openssh.com", "sk-ecdsa-sha2-nistp256-cert-v01@openssh.com",
		"webauthn-sk-ecdsa-sha2-nistp256@openssh.com", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp256-cert-v01@openssh.com",
		"ecdsa-sha2-nistp384", "ecdsa-sha2-nistp384-cert-v01@openssh.com", "ecdsa-sha2-nistp521",
		"ecdsa-sha2-nistp521-cert-v01@openssh.com", "sk-ssh-ed25519@openssh.com", "sk-ssh-ed25519-cert-v01@openssh.com",
		"ssh-ed25519", "ssh-ed25519-cert-v01@openssh.com", "ssh-dss", "ssh-rsa", "ssh-xmss@openssh.com",
		"ssh-xmss-cert-v01@openssh.com", "rsa-sha2-256", "rsa-sha2-512", "ssh-rsa-cert-v01@openssh.com",
		"rsa-sha2-256-cert-v01@openssh.com", "rsa-sha2-512-cert-v01@openssh.com", "ssh-dss-cert-v01@openssh.com"}
}

// parseKeyLine reads a line; ok is false for one that is no key.
func parseKeyLine(line string, rank int) (keyLine, bool) {
	other := keyLine{id: line, rank: rank}
	words := strings.Fields(strings.ReplaceAll(line, `\#`, "#"))
	if len(words) == 0 || words[0] == "#" {
		return other, false
	}
	at := slices.IndexFunc(words, func(w string) bool { return slices.Contains(keyKinds(), w) })
	if at < 0 || at+1 >= len(words) {
		return other, false
	}
	return keyLine{id: words[at+1], kind: words[at], options: parseOptions(strings.Join(words[:at], " ")),
		comment: strings.Join(words[at+2:], " "), rank: rank}, true
}

// parseOptions splits options at commas outside quotes.
func parseOptions(text string) []option {
	var list []option
	quote, start := byte(0), 0
	add := func(part string) {
		if name, value, ok := strings.Cut(part, "="); ok {
			list = append(list, option{name: name, value: value})
		} else if part != "" {
			list = append(list, option{name: part, flag: true})
		}
	}
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quote == 0 && (c == '"' || c == '\''):
			quote = c
		case c == quote:
			quote = 0
		case c == ',' && quote == 0:
			add(text[start:i])
			start = i + 1
		}
	}
	add(text[start:])
	return list
}

// same compares options by name, whatever their order.
func sameOptions(a, b []option) bool {
	byName := func(list []option) map[string][]option {
		m := map[string][]option{}
		for _, o := range list {
			m[o.name] = append(m[o.name], o)
		}
		return m
	}
	return maps.EqualFunc(byName(a), byName(b), slices.Equal[[]option])
}

func (k keyLine) same(o keyLine) bool {
	return k.id == o.id && k.kind == o.kind && k.comment == o.comment && sameOptions(k.options, o.options)
}

func (k keyLine) text() string {
	if k.kind == "" {
		return k.id
	}
	var options []string
	for _, o := range k.options {
		if o.flag {
			options = append(options, o.name)
		} else {
			options = append(options, o.name+"="+o.value)
		}
	}
	line := k.kind + " " + k.id + " " + k.comment + "\n"
	if len(options) > 0 {
		line = strings.Join(options, ",") + " " + line
	}
	return line
}

// edit returns the file's content with the keys in it or out of it, and whether anything had to be done. Lines that
// are no keys stay where they are; of equal ones the last stays.
func (p AuthorizedKeyParams) edit(keys, content string) (string, bool, error) {
	file := map[string]keyLine{}
	for rank, line := range strings.SplitAfter(content, "\n") {
		if line == "" {
			continue
		}
		k, ok := parseKeyLine(line, rank)
		if !ok && !strings.HasSuffix(line, "\n") {
			k.id += "\n" // or the next key would be appended to it
		}
		file[k.id] = k
	}
	last, changed := len(file), false
	wanted := map[string]bool{}
	rank := 0
	for line := range strings.SplitSeq(keys, "\n") {
		line = strings.TrimSuffix(line, "\r")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		k, ok := parseKeyLine(line, last+rank)
		rank++
		if !ok {
			return content, false, fmt.Errorf("invalid key specified: %s", line)
		}
		p.override(&k)
		old, there := file[k.id]
		wanted[k.id] = true
		switch {
		case p.State == "absent" && there:
			delete(file, k.id)
			changed = true
		case p.State == "present" && !(there && old.same(k)):
			file[k.id] = k
			changed = true
		}
	}
	if p.exclusiveKeys() {
		for id := range file {
			if !wanted[id] {
				delete(file, id)
				changed = true
			}
		}
	}
	return renderKeys(file), changed, nil
}

func (p AuthorizedKeyParams) override(k *keyLine) {
	if p.KeyOptions != nil {
		k.options = parseOptions(*p.KeyOptions)
	}
	if p.Comment != nil {
		k.comment = *p.Comment
	}
}

func renderKeys(file map[string]keyLine) string {
	list := slices.Collect(maps.Values(file))
	sort.Slice(list, func(i, j int) bool {
		if list[i].rank != list[j].rank {
			return list[i].rank < list[j].rank
		}
		return list[i].id < list[j].id
	})
	var out strings.Builder
	for _, k := range list {
		out.WriteString(k.text())
	}
	return out.String()
}
