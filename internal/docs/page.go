// Package docs reads the project's own pages, so that tests can run the commands in them and follow their links.
//
// A block fenced as sh is run, block after block, in a folder that belongs to the page. What follows the language says how:
//
//	```sh                      on simulated hosts
//	```sh lab                  needs a machine: runs on the lab's hosts only, and so does the rest of the page there
//	```sh exit=3               ends with this exit code
//	```sh until=TEXT           goes on until the page ends; what follows waits until it has written TEXT
//	```sh checkout             runs in a checkout of the project
//	```sh published            needs the project's module where Go looks for modules
//	```sh bare                 runs on a bare host, beside what a release publishes
//	```sh terminal             a test types it, and answers what it asks
//	```sh ci                   CI runs it, from the page itself
//	```sh not-run: REASON      is never run
//
// A block of another language whose fence names a file (```yaml site.yml) is that file. Readers see none of this.
//
// Pages name hosts, a run and a port that are nobody's; a Stage has the real ones in their places.
package docs

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Page is a Markdown file.
type Page struct {
	Path   string // below the project's folder, with slashes
	Text   string
	Blocks []Block
}

// Block is a fenced block of a page.
type Block struct {
	Line int    // of its first line, counted from 1
	Lang string // the fence's first word
	Info string // the words after it
	Text string
}

// Pages reads all pages below the project's folder, sorted by path.
func Pages(top string) ([]*Page, error) {
	var pages []*Page
	err := filepath.WalkDir(top, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if e.IsDir() && path != top && (strings.HasPrefix(e.Name(), ".") || e.Name() == "testdata" || e.Name() == "bin") {
			return fs.SkipDir
		}
		if e.IsDir() || filepath.Ext(path) != ".md" {
			return nil
		}
		rel, err := filepath.Rel(top, path)
		if err != nil {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		p, err := Parse(filepath.ToSlash(rel), string(text))
		pages = append(pages, p)
		return err
	})
	return pages, err
}

// Parse finds the blocks of a page.
func Parse(path, text string) (*Page, error) {
	p := &Page{Path: path, Text: text}
	var open *Block
	for i, line := range strings.Split(text, "\n") {
		if open == nil && strings.HasPrefix(strings.TrimLeft(line, " "), "```") && line[0] == ' ' {
			return p, fmt.Errorf("%s:%d: a block in a list is not seen by the tests; put it behind the list", path, i+1)
		}
		fence, isFence := strings.CutPrefix(line, "```")
		switch {
		case open == nil && isFence:
			lang, info, _ := strings.Cut(strings.TrimSpace(fence), " ")
			open = &Block{Line: i + 2, Lang: lang, Info: strings.TrimSpace(info)}
		case open != nil && isFence && strings.TrimSpace(fence) == "":
			p.Blocks = append(p.Blocks, *open)
			open = nil
		case open != nil:
			open.Text += line + "\n"
		}
	}
	if open != nil {
		return p, fmt.Errorf("%s:%d: a block without an end", path, open.Line)
	}
	return p, nil
}

// How says how a block of commands is run.
type How struct {
	Never string // the reason why it is not
	Needs []Need // all of these
	Exit  int    // its exit code
	Until string // it stays in the background once it has written this
}

// Need is what a block cannot be run without.
type Need string

// What blocks need.
const (
	Lab       Need = "lab"       // machines
	Checkout  Need = "checkout"  // the project's sources, in the working folder
	Published Need = "published" // the project's module, where Go looks for modules
	Bare      Need = "bare"      // a machine that has nothing yet, with what a release publishes in the working folder
	Terminal  Need = "terminal"  // somebody who answers what it asks
	CI        Need = "ci"        // CI itself, which takes the commands from the page
)

var needs = []Need{Lab, Checkout, Published, Bare, Terminal, CI}

// How reads what stands behind a fence of commands.
func (b Block) How() (How, error) {
	var how How
	if reason, ok := strings.CutPrefix(b.Info, "not-run:"); ok {
		if how.Never = strings.TrimSpace(reason); how.Never == "" {
			return how, fmt.Errorf("line %d: not-run needs a reason", b.Line)
		}
		return how, nil
	}
	for _, word := range strings.Fields(b.Info) {
		key, value, _ := strings.Cut(word, "=")
		switch {
		case slices.Contains(needs, Need(word)):
			how.Needs = append(how.Needs, Need(word))
		case key == "exit":
			n, err := strconv.Atoi(value)
			if err != nil {
				return how, fmt.Errorf("line %d: %s: %w", b.Line, word, err)
			}
			how.Exit = n
		case key == "until" && value != "":
			how.Until = value
		default:
			return how, fmt.Errorf("line %d: %q is unknown; say one of %v, exit=N, until=TEXT or not-run: REASON", b.Line, word, needs)
		}
	}
	return how, nil
}

// Needs reports whether any block of the page needs something.
func (p *Page) Needs(n Need) bool {
	return slices.ContainsFunc(p.Blocks, func(b Block) bool {
		how, err := b.How()
		return b.Lang == "sh" && err == nil && slices.Contains(how.Needs, n)
	})
}
