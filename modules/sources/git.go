package sources

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
)

// GitParams are the parameters of git.
type GitParams struct {
	Repo             string   `param:"repo,required" alias:"name" doc:"Where the repository is: an address of git, ssh or http, or a path on the host."`
	Dest             *string  `param:"dest" type:"path" doc:"The folder to check out into; needed unless clone is no."`
	Version          string   `param:"version" default:"HEAD" doc:"What to check out: a branch, a tag, a full commit, or HEAD for the branch that is current."`
	Remote           string   `param:"remote" default:"origin" doc:"Name of the remote."`
	Refspec          *string  `param:"refspec" doc:"A refspec to fetch beside what is fetched anyway."`
	Reference        *string  `param:"reference" doc:"A repository on the host to borrow objects from."`
	Force            bool     `param:"force" default:"false" doc:"Whether changes of files that git knows are thrown away; otherwise they fail the task."`
	Depth            *int     `param:"depth" doc:"How many commits of history to fetch; all without it."`
	Clone            bool     `param:"clone" default:"true" doc:"Whether to clone a repository that is not there; otherwise only its newest commit is reported."`
	Update           bool     `param:"update" default:"true" doc:"Whether to fetch news into a repository that is there."`
	VerifyCommit     bool     `param:"verify_commit" default:"false" doc:"Whether the commit or tag must have a good signature."`
	GPGWhitelist     []string `param:"gpg_whitelist" default:"[]" elements:"str" doc:"Fingerprints of which one must have signed."`
	AcceptHostkey    bool     `param:"accept_hostkey" default:"false" doc:"Whether any host key of an SSH server is trusted."`
	AcceptNewHostkey bool     `param:"accept_newhostkey" default:"false" doc:"Whether the host key of an SSH server that is not known yet is trusted."`
	KeyFile          *string  `param:"key_file" type:"path" doc:"A private key for SSH, on the host."`
	SSHOpts          *string  `param:"ssh_opts" doc:"Further options for ssh."`
	Executable       *string  `param:"executable" type:"path" doc:"The program git."`
	Bare             bool     `param:"bare" default:"false" doc:"Whether the repository has no working files."`
	Recursive        bool     `param:"recursive" default:"true" doc:"Whether submodules are checked out too."`
	SingleBranch     bool     `param:"single_branch" default:"false" doc:"Whether to clone only the history of the version."`
	TrackSubmodules  bool     `param:"track_submodules" default:"false" doc:"Whether submodules follow the newest commit of their branches."`
	Umask            *string  `param:"umask" doc:"The umask for new files, an octal number in quotes."`
	SeparateGitDir   *string  `param:"separate_git_dir" type:"path" doc:"Where the repository itself is kept instead of in the folder; it counts when cloning."`
}

// GitState is a checkout.
type GitState struct {
	Cloned   bool     `json:"cloned"`
	Head     string   `json:"head,omitempty"`     // the commit that is checked out
	Branch   string   `json:"branch,omitempty"`   // "" for a detached head
	URL      string   `json:"url,omitempty"`      // of the remote
	Modified bool     `json:"modified,omitempty"` // files that git knows were changed
	Unknown  bool     `json:"unknown,omitempty"`  // there are files that git does not know
	Behind   bool     `json:"behind,omitempty"`   // submodules are not what the commit says
	Existed  bool     `json:"existed,omitempty"`  // the folder was there before the repository was
	Missing  []string `json:"missing,omitempty"`  // folders above dest that are not there, the lowest last
	Target   target   `json:"target,omitzero"`
}

// target is what the version means at the remote, as it was read.
type target struct {
	Commit string `json:"commit,omitempty"` // "" when only a fetch can tell
	Kind   string `json:"kind,omitempty"`   // branch, tag or commit
	Branch string `json:"branch,omitempty"` // of a branch
}

