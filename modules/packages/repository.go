package packages

import (
	"context"
	"fmt"
	"path"
	"sort"
	"strings"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
	"github.com/musterhq/muster/modules/tree"
)

type repositoryParams struct {
	Repo                string    `param:"repo,required" doc:"The line of the repository, such as deb http://deb.debian.org/debian bookworm main."`
	State               string    `param:"state" choices:"absent,present" default:"present" doc:"Whether the repository is used."`
	Mode                tree.Mode `param:"mode" doc:"Permission bits of a file that is made."`
	UpdateCache         bool      `param:"update_cache" alias:"update-cache" default:"true" doc:"Whether the package index is read after a change."`
	UpdateCacheRetries  int       `param:"update_cache_retries" default:"5" doc:"How often reading the index is tried."`
	UpdateCacheRetryMax int       `param:"update_cache_retry_max_delay" default:"12" doc:"The longest wait between two tries, in seconds."`
	Filename            *string   `param:"filename" doc:"The file in sources.list.d, without .list; by default named after the repository."`
	InstallPythonApt    bool      `param:"install_python_apt" default:"true" doc:"Accepted; nothing is needed."`
	ValidateCerts       bool      `param:"validate_certs" default:"true" doc:"Accepted; apt checks certificates by its own settings."`
	Codename            *string   `param:"codename" doc:"Accepted; only personal archives of Ubuntu need it, which have to be written as a line."`
}

const (
	sourcesFile = "/etc/apt/sources.list"
	sourcesDir  = "/etc/apt/sources.list.d"
)

// AptRepository is the module apt_repository.
func AptRepository() modules.Module {
	return modules.State[repositoryParams, tree.State]{
		Info: modules.Info{
			Name:    "apt_repository",
			Summary: "Adds and removes repositories of Debian packages.",
			Notes: "Lines of other repositories are left as they are. Personal archives of Ubuntu (ppa:owner/name) have to be " +
				"written as a line, with the key that signs them.",
			Undo: modules.UndoFull,
			Examples: `- name: Use a repository
  apt_repository:
    repo: deb [signed-by=/etc/apt/keyrings/example.asc] https://apt.example.com stable main
    filename: example
`,
		},
		Validate: validateRepository,
		Read:     readRepository,
		Want:     wantRepository,
		Apply:    applyRepository,
		Report: func(p repositoryParams, _, _ tree.State, _ bool) modules.Result {
			return modules.Result{"repo": p.Repo, "state": p.State, "diff": map[string]any{}}
		},
		Diff:    diffRepository,
		Equal:   tree.Equal,
		Settled: func(_ repositoryParams, want, got tree.State) bool { return tree.Settled(want, got) },
		Same:    tree.Same,
		Keep: func(ctx context.Context, r sys.Reader, _ repositoryParams, from *tree.State, want tree.State, keep modules.KeepFunc) error {
			return tree.Keep(ctx, r, from, want, keep)
		},
		Beside: tree.Beside,
		Carry: func(ctx context.Context, r sys.Reader, known tree.State, got *tree.State) error {
			err := tree.Carry(ctx, r, known, got)
			sortNodes(got)
			return err
		},
	}.Module()
}

func validateRepository(p *repositoryParams) error {
	if strings.HasPrefix(p.Repo, "ppa:") {
		return modules.Fail(nil, "%s: personal archives are not looked up; write the line that Launchpad shows, and add its key", p.Repo)
	}
	if l := parseSource(p.Repo); !l.valid || !l.enabled {
		return modules.Fail(nil, "Invalid repository string: %s", p.Repo)
	}
	if p.Filename != nil && strings.HasPrefix(path.Base(*p.Filename), ".") {
		return modules.Fail(nil, "%q is no file name", *p.Filename)
	}
	return nil
}

// sourceLine is a line of a sources file.
type sourceLine struct {
	valid, enabled  bool
	source, comment string
}

// parseSource reads a line; blanks in a source are single.
func parseSource(line string) sourceLine {
	l := sourceLine{enabled: true}
	line = strings.TrimSpace(line)
	if strings.HasPrefix(line, "#") {
		l.enabled, line = false, line[1:]
	}
	if i := strings.IndexByte(line, '#'); i > 0 {
		l.comment, line = strings.TrimSpace(line[i+1:]), line[:i]
	}
	words := strings.Fields(line)
	l.valid = len(words) > 2 && (words[0] == "deb" || words[0] == "deb-src")
	l.source = strings.Join(words, " ")
	return l
}

func (l sourceLine) text() string {
	if l.comment != "" {
		return l.source + " # " + l.comment
	}
	return l.source
}

