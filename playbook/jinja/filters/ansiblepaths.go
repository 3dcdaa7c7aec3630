package filters

import (
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strings"

	"github.com/musterhq/muster/internal/value"
)

func ansiblePaths() map[string]Func {
	return map[string]Func{
		"basename":       pathFilter("basename", func(p string) (any, error) { return p[strings.LastIndexByte(p, '/')+1:], nil }),
		"dirname":        pathFilter("dirname", func(p string) (any, error) { return dirName(p), nil }),
		"expanduser":     pathFilter("expanduser", func(p string) (any, error) { return expandUser(p), nil }),
		"expandvars":     pathFilter("expandvars", func(p string) (any, error) { return expandVariables(p), nil }),
		"realpath":       pathFilter("realpath", func(p string) (any, error) { return RealPath(p), nil }),
		"normpath":       pathFilter("normpath", func(p string) (any, error) { return normalPath(p), nil }),
		"splitext":       pathFilter("splitext", splitExtension),
		"win_basename":   pathFilter("win_basename", func(p string) (any, error) { _, tail := winSplit(p); return tail, nil }),
		"win_dirname":    pathFilter("win_dirname", func(p string) (any, error) { head, _ := winSplit(p); return head, nil }),
		"win_splitdrive": pathFilter("win_splitdrive", func(p string) (any, error) { drive, rest := winDrive(p); return tuple(drive, rest), nil }),
		"relpath":        Strict("relpath(path, start=None)", relativePath),
		"path_join":      Strict("path_join(paths)", joinPaths),
		"commonpath":     Strict("commonpath(paths)", commonPath),
		"fileglob":       Strict("fileglob(pathname)", func(_ Env, a *value.Args) (any, error) { return fileGlob(a.Text("pathname")) }),
	}
}

func pathFilter(name string, run func(string) (any, error)) Func {
	return Strict(name+"(path)", func(_ Env, a *value.Args) (any, error) {
		p := a.Any("path")
		s, ok := p.(string)
		if !ok {
			return nil, &value.TypeError{Message: "expected str, bytes or os.PathLike object, not " + value.TypeName(p)}
		}
		return run(s)
	})
}

func dirName(p string) string {
	head := p[:strings.LastIndexByte(p, '/')+1]
	if strings.Trim(head, "/") != "" {
		head = strings.TrimRight(head, "/")
	}
	return head
}

// expandUser replaces a leading ~ or ~user by the folder of the user on the controller.
func expandUser(p string) string {
	if !strings.HasPrefix(p, "~") {
		return p
	}
	name, rest := p[1:], ""
	if i := strings.IndexByte(p, '/'); i > 0 {
		name, rest = p[1:i], p[i:]
	}
	home := ""
	if name == "" {
		home, _ = os.UserHomeDir()
	} else if u, err := user.Lookup(name); err == nil {
		home = u.HomeDir
	}
	if home == "" {
		return p
	}
	if home = strings.TrimRight(home, "/"); home+rest == "" {
		return "/"
	}
	return home + rest
}

// expandVariables replaces $name and ${name} by what the controller's environment holds; unknown names stay.
func expandVariables(p string) string {
	var b strings.Builder
	for i := 0; i < len(p); {
		if p[i] != '$' {
			b.WriteByte(p[i])
			i++
			continue
		}
		name, size := variableName(p[i+1:])
		if v, ok := os.LookupEnv(name); ok && name != "" {
			b.WriteString(v)
		} else {
			b.WriteString(p[i : i+1+size])
		}
		i += 1 + size
	}
	return b.String()
}

func variableName(s string) (name string, size int) {
	if strings.HasPrefix(s, "{") {
		if end := strings.IndexByte(s, '}'); end > 0 {
			return s[1:end], end + 1
		}
		return "", 0
	}
	for size < len(s) && (s[size] == '_' || s[size] >= '0' && s[size] <= '9' || s[size]|0x20 >= 'a' && s[size]|0x20 <= 'z') {
		size++
	}
	return s[:size], size
}

// RealPath resolves the links of a path on the controller, as far as it exists.
func RealPath(p string) string {
	full, err := filepath.Abs(p)
	if err != nil {
		return p
	}
	rest := ""
	for dir := full; ; dir = filepath.Dir(dir) {
		if resolved, err := filepath.EvalSymlinks(dir); err == nil {
			return filepath.Join(resolved, rest)
		}
		if dir == "/" || dir == "." {
			return full
		}
		if target, err := os.Readlink(dir); err == nil {
			if !filepath.IsAbs(target) {
				target = filepath.Join(filepath.Dir(dir), target)
			}
			return filepath.Join(target, rest)
		}
		rest = filepath.Join(filepath.Base(dir), rest)
	}
}