// Git keeps a checkout of a repository.
func Git() modules.Module {
	return modules.State[GitParams, GitState]{
		Info: modules.Info{
			Name: "git", Summary: "Checks a git repository out, and brings it up to date.", Undo: modules.UndoPartial,
			Notes: "A rollback goes back to the commit and the branch that were checked out, or removes a new clone. Changes of files that " +
				"`force` threw away do not come back, and a clone that has got files of its own since is left alone.",
			Examples: `- name: The application
  git:
    repo: https://git.example.com/app.git
    dest: /srv/app
    version: v1.4.2
- name: A shallow copy with a deploy key
  git:
    repo: git@git.example.com:site.git
    dest: /srv/site
    key_file: /root/.ssh/deploy
    accept_newhostkey: true
    depth: 1
`,
		},
		Rules:    modules.Rules{Exclusive: [][]string{{"separate_git_dir", "bare"}, {"accept_hostkey", "accept_newhostkey"}}},
		Validate: validateGit,
		Skip:     lookOnly,
		Read:     readGit,
		Want:     wantGit,
		Apply:    applyGit,
		Report:   reportGit,
		Diff:     diffGit,
		Equal: func(a, b GitState) bool {
			return a.Cloned == b.Cloned && a.Head == b.Head && a.URL == b.URL && a.Modified == b.Modified && a.Behind == b.Behind
		},
		// The remote may have moved on since it was asked.
		Settled: func(_ GitParams, want, got GitState) bool { return got.Cloned && got.URL == want.URL && got.Head != "" },
		Same: func(post, now GitState) bool {
			return post.Cloned == now.Cloned && post.Head == now.Head && post.Branch == now.Branch && post.URL == now.URL &&
				post.Modified == now.Modified && (post.Unknown || !now.Unknown)
		},
	}.Module()
}

func validateGit(p *GitParams) error {
	if p.Dest == nil && p.Clone {
		return fmt.Errorf("the destination directory must be specified unless clone=no")
	}
	if p.Umask != nil {
		if _, err := strconv.ParseUint(*p.Umask, 8, 12); err != nil {
			return fmt.Errorf("umask must be an octal integer")
		}
	}
	if strings.HasPrefix(p.Repo, "-") || strings.HasPrefix(p.Version, "-") {
		return fmt.Errorf("repo and version must not start with a dash")
	}
	if strings.HasPrefix(p.Repo, "/") { // depth works over a protocol only
		p.Repo = "file://" + p.Repo
	}
	return nil
}

// lookOnly answers where there is nothing to clone into: what the version is at the remote.
func lookOnly(ctx context.Context, r sys.Reader, p GitParams) (modules.Result, error) {
	if p.Clone || p.Dest != nil && p.cloned(r) {
		return nil, nil
	}
	t, err := p.ask(ctx, r, "", "")
	if err != nil {
		return nil, err
	}
	if t.Commit == "" {
		t.Commit = p.Version
	}
	return modules.Result{"changed": true, "before": nil, "after": t.Commit}, nil
}

func wantGit(p GitParams, now GitState) (GitState, error) {
	want := now
	if now.Cloned && !p.Update {
		return want, nil
	}
	if now.Modified && !p.Force {
		return want, modules.Fail(modules.Result{"before": now.Head}, "Local modifications exist in the destination: %s (force=no).", *p.Dest)
	}
	want.Cloned, want.URL, want.Modified, want.Head = true, p.Repo, false, now.Target.Commit
	if sameAddress(now.URL, p.Repo) {
		want.URL = now.URL
	}
	if p.Recursive {
		want.Behind = false
	}
	return want, nil
}

// sameAddress compares addresses as paths are compared: doubled and last slashes do not count.
func sameAddress(a, b string) bool {
	clean := func(s string) string {
		scheme, rest, ok := strings.Cut(s, "://")
		if !ok {
			scheme, rest = "", s
		}
		return scheme + " " + strings.Join(strings.FieldsFunc(rest, func(r rune) bool { return r == '/' }), "/")
	}
	return clean(a) == clean(b)
}

func reportGit(p GitParams, from, to GitState, changed bool) modules.Result {
	res := modules.Result{"before": nil, "after": to.Head}
	if to.Head == "" {
		res["after"] = p.Version
	}
	if !from.Cloned {
		return res
	}
	res["before"] = from.Head
	if !p.Update {
		return res
	}
	res["remote_url_changed"] = from.URL != to.URL
	if from.Modified && changed {
		res["msg"] = "Local modifications exist in the destination: " + *p.Dest
	}
	if from.Behind {
		res["submodules_changed"] = true
	}
	return res
}

func diffGit(ctx context.Context, r sys.Reader, p GitParams, from, to GitState) (any, error) {
	switch {
	case !from.Cloned:
		return map[string]any{"prepared": ">> Newly checked out " + to.Head}, nil
	case from.Head == to.Head:
		return nil, nil
	}
	// The new commits are fetched later, so that what they change can only be shown when they are there already.
	if out, err := p.query(ctx, r, *p.Dest, "diff", from.Head, to.Head, "--"); err == nil && out.Code == 0 && len(out.Stdout) > 0 {
		return map[string]any{"prepared": string(out.Stdout)}, nil
	}
	return map[string]any{"before": from.Head + "\n", "after": to.Head + "\n"}, nil
}
