// Package docs reads the project's own pages, so that tests can run the commands in them and follow their links.
//
// A block fenced as sh is run, block after block, in a folder that belongs to the page. What follows the language says how:
//
//	```sh                      on simulated hosts
//	```sh lab                  needs a machine: runs on the lab's hosts only, and so does the rest of the page there
//	```sh exit=3               ends with this exit code
//	```sh not-run: REASON      is never run
//
// A block of another language whose fence names a file (```yaml site.yml) is that file. Readers see none of this.
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
	Lab   bool   // it needs a machine
	Exit  int    // its exit code
}

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
		code, isExit := strings.CutPrefix(word, "exit=")
		switch {
		case word == "lab":
			how.Lab = true
		case isExit:
			n, err := strconv.Atoi(code)
			if err != nil {
				return how, fmt.Errorf("line %d: %s: %w", b.Line, word, err)
			}
			how.Exit = n
		default:
			return how, fmt.Errorf("line %d: %q is unknown; say lab, exit=N or not-run: REASON", b.Line, word)
		}
	}
	return how, nil
}

// NeedsLab reports whether any block of the page needs a machine.
func (p *Page) NeedsLab() bool {
	return slices.ContainsFunc(p.Blocks, func(b Block) bool {
		how, err := b.How()
		return b.Lang == "sh" && err == nil && how.Lab
	})
}
