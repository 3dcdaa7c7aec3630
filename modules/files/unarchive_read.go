package files

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
	"github.com/musterhq/muster/modules/tree"
)

func readUnarchive(ctx context.Context, r sys.Reader, p unarchiveParams) (unarchiveState, error) {
	begun, err := tree.Begin(ctx, r, p.Attrs, p.Dest)
	if err != nil {
		return unarchiveState{}, err
	}
	st := unarchiveState{State: begun, goals: map[string]goal{}}
	if modules.Undoing(ctx) { // what the archive held is in the journal's states
		return st, nil
	}
	dest, err := r.Stat(p.Dest)
	if err != nil || !dest.IsDir() {
		return st, modules.Fail(nil, "dest '%s' must be an existing dir", p.Dest)
	}
	if st.root, err = followed(ctx, r, p.Dest, tree.Look{}); err != nil {
		return st, err
	}
	if !path.IsAbs(p.Dest) {
		modules.Warn(ctx, "Relative destination path '%s' was resolved to absolute path '%s'.", p.Dest, absolute(p.Dest))
	}
	if p, err = p.resolved(r); err != nil {
		return st, err
	}
	goals, err := p.list(ctx, r, &st)
	if err != nil {
		return st, err
	}
	for _, g := range goals {
		n, err := readMember(ctx, r, p, g)
		if err != nil {
			return st, err
		}
		st.goals[n.Path] = g
		st.Nodes = append(st.Nodes, n)
	}
	return st, nil
}

// resolved follows links in the destination, so that members go where it really is.
func (p unarchiveParams) resolved(r sys.Reader) (unarchiveParams, error) {
	var err error
	p.Dest, err = tree.RealPath(r, absolute(p.Dest))
	return p, err
}

// absolute resolves a path against the folder that the runner works in.
func absolute(p string) string {
	if path.IsAbs(p) {
		return p
	}
	if dir, err := os.Getwd(); err == nil {
		return path.Join(dir, p)
	}
	return p
}

// readMember reads what stands where a member goes.
func readMember(ctx context.Context, r sys.Reader, p unarchiveParams, g goal) (tree.Node, error) {
	full := path.Join(p.Dest, g.path)
	n, err := tree.ReadNode(ctx, r, full, tree.Look{Times: true, Digest: g.sum != "", IfSize: g.size}.For(p.Attrs))
	if err != nil {
		return n, err
	}
	n.Atime = 0
	if n.Kind == tree.Directory || n.Kind == tree.Link {
		n.Mtime = 0
	}
	if n.Kind == tree.Link && g.kind == tree.Directory {
		if st, err := r.Stat(full); err == nil && st.IsDir() {
			n.Kind, n.Perm, n.UID, n.GID, n.Target = tree.Directory, st.Perm, st.UID, st.GID, "" // a link to a folder serves
		}
	}
	if g.hard && n.Kind == tree.File {
		own, err1 := r.Lstat(full)
		other, err2 := r.Lstat(g.target)
		if err1 == nil && err2 == nil && own.Inode == other.Inode && own.Dev == other.Dev {
			n.HardOf = g.target
		}
	}
	return n, nil
}

// list walks the archive once and decides what each member is to become; the last of several with one name counts.
func (p unarchiveParams) list(ctx context.Context, r sys.Reader, st *unarchiveState) ([]goal, error) {
	a, err := p.source(ctx, r)
	if err != nil {
		return nil, err
	}
	st.handler = a.handler
	o, err := p.options(a)
	if err != nil {
		return nil, err
	}
	l := &listing{p: p, o: o, r: r, links: map[string]bool{}, index: map[string]int{}, uids: map[string]int{}, gids: map[string]int{},
		acc: sys.NewAccounts(ctx, r), root: r.Getuid() == 0, umask: r.Umask()}
	if err := a.each(l.add); err != nil {
		return nil, err
	}
	if err := l.check(); err != nil {
		return nil, err
	}
	st.names = l.names
	goals := l.withImplied()
	for i := range goals {
		p.hold(r, o, &goals[i])
	}
	return goals, nil
}

