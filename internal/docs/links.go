package docs

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
)

var (
	linkTarget = regexp.MustCompile(`\]\(<?([^)\s>]+)>?\)`)
	codeSpan   = regexp.MustCompile("`[^`\n]+`")
	heading    = regexp.MustCompile(`(?m)^#{1,6}\s+(.*?)\s*#*$`)
	notInSlug  = regexp.MustCompile(`[^\p{L}\p{N}_\- ]`)
)

// prose is the page without its fenced blocks, line for line.
func (p *Page) prose() string {
	lines := strings.Split(p.Text, "\n")
	for _, b := range p.Blocks {
		for i := range strings.Count(b.Text, "\n") {
			lines[b.Line-1+i] = ""
		}
	}
	return strings.Join(lines, "\n")
}

// BrokenLinks follows the page's links to files of the project and to headings, and returns what is wrong with them.
func (p *Page) BrokenLinks(top string) []string {
	var broken []string
	for i, line := range strings.Split(p.prose(), "\n") {
		for _, m := range linkTarget.FindAllStringSubmatch(codeSpan.ReplaceAllString(line, ""), -1) {
			if strings.Contains(m[1], "://") || strings.HasPrefix(m[1], "mailto:") {
				continue
			}
			if err := p.follow(top, m[1]); err != nil {
				broken = append(broken, fmt.Sprintf("%s:%d: %s: %v", p.Path, i+1, m[1], err))
			}
		}
	}
	return broken
}

func (p *Page) follow(top, link string) error {
	file, anchor, _ := strings.Cut(link, "#")
	target := p.Path
	if file != "" {
		target = path.Join(path.Dir(p.Path), file)
	}
	if !filepath.IsLocal(target) {
		return fmt.Errorf("leaves the project")
	}
	full := filepath.Join(top, filepath.FromSlash(target))
	if _, err := os.Stat(full); err != nil {
		return fmt.Errorf("no such file")
	}
	if anchor == "" || path.Ext(target) != ".md" {
		return nil
	}
	text, err := os.ReadFile(full)
	if err != nil {
		return err
	}
	other, err := Parse(target, string(text))
	if err != nil {
		return err
	}
	for _, h := range heading.FindAllStringSubmatch(other.prose(), -1) {
		if slug(h[1]) == anchor {
			return nil
		}
	}
	return fmt.Errorf("no such heading")
}

// slug is the name under which a heading can be linked to.
func slug(heading string) string {
	return strings.ReplaceAll(notInSlug.ReplaceAllString(strings.ToLower(heading), ""), " ", "-")
}

// Commands are the command lines of muster that the page names, in blocks of commands, behind a prompt in other blocks, and
// in code spans: without what stands before muster and without what follows a pipe or another end of a command.
func (p *Page) Commands() []Command {
	var found []Command
	add := func(line int, text string) {
		for _, part := range simpleCommands(text) {
			if m := musterWord.FindStringSubmatch(part); m != nil {
				found = append(found, Command{Line: line, Text: strings.TrimSpace(m[1])})
			}
		}
	}
	for _, b := range p.Blocks {
		for i, line := range strings.Split(b.Text, "\n") {
			if b.Lang == "sh" || strings.HasPrefix(line, "$ ") {
				add(b.Line+i, line)
			}
		}
	}
	for i, line := range strings.Split(p.prose(), "\n") {
		for _, span := range codeSpan.FindAllString(line, -1) {
			add(i+1, strings.Trim(span, "`"))
		}
	}
	return found
}

// Command is a command line of muster in a page, from its first word after muster.
type Command struct {
	Line int
	Text string
}

var musterWord = regexp.MustCompile(`^\s*(?:\w+=\S*\s+|(?:sudo|time|\$|\./)\s*)*muster\s+(\S.*)`)

// simpleCommands cuts a line of shell where one command ends and another, a file or a remark begins. Quotes are respected.
func simpleCommands(line string) []string {
	var parts []string
	var quote rune
	start := 0
	before := ' '
	for i, r := range line {
		switch {
		case quote != 0:
			if r == quote {
				quote = 0
			}
		case r == '\'' || r == '"':
			quote = r
		case strings.ContainsRune("|;&<>(", r), r == '#' && before == ' ':
			parts = append(parts, line[start:i])
			start = i + 1
		}
		before = r
	}
	return append(parts, line[start:])
}