// normalPath removes what is superfluous in a path, by its text alone. Two slashes at the start stay two.
func normalPath(p string) string {
	clean := filepath.Clean(p)
	if strings.HasPrefix(p, "//") && !strings.HasPrefix(p, "///") {
		return "/" + clean
	}
	return clean
}

func splitExtension(p string) (any, error) {
	base := strings.LastIndexByte(p, '/') + 1
	dot := strings.LastIndexByte(p, '.')
	if dot > base && strings.Trim(p[base:dot], ".") != "" {
		return tuple(p[:dot], p[dot:]), nil
	}
	return tuple(p, ""), nil
}

func relativePath(_ Env, a *value.Args) (any, error) {
	path, start := a.Text("path"), "."
	if a.Any("start") != nil {
		start = a.Text("start")
	}
	if a.Err() != nil {
		return nil, a.Err()
	}
	if path == "" {
		return nil, &value.ValueError{Message: "no path specified"}
	}
	from, err := filepath.Abs(start)
	if err != nil {
		return nil, err
	}
	to, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	return filepath.Rel(from, to)
}

func joinPaths(_ Env, a *value.Args) (any, error) {
	if s, ok := a.Any("paths").(string); ok {
		return s, nil
	}
	items, ok := sequence(a.Any("paths"))
	if !ok {
		return nil, errorf("|path_join expects string or sequence, got %s instead.", pythonClass(a.Any("paths")))
	}
	if len(items) == 0 {
		return nil, &value.TypeError{Message: "join() missing 1 required positional argument: 'a'"}
	}
	joined := ""
	for i, item := range items {
		s, ok := item.(string)
		if !ok {
			return nil, &value.TypeError{Message: "join() argument must be str, bytes, or os.PathLike object, not '" + value.TypeName(item) + "'"}
		}
		switch {
		case i == 0 || strings.HasPrefix(s, "/"):
			joined = s
		case joined == "" || strings.HasSuffix(joined, "/"):
			joined += s
		default:
			joined += "/" + s
		}
	}
	return joined, nil
}

func commonPath(_ Env, a *value.Args) (any, error) {
	var common []string
	for i, item := range a.Items("paths") {
		s, ok := item.(string)
		if !ok {
			return nil, &value.TypeError{Message: "|commonpath expects sequence, got " + value.Repr(item) + " instead."}
		}
		parts := strings.Split(strings.TrimRight(filepath.Clean(s), "/"), "/")
		if i == 0 {
			common = parts
			continue
		}
		n := 0
		for n < len(common) && n < len(parts) && common[n] == parts[n] {
			n++
		}
		common = common[:n]
	}
	if len(common) == 1 && common[0] == "" {
		return "/", nil
	}
	return strings.Join(common, "/"), nil
}

// fileGlob lists the regular files of the controller that match a pattern, in order; * does not match a leading dot.
func fileGlob(pattern string) (any, error) {
	found, err := filepath.Glob(pattern)
	if err != nil {
		return nil, errorf("the file pattern %q is wrong: %v", pattern, err)
	}
	out := []any{}
	slices.Sort(found)
	for _, name := range found {
		if info, err := os.Stat(name); err == nil && info.Mode().IsRegular() && !hiddenMatch(pattern, name) {
			out = append(out, name)
		}
	}
	return list(out), nil
}

func hiddenMatch(pattern, name string) bool {
	p, n := strings.Split(filepath.Clean(pattern), "/"), strings.Split(filepath.Clean(name), "/")
	for i := 0; i < len(p) && i < len(n); i++ {
		if strings.HasPrefix(n[i], ".") && !strings.HasPrefix(p[i], ".") {
			return true
		}
	}
	return false
}

// winDrive parts a Windows path after its drive or its share.
func winDrive(p string) (drive, rest string) {
	norm := strings.ReplaceAll(p, "/", `\`)
	if strings.HasPrefix(norm, `\\`) {
		start := 2
		if strings.HasPrefix(strings.ToUpper(norm), `\\?\UNC\`) {
			start = 8
		}
		server := strings.IndexByte(norm[start:], '\\')
		if server < 0 {
			return p, ""
		}
		share := strings.IndexByte(norm[start+server+1:], '\\')
		if share < 0 {
			return p, ""
		}
		return p[:start+server+1+share], p[start+server+1+share:]
	}
	if len(norm) > 1 && norm[1] == ':' {
		return p[:2], p[2:]
	}
	return "", p
}

func winSplit(p string) (head, tail string) {
	drive, rest := winDrive(p)
	i := strings.LastIndexAny(rest, `\/`) + 1
	head, tail = rest[:i], rest[i:]
	if trimmed := strings.TrimRight(head, `\/`); trimmed != "" {
		head = trimmed
	}
	return drive + head, tail
}
