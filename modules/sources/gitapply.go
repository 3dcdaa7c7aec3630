package sources

import (
	"context"
	"errors"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
)

// gitWork is one change of a checkout.
type gitWork struct {
	p   GitParams
	ctx context.Context
	s   sys.System
}

func applyGit(ctx context.Context, s sys.System, p GitParams, from, to GitState) error {
	w := gitWork{p: p, ctx: ctx, s: s}
	if modules.Undoing(ctx) {
		return w.back(from, to)
	}
	if !from.Cloned {
		if err := w.clone(from); err != nil {
			return err
		}
	} else if err := w.fetch(from, to); err != nil {
		return err
	}
	if p.Bare {
		return nil
	}
	err := w.check(from.Target)
	if err == nil {
		err = w.submodules()
	}
	if err != nil && !from.Cloned { // a clone of the wrong version is of no use
		return errors.Join(err, w.remove(from))
	}
	return err
}

// git runs git in a folder; an exit code other than zero is an error: what, with git's own words where it is empty or ends in a
// colon.
func (w gitWork) git(dir, what string, args ...string) error {
	c := w.p.command(dir, args...)
	if w.p.Umask != nil {
		mask, _ := strconv.ParseInt(*w.p.Umask, 8, 32) // validated
		n := int(mask)
		c.Umask = &n
	}
	out, err := w.s.Run(w.ctx, c)
	if err != nil || out.Code == 0 {
		return err
	}
	switch words := strings.TrimSpace(string(out.Stderr)); {
	case what == "":
		what = words
	case strings.HasSuffix(what, ":"):
		what += " " + words
	}
	return modules.Fail(modules.Result{"rc": out.Code, "stdout": string(out.Stdout), "stderr": string(out.Stderr), "cmd": strings.Join(c.Argv, " ")}, "%s", what)
}

func (w gitWork) in(what string, args ...string) error { return w.git(*w.p.Dest, what, args...) }

// clone clones into the folder's own place, so that git makes the folder with its own mode.
func (w gitWork) clone(from GitState) error {
	p := w.p
	for _, dir := range from.Missing {
		if err := w.s.Mkdir(dir, 0o777&^w.s.Umask()); err != nil {
			return err
		}
	}
	args := []string{"clone"}
	if p.Bare {
		args = append(args, "--bare")
	} else {
		args = append(args, "--origin", p.Remote)
	}
	named := from.Target.Kind == "branch" && p.Version != "HEAD" || from.Target.Kind == "tag"
	switch {
	case p.Depth == nil:
	case p.Version == "HEAD" || p.Refspec != nil:
		args = append(args, "--depth", strconv.Itoa(*p.Depth))
	case named:
		args = append(args, "--depth", strconv.Itoa(*p.Depth), "--branch", p.Version)
	default:
		modules.Warn(w.ctx, "Ignoring depth argument. Shallow clones are only available for HEAD, branches, tags or in combination with refspec.")
	}
	if p.Reference != nil {
		args = append(args, "--reference", *p.Reference)
	}
	if p.SingleBranch {
		args = append(args, "--single-branch")
		if named && !slices.Contains(args, "--branch") {
			args = append(args, "--branch", p.Version)
		}
	}
	if p.SeparateGitDir != nil {
		args = append(args, "--separate-git-dir="+*p.SeparateGitDir)
	}
	if err := w.git(path.Dir(*p.Dest), "", append(args, "--", p.Repo, path.Base(*p.Dest))...); err != nil {
		return err
	}
	if p.Bare && p.Remote != "origin" {
		if err := w.in("", "remote", "add", p.Remote, p.Repo); err != nil {
			return err
		}
	}
	if p.Refspec == nil {
		return nil
	}
	args = []string{"fetch"}
	if p.Depth != nil {
		args = append(args, "--depth", strconv.Itoa(*p.Depth))
	}
	return w.in("", append(args, p.Remote, *p.Refspec)...)
}

// fetch brings the objects and references of the remote.
func (w gitWork) fetch(from, to GitState) error {
	p := w.p
	if from.Modified {
		if err := w.in("", "reset", "--hard", "HEAD"); err != nil {
			return err
		}
	}
	if from.URL != to.URL {
		if err := w.in("Failed to set a new url "+p.Repo+" for "+p.Remote+":", "remote", "set-url", p.Remote, p.Repo); err != nil {
			return err
		}
	}
	args, specs := []string{"fetch"}, w.shallowSpecs(from)
	if specs != nil {
		args = append(args, "--depth", strconv.Itoa(*p.Depth))
	} else {
		if p.Bare {
			specs = []string{"+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"}
		} else {
			args = append(args, "--tags")
		}
		if p.Refspec != nil {
			specs = append(specs, *p.Refspec)
		}
	}
	if p.Force {
		args = append(args, "--force")
	}
	return w.in("Failed to download remote objects and refs:", append(append(args, p.Remote), specs...)...)
}

// shallowSpecs are the references to fetch for a limited history; nil for all of it.
func (w gitWork) shallowSpecs(from GitState) []string {
	p, t := w.p, from.Target
	switch {
	case p.Depth == nil:
		return nil
	case p.Refspec != nil:
		return []string{*p.Refspec}
	case p.Version == "HEAD":
		return []string{t.Branch}
	case t.Kind == "branch":
		specs := []string{"+refs/heads/" + t.Branch + ":refs/remotes/" + p.Remote + "/" + t.Branch}
		if from.Branch != t.Branch {
			specs = append([]string{"+refs/heads/" + t.Branch + ":refs/heads/" + t.Branch}, specs...)
		}
		return specs
	case t.Kind == "tag":
		return []string{"+refs/tags/" + p.Version + ":refs/tags/" + p.Version}
	}
	return nil
}