// suggestedFile names the file of a new repository after its address.
func suggestedFile(p repositoryParams, source string) string {
	if p.Filename != nil {
		if strings.Contains(*p.Filename, "/") {
			return *p.Filename + ".list"
		}
		return sourcesDir + "/" + *p.Filename + ".list"
	}
	for { // options in brackets say nothing about the name
		start := strings.IndexByte(source, '[')
		end := strings.IndexByte(source, ']')
		if start < 0 || end < start {
			break
		}
		source = source[:start] + source[end+1:]
	}
	name := ""
	for _, w := range strings.Fields(source) {
		if w != "deb" && w != "deb-src" {
			name = w
			break
		}
	}
	if _, rest, ok := strings.Cut(name, "://"); ok {
		name = rest
	}
	if i := strings.IndexByte(name, '@'); i >= 0 {
		name = name[i+1:]
	}
	words := strings.FieldsFunc(name, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9')
	})
	return sourcesDir + "/" + strings.Join(words, "_") + ".list"
}

// readRepository reads all sources files, and the place of the one that a new repository would get.
func readRepository(ctx context.Context, r sys.Reader, p repositoryParams) (tree.State, error) {
	s, err := tree.Begin(ctx, r, tree.Attrs{Mode: p.Mode}, sourcesDir)
	if err != nil {
		return s, err
	}
	files := []string{sourcesFile}
	list, _ := r.ReadDir(sourcesDir)
	for _, e := range list {
		if strings.HasSuffix(e.Name(), ".list") {
			files = append(files, sourcesDir+"/"+e.Name())
		}
	}
	own := suggestedFile(p, parseSource(p.Repo).source)
	known := false
	for _, f := range files {
		known = known || f == own
	}
	if !known {
		files = append(files, own)
		s.Missing = tree.MissingParents(r, own)
	}
	for _, f := range files {
		n, err := tree.ReadNode(ctx, r, f, tree.Look{Load: true, Digest: true})
		if err != nil {
			return s, err
		}
		s.Nodes = append(s.Nodes, n)
	}
	sortNodes(&s)
	return s, nil
}

// sortNodes makes two readings comparable, whichever files were there at first.
func sortNodes(s *tree.State) {
	sort.Slice(s.Nodes, func(i, k int) bool { return s.Nodes[i].Path < s.Nodes[k].Path })
}

func wantRepository(p repositoryParams, now tree.State) (tree.State, error) {
	want := now.Clone()
	source := parseSource(p.Repo).source
	found := false
	for i := range want.Nodes {
		n := &want.Nodes[i]
		if n.Kind != tree.File {
			continue
		}
		text, seen := rewriteSources(string(n.Data()), source, p.State == "present")
		found = found || seen
		switch {
		case text == string(n.Data()):
		case text == "" && n.Path != sourcesFile:
			n.Remove()
		default:
			n.SetData([]byte(text))
			want.Rewrite(n)
		}
	}
	if found || p.State == "absent" {
		return want, nil
	}
	own := suggestedFile(p, source)
	for i := range want.Nodes {
		n := &want.Nodes[i]
		if n.Path != own {
			continue
		}
		if n.Kind == tree.File {
			n.SetData([]byte(withNewline(string(n.Data())) + source + "\n"))
			return want, nil
		}
		n.Make(tree.File)
		n.SetData([]byte(source + "\n"))
		want.Attributes(tree.Attrs{Mode: p.Mode}, n)
	}
	return want, nil
}

func withNewline(s string) string {
	if s != "" && !strings.HasSuffix(s, "\n") {
		return s + "\n"
	}
	return s
}

// rewriteSources enables a repository's disabled lines, or drops its enabled ones; other lines stay as they are.
func rewriteSources(text, source string, present bool) (out string, found bool) {
	var b strings.Builder
	for _, line := range strings.SplitAfter(text, "\n") {
		l := parseSource(line)
		switch {
		case !l.valid || l.source != source:
			b.WriteString(line)
		case present && l.enabled:
			found = true
			b.WriteString(line)
		case present:
			found = true
			b.WriteString(l.text() + "\n")
		case !l.enabled:
			b.WriteString(line)
		}
	}
	return b.String(), found
}

func applyRepository(ctx context.Context, s sys.System, p repositoryParams, from, to tree.State) error {
	if err := (tree.Change{}).Apply(ctx, s, from, to); err != nil {
		return err
	}
	if !p.UpdateCache {
		return nil
	}
	err := updateCache(ctx, s, aptParams{LockTimeout: 60, UpdateCacheRetries: p.UpdateCacheRetries, UpdateCacheRetryMax: p.UpdateCacheRetryMax})
	if err == nil || modules.Undoing(ctx) {
		return err
	}
	if back := (tree.Change{}).Apply(ctx, s, to, from); back != nil {
		return fmt.Errorf("%w; the sources could not be put back either: %w", err, back)
	}
	return err
}

func diffRepository(_ context.Context, _ sys.Reader, _ repositoryParams, from, to tree.State) (any, error) {
	diffs := []any{}
	for i, n := range from.Nodes {
		w := to.Nodes[i]
		if tree.EqualNode(n, w) {
			continue
		}
		d := map[string]any{"before": string(n.Data()), "after": string(w.Data()), "before_header": n.Path, "after_header": n.Path}
		if !n.Exists() {
			d["before_header"] = "/dev/null"
		}
		if !w.Exists() {
			d["after_header"] = "/dev/null"
		}
		diffs = append(diffs, d)
	}
	if len(diffs) == 0 {
		return nil, nil
	}
	return diffs, nil
}
