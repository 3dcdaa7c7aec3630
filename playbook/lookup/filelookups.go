package lookup

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/musterhq/muster/internal/value"
)

// find returns the first file of a name in the search path, or false.
func (c *call) find(subdir, name string) (string, bool) {
	if home, err := os.UserHomeDir(); err == nil && (name == "~" || strings.HasPrefix(name, "~/")) {
		name = home + name[1:]
	}
	if name == "" {
		return "", false
	}
	if filepath.IsAbs(name) {
		_, err := os.Stat(name)
		return name, err == nil
	}
	for _, dir := range append(c.env.SearchPaths(subdir), c.env.BaseDir()) {
		path := filepath.Join(dir, name)
		if _, err := os.Stat(path); err == nil {
			return path, true
		}
	}
	return "", false
}

// read returns a file's content, decrypted.
func (c *call) read(path string) ([]byte, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("the file cannot be read: %w", err)
	}
	return c.env.DecryptFile(path, b)
}

func file(c *call) ([]any, error) {
	out := []any{}
	for _, t := range c.terms {
		name := value.Str(t)
		path, ok := c.find("files", name)
		if !ok {
			return nil, errorf("could not locate file in lookup: %s", name)
		}
		b, err := c.read(path)
		if err != nil {
			return nil, err
		}
		out = append(out, value.Strip(string(b), nil, c.Bool("lstrip"), c.Bool("rstrip")))
	}
	return out, nil
}

func unvault(c *call) ([]any, error) {
	out := []any{}
	for _, t := range c.terms {
		name := value.Str(t)
		path, ok := c.find("files", name)
		if !ok {
			return nil, errorf("Unable to find file matching \"%s\" ", name)
		}
		b, err := c.read(path)
		if err != nil {
			return nil, err
		}
		out = append(out, string(b))
	}
	return out, nil
}

func template(c *call) ([]any, error) {
	o := TemplateOptions{
		ConvertData: c.Bool("convert_data"), Native: c.Bool("jinja2_native"),
		VariableStart: c.Text("variable_start_string"), VariableEnd: c.Text("variable_end_string"),
		CommentStart: c.Text("comment_start_string"), CommentEnd: c.Text("comment_end_string"),
		BlockStart: c.Text("block_start_string"), BlockEnd: c.Text("block_end_string"),
		TrimBlocks: c.Bool("trim_blocks"), LstripBlocks: c.Bool("lstrip_blocks"),
	}
	switch vars := c.Any("template_vars").(type) {
	case nil:
	case *value.Dict:
		o.Vars = vars
	default:
		return nil, errorf("template_vars must be a dictionary, not %s", value.TypeName(vars))
	}
	if c.Err() != nil {
		return nil, c.Err()
	}
	out := []any{}
	for _, t := range c.terms {
		name := value.Str(t)
		path, ok := c.find("templates", name)
		if !ok {
			return nil, errorf("the template file %s could not be found for the lookup", name)
		}
		src, err := c.read(path)
		if err != nil {
			return nil, err
		}
		v, err := c.env.File(path, string(src), o)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

// fileGlob lists the files of the first folder of the search path that has files of the pattern.
func fileGlob(c *call) ([]any, error) {
	out := []any{}
	for _, t := range c.terms {
		term := value.Str(t)
		dirs := append(c.env.SearchPaths("files"), c.env.BaseDir())
		base := filepath.Base(term)
		if base != term {
			dirs = nil
			if dir, ok := c.find("files", filepath.Dir(term)); ok {
				dirs = []string{dir}
			}
		}
		for _, dir := range dirs {
			found, err := globFiles(dir, base)
			if err != nil {
				return nil, errorf("fileglob: %q is no file pattern: %v", term, err)
			}
			if len(found) > 0 {
				out = append(out, found...)
				break
			}
		}
	}
	return out, nil
}

// globFiles lists the regular files of a folder that match a pattern; * does not match a leading dot.
func globFiles(dir, pattern string) ([]any, error) {
	if _, err := filepath.Match(pattern, ""); err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, nil //nolint:nilerr // a folder that is not there has no files
	}
	var names []string
	for _, e := range entries {
		hidden := strings.HasPrefix(e.Name(), ".") && !strings.HasPrefix(pattern, ".")
		if ok, _ := filepath.Match(pattern, e.Name()); ok && !hidden {
			names = append(names, filepath.Join(dir, e.Name()))
		}
	}
	slices.Sort(names)
	var out []any
	for _, n := range names {
		if info, err := os.Stat(n); err == nil && info.Mode().IsRegular() {
			out = append(out, n)
		}
	}
	return out, nil
}