// check checks the version out, and its signature.
func (w gitWork) check(t target) error {
	p := w.p
	branch := t.Branch
	if p.Version == "HEAD" && branch == "" { // a new clone has chosen its branch
		name, err := p.line(w.ctx, w.s, "symbolic-ref", "--quiet", "--short", "HEAD")
		if err != nil {
			return err
		}
		branch = name
	}
	what := "Failed to checkout " + p.Version
	if p.Version == "HEAD" {
		what = "Failed to checkout branch " + branch
	}
	switch {
	case t.Kind != "branch":
		if err := w.in(what, "checkout", "--force", p.Version, "--"); err != nil {
			return err
		}
	case w.has("refs/heads/" + branch):
		if err := w.in("Failed to checkout branch "+branch, "checkout", "--force", branch, "--"); err != nil {
			return err
		}
		if err := w.in(what, "reset", "--hard", p.Remote+"/"+branch, "--"); err != nil {
			return err
		}
	default:
		if err := w.in(what, "checkout", "--track", "-b", branch, p.Remote+"/"+branch, "--"); err != nil {
			return err
		}
	}
	if p.VerifyCommit {
		return w.verify()
	}
	return nil
}

func (w gitWork) has(ref string) bool {
	out, err := w.p.query(w.ctx, w.s, *w.p.Dest, "show-ref", "--verify", "--quiet", ref)
	return err == nil && out.Code == 0
}

// verify checks the signature of the commit or of the annotated tag.
func (w gitWork) verify() error {
	kind, err := w.p.line(w.ctx, w.s, "cat-file", "-t", w.p.Version)
	if err != nil {
		return err
	}
	verb := "verify-commit"
	if kind == "tag" {
		verb = "verify-tag"
	}
	args := []string{verb, w.p.Version}
	if len(w.p.GPGWhitelist) > 0 {
		args = append(args, "--raw")
	}
	out, err := w.p.query(w.ctx, w.s, *w.p.Dest, args...)
	if err != nil {
		return err
	}
	fields := modules.Result{"rc": out.Code, "stdout": string(out.Stdout), "stderr": string(out.Stderr)}
	if out.Code != 0 {
		return modules.Fail(fields, "Failed to verify GPG signature of commit/tag %q", w.p.Version)
	}
	if len(w.p.GPGWhitelist) == 0 {
		return nil
	}
	signer := primaryKey(string(out.Stderr))
	if !slices.Contains(w.p.GPGWhitelist, signer) {
		return modules.Fail(fields, "The gpg_whitelist does not include the public key %q for this commit", signer)
	}
	return nil
}

// primaryKey is the fingerprint of the signer's primary key in what gpg says of a good signature.
func primaryKey(status string) string {
	for l := range strings.SplitSeq(status, "\n") {
		words := strings.Fields(l)
		if len(words) < 3 || words[1] != "VALIDSIG" {
			continue
		}
		if len(words) >= 12 {
			return words[11]
		}
		return words[2]
	}
	return ""
}

// submodules checks the submodules out that the commit names.
func (w gitWork) submodules() error {
	if _, err := w.s.Stat(path.Join(*w.p.Dest, ".gitmodules")); err != nil || !w.p.Recursive {
		return nil
	}
	if err := w.in("", "submodule", "sync"); err != nil {
		return err
	}
	args := []string{"submodule", "update", "--init", "--recursive"}
	if w.p.TrackSubmodules {
		args = append(args, "--remote")
	}
	if w.p.Force {
		args = append(args, "--force")
	}
	return w.in("Failed to init/update submodules:", args...)
}

// back goes to the state before: the commit and branch that were checked out, or no repository.
func (w gitWork) back(from, to GitState) error {
	if !to.Cloned {
		return w.remove(to)
	}
	if from.URL != to.URL {
		if err := w.in("", "remote", "set-url", w.p.Remote, to.URL); err != nil {
			return err
		}
	}
	if w.p.Bare {
		return w.in("", "update-ref", "HEAD", to.Head)
	}
	place := to.Branch
	if place == "" {
		place = to.Head
	}
	if err := w.in("", "checkout", "--force", place, "--"); err != nil {
		return err
	}
	if err := w.in("", "reset", "--hard", to.Head, "--"); err != nil {
		return err
	}
	return w.submodules()
}

// remove takes a new clone away, and the folders that were made for it.
func (w gitWork) remove(to GitState) error {
	dest := *w.p.Dest
	if to.Existed { // git clones into an empty folder only
		entries, err := w.s.ReadDir(dest)
		if err != nil {
			return err
		}
		for _, e := range entries {
			if err := w.s.RemoveAll(path.Join(dest, e.Name())); err != nil {
				return err
			}
		}
		return nil
	}
	if err := w.s.RemoveAll(dest); err != nil {
		return err
	}
	if w.p.SeparateGitDir != nil {
		if err := w.s.RemoveAll(*w.p.SeparateGitDir); err != nil {
			return err
		}
	}
	for _, dir := range slices.Backward(to.Missing) {
		if w.s.Remove(dir) != nil { // somebody uses it
			break
		}
	}
	return nil
}