// withImplied puts the folders that members are in, and that the archive does not list, before them.
func (l *listing) withImplied() []goal {
	known := map[string]bool{}
	out := make([]goal, 0, len(l.goals))
	for _, g := range l.goals {
		var above []goal
		for dir := path.Dir(g.path); dir != "." && !known[dir]; dir = path.Dir(dir) {
			known[dir] = true
			if i, listed := l.index[dir]; listed {
				above = append(above, l.goals[i])
				continue
			}
			above = append(above, goal{member: member{kind: tree.Directory}, path: dir, uid: -1, gid: -1, implied: true})
		}
		slices.Reverse(above)
		out = append(out, above...)
		if !known[g.path] || g.kind != tree.Directory {
			known[g.path] = true
			out = append(out, g)
		}
	}
	return out
}

func (p unarchiveParams) options(a archive) (archiveOptions, error) {
	o, err := parseArchiveOptions(p.ExtraOpts, a.handler == "ZipArchive")
	o.include = append(o.include, p.Include...)
	o.exclude = append(o.exclude, p.Exclude...)
	o.keepNewer = o.keepNewer || p.KeepNewer
	return o, err
}

// hold leaves files alone that must not be replaced.
func (p unarchiveParams) hold(r sys.Reader, o archiveOptions, g *goal) {
	if !o.keepNewer && !o.keepOld || g.kind == tree.Directory {
		return
	}
	st, err := r.Lstat(path.Join(p.Dest, g.path))
	g.hold = err == nil && (o.keepOld || st.IsRegular() && st.Mtime.After(g.mtime))
}

// listing collects the members that are to be unpacked.
type listing struct {
	r          sys.Reader
	p          unarchiveParams
	o          archiveOptions
	goals      []goal
	names      []string
	index      map[string]int
	links      map[string]bool
	wanted     map[string]bool // of include, those that were found
	uids, gids map[string]int
	acc        *sys.Accounts
	root       bool
	umask      uint32
}

func (l *listing) add(m member, content io.Reader) error {
	if !l.selected(m.name) {
		return nil
	}
	below, err := l.o.target(m)
	if err != nil {
		return err
	}
	shown := strings.TrimPrefix(m.name, "/")
	if l.o.strip > 0 || l.o.junk || len(l.o.rename) > 0 || l.o.topLevel != "" {
		if shown = below; m.kind == tree.Directory && below != "" {
			shown += "/"
		}
	}
	if below == "" {
		return nil
	}
	l.names = append(l.names, shown)
	g := goal{member: m, path: below, uid: -1, gid: -1, late: l.o.touch}
	if err := l.resolve(&g); err != nil {
		return err
	}
	if err := l.digest(&g, content); err != nil {
		return err
	}
	l.links[below] = m.kind == tree.Link
	if i, again := l.index[below]; again {
		l.goals[i] = g
		return nil
	}
	l.index[below] = len(l.goals)
	l.goals = append(l.goals, g)
	return nil
}

// digest reads a file's content where a file of the same size is there already, to see whether it is the same.
func (l *listing) digest(g *goal, content io.Reader) error {
	if g.kind != tree.File || g.hard {
		return nil
	}
	if st, err := l.r.Lstat(path.Join(l.p.Dest, g.path)); err != nil || !st.IsRegular() || st.Size != g.size {
		return nil
	}
	h := sha256.New()
	if _, err := io.Copy(h, content); err != nil {
		return fmt.Errorf("archive: %s: %w", g.name, err)
	}
	g.sum = hex.EncodeToString(h.Sum(nil))
	return nil
}

// resolve fills in owners, modes and the target of a hard link.
func (l *listing) resolve(g *goal) error {
	switch {
	case g.plainPerm:
		g.perm = 0o666
		if g.kind == tree.Directory || g.member.perm&0o100 != 0 {
			g.perm = 0o777
		}
		g.perm &^= l.umask
	case g.owned && (!l.root || l.o.umasked):
		g.perm &^= l.umask
	}
	if l.root && !g.owned { // unzip makes the process' own files
		g.uid, g.gid = 0, 0
	}
	if l.root && g.owned && !l.o.noOwner {
		g.uid = lookup(l.uids, g.uname, g.member.uid, func(n string) (int, bool) { u, ok := l.acc.UserByName(n); return u.UID, ok })
		g.gid = lookup(l.gids, g.gname, g.member.gid, func(n string) (int, bool) { u, ok := l.acc.GroupByName(n); return u.GID, ok })
	}
	if g.hard {
		target, err := l.o.target(member{name: g.target, kind: tree.File})
		if err != nil {
			return err
		}
		i, ok := l.index[target]
		if !ok || l.goals[i].kind != tree.File {
			return modules.Fail(nil, "the archive is refused: %q is a hard link to %q, which is not in it", g.name, g.target)
		}
		of := l.goals[i]
		g.size, g.perm, g.uid, g.gid, g.mtime = of.size, of.perm, of.uid, of.gid, of.mtime
		g.target = path.Join(l.p.Dest, target)
		if of.hard {
			g.target = of.target
		}
	}
	return nil
}

