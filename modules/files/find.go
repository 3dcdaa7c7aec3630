package files

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"time"

	"github.com/musterhq/muster/internal/value/pyregex"
	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
	"github.com/musterhq/muster/modules/tree"
)

type findParams struct {
	Paths     []string  `param:"paths,required" alias:"name,path" elements:"path" doc:"Folders to search."`
	Patterns  []string  `param:"patterns" alias:"pattern" default:"[]" doc:"Shell patterns, or regular expressions with use_regex, that names must match."`
	Excludes  []string  `param:"excludes" alias:"exclude" doc:"Patterns that names must not match."`
	Contains  *string   `param:"contains" doc:"Regular expression that a line of the file must match from its start."`
	WholeFile bool      `param:"read_whole_file" default:"false" doc:"Whether contains is searched in the whole file instead of its lines."`
	FileType  string    `param:"file_type" choices:"any,directory,file,link" default:"file" doc:"What to find."`
	Age       *string   `param:"age" doc:"Least age such as 4d; negative: greatest age. Units are s, m, h, d and w."`
	AgeStamp  string    `param:"age_stamp" choices:"atime,ctime,mtime" default:"mtime" doc:"Which time the age is counted from."`
	Size      *string   `param:"size" doc:"Least size such as 10m; negative: greatest size. Units are b, k, m, g and t."`
	Recurse   bool      `param:"recurse" default:"false" doc:"Whether folders in the folders are searched."`
	Hidden    bool      `param:"hidden" default:"false" doc:"Whether names that start with a dot are found."`
	Mode      tree.Mode `param:"mode" doc:"Mode that files must have."`
	ExactMode bool      `param:"exact_mode" default:"true" doc:"Whether the mode must be equal; otherwise any common bit will do."`
	Follow    bool      `param:"follow" default:"false" doc:"Whether links to folders are searched."`
	Checksum  bool      `param:"get_checksum" default:"false" doc:"Whether to compute checksums of files."`
	Algorithm string    `param:"checksum_algorithm" alias:"checksum,checksum_algo" choices:"md5,sha1,sha224,sha256,sha384,sha512" default:"sha1" doc:"How checksums are computed."`
	UseRegex  bool      `param:"use_regex" default:"false" doc:"Whether patterns and excludes are regular expressions."`
	Depth     *int      `param:"depth" doc:"How many levels of folders are searched."`
	Encoding  *string   `param:"encoding" doc:"Encoding of the files that contains looks into."`
	Limit     *int      `param:"limit" doc:"How many files are found at most."`
}

// Find lists files that fit a description.
func Find() modules.Module {
	return modules.Query[findParams]{
		Info: modules.Info{
			Name: "find", Summary: "Lists files by name, age, size, content and more.",
			Examples: `- name: Logs older than two weeks
  find:
    paths: /var/log
    patterns: '*.log,*.gz'
    age: 2w
    recurse: true
  register: old
`,
		},
		Run: runFind,
	}.Module()
}

// search is one run of find.
type search struct {
	p        findParams
	ctx      context.Context
	r        sys.Reader
	accounts *sys.Accounts
	now      float64
	age      *int64
	size     *int64
	patterns []*pyregex.Regexp
	excludes []*pyregex.Regexp
	contains *pyregex.Regexp
	found    []any
	examined int
	skipped  map[string]any
	full     bool
}

func runFind(ctx context.Context, r sys.Reader, p findParams) (modules.Result, error) {
	s := &search{p: p, ctx: ctx, r: r, accounts: sys.NewAccounts(ctx, r), now: floatTime(time.Now()), found: []any{}, skipped: map[string]any{}}
	if err := s.prepare(); err != nil {
		return nil, err
	}
	for _, dir := range p.Paths {
		if s.full {
			break
		}
		if err := s.top(dir); err != nil {
			s.skipped[dir] = err.Error()
			modules.Warn(ctx, "Skipped '%s' path due to this access issue: %v\n", dir, err)
		}
	}
	msg := "All paths examined"
	switch {
	case len(s.skipped) > 0:
		msg = "Not all paths examined, check warnings for details"
	case s.full:
		msg = "Limit of matches reached"
	}
	return modules.Result{"files": s.found, "msg": msg, "matched": len(s.found), "examined": s.examined, "skipped_paths": s.skipped}, nil
}

func (s *search) top(dir string) error {
	st, err := s.r.Stat(dir)
	if err != nil || !st.IsDir() {
		return fmt.Errorf("'%s' is not a directory", dir)
	}
	return s.walk(dir, strings.TrimRight(dir, "/"), 1, 0)
}

// walk looks at what is in a folder: first files, then folders, then into the folders.
func (s *search) walk(dir, root string, level, hops int) error {
	list, err := s.r.ReadDir(dir)
	if errors.Is(err, fs.ErrPermission) {
		s.skipped[dir] = fmt.Sprintf("%s: '%s'", strerror(err), dir)
		return nil
	}
	if err != nil {
		return fmt.Errorf("%s: '%s'", strerror(err), dir)
	}
	var files, dirs []string
	for _, e := range list {
		if e.IsDir() || e.Type()&modeLink != 0 && s.linksToFolder(path.Join(dir, e.Name())) {
			dirs = append(dirs, e.Name())
		} else {
			files = append(files, e.Name())
		}
	}
	s.examined += len(list)
	deepEnough := s.p.Depth == nil || *s.p.Depth == 0 || level <= *s.p.Depth
	if deepEnough {
		for _, name := range append(append([]string{}, files...), dirs...) {
			if err := s.look(dir, name); err != nil {
				return err
			}
			if s.full {
				return nil
			}
		}
	}
	if !s.p.Recurse || !deepEnough || hops > maxDepth {
		return nil
	}
	for _, name := range dirs {
		full := path.Join(dir, name)
		st, err := s.r.Lstat(full)
		if err != nil || st.IsLink() && !s.p.Follow {
			continue
		}
		if err := s.walk(full, root, level+1, hops+1); err != nil || s.full {
			return err
		}
	}
	return nil
}

func (s *search) linksToFolder(p string) bool {
	st, err := s.r.Stat(p)
	return err == nil && st.IsDir()
}

// look adds one path to what was found, if it fits.
func (s *search) look(dir, name string) error {
	if strings.HasPrefix(name, ".") && !s.p.Hidden {
		return nil
	}
	full := path.Join(dir, name)
	st, err := s.r.Lstat(full)
	if err != nil {
		modules.Warn(s.ctx, "Skipped entry '%s' due to this access issue: %s\n", full, strerror(err))
		s.skipped[full] = strerror(err)
		return nil
	}
	ok, err := s.fits(name, full, st)
	if err != nil || !ok {
		return err
	}
	facts := statFacts(st, full)
	for _, only := range []string{"exists", "blocks", "block_size", "device_type"} {
		delete(facts, only)
	}
	facts["pw_name"], facts["gr_name"] = "", ""
	if u, ok := s.accounts.UserByID(st.UID); ok {
		facts["pw_name"] = u.Name
	}
	if g, ok := s.accounts.GroupByID(st.GID); ok {
		facts["gr_name"] = g.Name
	}
	if s.p.Checksum && st.IsRegular() {
		if facts["checksum"], err = hashFile(s.r, full, newHash(s.p.Algorithm)); err != nil {
			facts["checksum"] = nil
		}
	}
	s.found = append(s.found, facts)
	s.full = s.p.Limit != nil && *s.p.Limit > 0 && len(s.found) >= *s.p.Limit
	return nil
}
