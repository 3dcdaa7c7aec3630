package lookup

import (
	"encoding/base64"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/internal/value/pyrandom"
)

// addCommunity adds the lookups of community.general that playbooks use most; those that Ansible once had itself keep
// their short names.
func addCommunity(all map[string]Func) {
	for name, fn := range map[string]Func{
		"cartesian":     define("cartesian(*terms, **kw)", cartesian),
		"flattened":     define("flattened(*terms, **kw)", flattened),
		"filetree":      define("filetree(*terms, exclude=None, **kw)", fileTree),
		"random_string": define("random_string(*terms, length=8, lower=True, upper=True, numbers=True, special=True, min_lower=0, min_upper=0, min_numeric=0, min_special=0, override_all=None, override_special=None, base64=False, **kw)", randomString),
	} {
		all[name] = fn
		all["community.general."+name] = fn
	}
}

// cartesian is every way to take one item of each list.
func cartesian(c *call) ([]any, error) {
	if len(c.terms) == 0 {
		return nil, errorf("with_cartesian requires at least one element in each list")
	}
	rows := [][]any{{}}
	for _, l := range c.lists() {
		if len(rows)*len(l) > maxItems {
			return nil, errorf("with_cartesian would have more than %d items", maxItems)
		}
		next := make([][]any, 0, len(rows)*len(l))
		for _, row := range rows {
			for _, item := range l {
				next = append(next, append(row[:len(row):len(row)], item))
			}
		}
		rows = next
	}
	out := make([]any, len(rows))
	for i, row := range rows {
		out[i] = value.NewList(flattenOnce(row)...)
	}
	return out, nil
}

// flattened puts the items of lists within lists in one list and leaves out what is none.
func flattened(c *call) ([]any, error) {
	return flattenAll([]any{}, c.terms, 0)
}

func flattenAll(out, terms []any, depth int) ([]any, error) {
	if depth > 500 {
		return nil, errorf("with_flattened: the list is nested too deeply")
	}
	var err error
	for _, t := range terms {
		if t == nil || t == "None" || t == "null" {
			continue
		}
		if inner, ok := listItems(t); ok {
			if out, err = flattenAll(out, inner, depth+1); err != nil {
				return nil, err
			}
			continue
		}
		out = append(out, t)
	}
	return out, nil
}

// fileTree describes everything below folders of the search path; what an earlier folder has hides what a later one has.
func fileTree(c *call) ([]any, error) {
	out := []any{}
	seen := map[string]bool{}
	for _, t := range c.terms {
		name := value.Str(t)
		var roots []string
		for _, dir := range append(c.env.SearchPaths("files"), c.env.BaseDir()) {
			root := filepath.Join(dir, name)
			if filepath.IsAbs(name) {
				root = name
			}
			if info, err := os.Stat(root); err == nil && info.IsDir() {
				roots = append(roots, root)
			}
		}
		for _, root := range roots {
			err := filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
				rel, relErr := filepath.Rel(root, path)
				if err != nil || relErr != nil || rel == "." || seen[rel] {
					return err
				}
				entry, err := treeEntry(root, rel)
				if err == nil {
					seen[rel] = true
					out = append(out, entry)
				}
				return err
			})
			if err != nil {
				return nil, fmt.Errorf("filetree: %w", err)
			}
		}
	}
	return out, nil
}

func treeEntry(root, rel string) (*value.Dict, error) {
	path := filepath.Join(root, rel)
	info, err := os.Lstat(path)
	if err != nil {
		return nil, err
	}
	d := value.DictOf("root", root+"/", "path", rel)
	switch mode := info.Mode(); {
	case mode.IsDir():
		d.Set("state", "directory")
	case mode&fs.ModeSymlink != 0:
		target, err := os.Readlink(path)
		if err != nil {
			return nil, err
		}
		d.Set("state", "link")
		d.Set("src", target)
	default:
		d.Set("state", "file")
		d.Set("src", path)
	}
	d.Set("mode", fmt.Sprintf("0%o", info.Mode().Perm()))
	d.Set("mtime", float64(info.ModTime().UnixNano())/1e9)
	d.Set("size", int(info.Size()))
	return d, nil
}

// randomString makes a text of the kinds of characters asked for, with a least number of each.
func randomString(c *call) ([]any, error) {
	special := punctuation
	if c.Any("override_special") != nil {
		special = c.Str("override_special")
	}
	r := pyrandom.System()
	var all string
	var picked []any
	for _, kind := range []struct{ option, least, chars string }{
		{"upper", "min_upper", letters[26:]}, {"lower", "min_lower", letters[:26]},
		{"numbers", "min_numeric", digits}, {"special", "min_special", special},
	} {
		if c.Bool(kind.option) {
			all += kind.chars
		}
		for range c.Int(kind.least) {
			picked = append(picked, string(kind.chars[r.Below(len(kind.chars))]))
		}
	}
	if c.Any("override_all") != nil {
		all, picked = c.Str("override_all"), nil
	}
	length := c.Int("length")
	if all == "" || length < len(picked) || length > 1<<20 {
		return nil, errorf("random_string: there are no characters for a text of length %d", length)
	}
	for len(picked) < length {
		picked = append(picked, string(all[r.Below(len(all))]))
	}
	r.Shuffle(picked)
	s, err := value.JoinText("", picked)
	if err == nil && c.Bool("base64") {
		s = base64Text(s.(string))
	}
	return []any{s}, err
}

func base64Text(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