func lookup(cache map[string]int, name string, id int, find func(string) (int, bool)) int {
	if name == "" {
		return id
	}
	if n, ok := cache[name]; ok {
		return n
	}
	n, ok := find(name)
	if !ok {
		return id // not cached: the number differs between members
	}
	cache[name] = n
	return n
}

// check refuses archives that would write through links which they make themselves, and include without a member.
func (l *listing) check() error {
	for _, g := range l.goals {
		for dir := path.Dir(g.path); dir != "."; dir = path.Dir(dir) {
			if l.links[dir] {
				return modules.Fail(nil, "the archive is refused: its entry %q would be written through the link %q", g.name, dir)
			}
			if i, ok := l.index[dir]; ok && l.goals[i].kind != tree.Directory {
				return modules.Fail(nil, "the archive is refused: its entry %q is inside of %q, which is no folder", g.name, dir)
			}
		}
	}
	for _, name := range l.o.include {
		if !l.wanted[name] {
			return modules.Fail(nil, "failed to unpack %s to %s: %s is not in the archive", l.p.Src, l.p.Dest, name)
		}
	}
	return nil
}

func (l *listing) selected(name string) bool {
	name = strings.TrimSuffix(name, "/")
	for _, pattern := range l.o.exclude {
		if excluded(name, strings.TrimSuffix(pattern, "/")) {
			return false
		}
	}
	if len(l.o.include) == 0 {
		return true
	}
	found := false
	for _, want := range l.o.include {
		bare := strings.TrimSuffix(want, "/")
		if name == bare || strings.HasPrefix(name, bare+"/") || globMatch(bare, name) {
			if l.wanted == nil {
				l.wanted = map[string]bool{}
			}
			l.wanted[want], found = true, true
		}
	}
	return found
}

// excluded matches as tar's --exclude: the name, any end of it after a slash, and everything in a folder that matches.
func excluded(name, pattern string) bool {
	for whole := name; whole != "." && whole != ""; whole = path.Dir(whole) {
		for tail := whole; ; {
			if globMatch(pattern, tail) {
				return true
			}
			_, rest, more := strings.Cut(tail, "/")
			if !more {
				break
			}
			tail = rest
		}
		if !strings.Contains(whole, "/") {
			break
		}
	}
	return false
}

func globMatch(pattern, name string) bool {
	if !strings.ContainsAny(pattern, "*?[") {
		return pattern == name
	}
	re, err := regexp.Compile("^" + strings.Replace(globPattern(pattern), `\Z`, `\z`, 1))
	return err == nil && re.MatchString(name)
}

// stream brings the contents of the members.
func (p unarchiveParams) stream(ctx context.Context, r sys.Reader, write func(string, io.Reader) error) error {
	p, err := p.resolved(r)
	if err != nil {
		return err
	}
	a, err := p.source(ctx, r)
	if err != nil {
		return err
	}
	o, err := p.options(a)
	if err != nil {
		return err
	}
	l := &listing{p: p, o: o}
	last := map[string]int{}
	count := 0
	if err := a.each(func(m member, _ io.Reader) error {
		count++
		if below, err := o.target(m); err == nil && m.kind == tree.File && !m.hard && l.selected(m.name) {
			last[below] = count
		}
		return nil
	}); err != nil {
		return err
	}
	count = 0
	return a.each(func(m member, content io.Reader) error {
		count++
		below, err := o.target(m)
		if err != nil || last[below] != count {
			return err
		}
		return write(path.Join(p.Dest, below), content)
	})
}
