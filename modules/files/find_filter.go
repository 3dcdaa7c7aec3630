package files

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/musterhq/muster/internal/value/pyregex"
	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
)

const modeLink = fs.ModeSymlink

var (
	agePattern  = regexp.MustCompile(`^(-?[0-9]+)([smhdw])?$`)
	sizePattern = regexp.MustCompile(`^(-?[0-9]+)([bkmgt])?$`)
)

func (s *search) prepare() (err error) {
	if s.p.Age != nil {
		if s.age = quantity(agePattern, *s.p.Age, map[string]int64{"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}); s.age == nil {
			return modules.Fail(modules.Result{"age": *s.p.Age}, "failed to process age")
		}
	}
	if s.p.Size != nil {
		if s.size = quantity(sizePattern, *s.p.Size, map[string]int64{"": 1, "b": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}); s.size == nil {
			return modules.Fail(modules.Result{"size": *s.p.Size}, "failed to process size")
		}
	}
	if s.p.Limit != nil && *s.p.Limit <= 0 {
		return modules.Fail(nil, "limit cannot be %d (use None for unlimited)", *s.p.Limit)
	}
	if s.patterns, err = s.compileAll("patterns", s.p.Patterns); err != nil {
		return err
	}
	if s.excludes, err = s.compileAll("excludes", s.p.Excludes); err != nil {
		return err
	}
	if s.p.Contains != nil {
		s.contains, err = compileFor("contains", *s.p.Contains, pyregex.Flags{})
	}
	return err
}

func quantity(form *regexp.Regexp, text string, units map[string]int64) *int64 {
	m := form.FindStringSubmatch(strings.ToLower(text))
	if m == nil {
		return nil
	}
	n, err := strconv.ParseInt(m[1], 10, 64)
	if err != nil {
		return nil
	}
	n *= units[m[2]]
	return &n
}

func (s *search) compileAll(name string, patterns []string) ([]*pyregex.Regexp, error) {
	var out []*pyregex.Regexp
	for _, p := range patterns {
		if !s.p.UseRegex {
			p = globPattern(p)
		}
		re, err := compileFor(name, p, pyregex.Flags{})
		if err != nil {
			return nil, err
		}
		out = append(out, re)
	}
	return out, nil
}

// globPattern writes a shell pattern as a regular expression, as Python's fnmatch does: * and ? match dots and slashes.
func globPattern(glob string) string {
	var b strings.Builder
	b.WriteString("(?s:")
	for i := 0; i < len(glob); i++ {
		switch c := glob[i]; c {
		case '*':
			b.WriteString(".*")
		case '?':
			b.WriteByte('.')
		case '[':
			set, n := globSet(glob[i+1:])
			b.WriteString(set)
			i += n
		default:
			b.WriteString(pyregex.Escape(string(c)))
		}
	}
	b.WriteString(`)\Z`)
	return b.String()
}

// globSet reads a set after its bracket and returns how many bytes it took; an open bracket alone is itself.
func globSet(s string) (string, int) {
	end := 0
	if strings.HasPrefix(s, "!") {
		end = 1
	}
	if strings.HasPrefix(s[end:], "]") {
		end++
	}
	rest := strings.IndexByte(s[end:], ']')
	if rest < 0 {
		return `\[`, 0
	}
	end += rest
	set := strings.NewReplacer(`\`, `\\`, "[", `\[`, "&&", `\&&`, "~~", `\~~`, "||", `\||`).Replace(s[:end])
	switch {
	case strings.HasPrefix(set, "!"):
		set = "^" + set[1:]
	case strings.HasPrefix(set, "^"):
		set = `\` + set
	}
	return "[" + set + "]", end + 1
}

// fits applies all filters to one path.
func (s *search) fits(name, full string, st sys.Stat) (bool, error) {
	if !s.fitsType(st) || !s.fitsAge(st) || !s.fitsMode(st) {
		return false, nil
	}
	if st.IsRegular() && s.p.FileType != "directory" && !s.fitsSize(st) {
		return false, nil
	}
	ok, err := s.fitsName(name)
	if err != nil || !ok || s.contains == nil || s.p.FileType != "file" {
		return ok, err
	}
	return s.fitsContent(full)
}

func (s *search) fitsType(st sys.Stat) bool {
	switch s.p.FileType {
	case "directory":
		return st.IsDir()
	case "link":
		return st.IsLink()
	case "file":
		return st.IsRegular()
	default:
		return true
	}
}

func (s *search) fitsAge(st sys.Stat) bool {
	if s.age == nil {
		return true
	}
	stamp := st.Mtime
	switch s.p.AgeStamp {
	case "atime":
		stamp = st.Atime
	case "ctime":
		stamp = st.Ctime
	}
	old := s.now - floatTime(stamp)
	if *s.age >= 0 {
		return old >= float64(*s.age)
	}
	return old <= float64(-*s.age)
}

func (s *search) fitsSize(st sys.Stat) bool {
	switch {
	case s.size == nil:
		return true
	case *s.size >= 0:
		return st.Size >= *s.size
	default:
		return st.Size <= -*s.size
	}
}

func (s *search) fitsMode(st sys.Stat) bool {
	if !s.p.Mode.Given() {
		return true
	}
	want := s.p.Mode.Apply(0, false, 0)
	if s.p.ExactMode {
		return st.Perm == want
	}
	return st.Perm&want != 0
}

func (s *search) fitsName(name string) (bool, error) {
	ok, err := matchesAny(s.patterns, name)
	if len(s.patterns) == 0 {
		ok = true
	}
	if err != nil || !ok {
		return false, err
	}
	excluded, err := matchesAny(s.excludes, name)
	return !excluded, err
}

func matchesAny(list []*pyregex.Regexp, name string) (bool, error) {
	for _, re := range list {
		if ok, err := re.MatchStart(name); ok || err != nil {
			return ok, err
		}
	}
	return false, nil
}

// maxSearched is how much of a file contains looks at.
const maxSearched = 256 << 20

// fitsContent reports whether a line (or the whole file) matches; what cannot be read does not.
func (s *search) fitsContent(full string) (bool, error) {
	f, err := s.r.Open(full)
	if err != nil {
		return false, nil
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxSearched))
	if err != nil {
		return false, nil
	}
	text, err := s.decode(full, b)
	if err != nil {
		return false, err
	}
	if s.p.WholeFile {
		m, err := s.contains.Search(text)
		return m != nil, err
	}
	for _, line := range splitUniversal(text) {
		if ok, err := s.contains.MatchStart(line); ok || err != nil {
			return ok, err
		}
	}
	return false, nil
}

// decode turns a file's bytes into text. An encoding that is not built in is left to iconv(1).
func (s *search) decode(full string, b []byte) (string, error) {
	encoding := "utf-8"
	if s.p.Encoding != nil {
		encoding = *s.p.Encoding
	}
	if normalEncoding(encoding) == "utf8" && !utf8.Valid(b) {
		if s.p.Encoding == nil {
			encoding = `None (default determined by the Python built-in function "open")`
		}
		return "", fmt.Errorf("Failed to read the file %s due to an encoding error. current encoding: %s", full, encoding)
	}
	text, _, err := decodeText(b, encoding)
	if err == nil {
		return text, nil
	}
	out, iconvErr := s.r.Query(s.ctx, sys.Command{Argv: []string{"iconv", "-f", encoding, "-t", "UTF-8"}, Stdin: bytes.NewReader(b)})
	if iconvErr != nil || out.Code != 0 && !bytes.Contains(out.Stderr, []byte("input")) && !bytes.Contains(out.Stderr, []byte("incomplete")) {
		return "", fmt.Errorf("unknown encoding: %s", encoding)
	}
	if out.Code != 0 {
		return "", fmt.Errorf("Failed to read the file %s due to an encoding error. current encoding: %s", full, encoding)
	}
	return string(out.Stdout), nil
}
