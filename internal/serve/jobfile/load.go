package jobfile

import (
	"errors"
	"io/fs"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/musterhq/muster/internal/diag"
	"github.com/musterhq/muster/internal/yaml11"
)

// Load reads and checks a jobs file, and that what it names is there. The list holds every mistake; the file is of use
// only when there is no error among them.
func Load(path string) (*File, diag.List) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, diag.List{diag.Errorf(diag.Pos{File: path}, "%v", err)}
	}
	src, err := os.ReadFile(path)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, diag.List{diag.Errorf(diag.Pos{File: path}, "the jobs file is not there").WithHint("muster serve --config FILE names another")}
		}
		return nil, diag.List{diag.Errorf(diag.Pos{File: path}, "the jobs file: %v", err)}
	}
	return Parse(path, src)
}

// Parse reads and checks the content of a jobs file.
func Parse(path string, src []byte) (*File, diag.List) {
	r := &reader{file: path}
	docs, err := yaml11.Parse(path, src)
	var d *diag.Diagnostic
	switch {
	case errors.As(err, &d):
		return nil, diag.List{d}
	case err != nil:
		return nil, diag.List{diag.Errorf(diag.Pos{File: path}, "%v", err)}
	case len(docs) == 0 || docs[0].Root == nil:
		return nil, diag.List{diag.Errorf(diag.Pos{File: path}, "the jobs file is empty").WithHint("it needs at least the key jobs")}
	case len(docs) > 1:
		r.errorf(docs[1].Root, "one document was expected, but there is another")
	}
	f := &File{Path: path, Listen: "127.0.0.1:8420", Parallel: 4, Notify: map[string]Notifier{}, Retention: 90 * 24 * time.Hour}
	r.top(f, docs[0].Root)
	r.together(f)
	return f, r.found
}

func (r *reader) top(f *File, root *yaml.Node) {
	r.mapping(root, "the jobs file", keys{
		"listen":    parsed(r, &f.Listen, "listen", parseListen),
		"tls":       func(n *yaml.Node) { r.tls(f, n) },
		"external":  parsed(r, &f.External, "external", parseURL),
		"store":     func(n *yaml.Node) { r.store(f, n) },
		"state":     r.path(&f.State, "state"),
		"parallel":  r.number(&f.Parallel, "parallel", 1, 1000),
		"retention": r.duration(&f.Retention, "retention"),
		"users":     func(n *yaml.Node) { r.named(n, "users", func(k, v *yaml.Node) { r.user(f, k, v) }) },
		"tokens":    func(n *yaml.Node) { r.named(n, "tokens", func(k, v *yaml.Node) { r.token(f, k, v) }) },
		"notify":    func(n *yaml.Node) { r.named(n, "notify", func(k, v *yaml.Node) { r.notifier(f, k, v) }) },
		"jobs":      func(n *yaml.Node) { r.named(n, "jobs", func(k, v *yaml.Node) { r.job(f, k, v) }) },
	}, "jobs")
}

func (r *reader) tls(f *File, n *yaml.Node) {
	r.mapping(n, "tls", keys{"cert": r.path(&f.TLSCert, "cert"), "key": r.path(&f.TLSKey, "key")}, "cert", "key")
	for _, file := range []string{f.TLSCert, f.TLSKey} {
		r.there(n, "tls", file)
	}
}

// there makes sure that a file can be read.
func (r *reader) there(n *yaml.Node, what, path string) {
	if path == "" {
		return
	}
	f, err := os.Open(path)
	if err != nil {
		r.errorf(n, "%s: %v", what, err)
		return
	}
	_ = f.Close()
}

// secret makes sure that a file of secrets is there and nobody else can read it.
func (r *reader) secret(n *yaml.Node, what, path string) {
	if path == "" {
		return
	}
	st, err := os.Stat(path)
	switch {
	case err != nil:
		r.errorf(n, "%s: %v", what, err)
	case st.Mode().Perm()&0o007 != 0:
		r.hintf(n, "chmod 600 "+path, "%s: others can read %s", what, path)
	default:
		r.there(n, what, path)
	}
}

func (r *reader) store(f *File, n *yaml.Node) {
	s, ok := r.scalar(n, "store")
	if !ok {
		return
	}
	scheme, _, isURL := strings.Cut(s, "://")
	switch {
	case isURL && (scheme == "postgres" || scheme == "postgresql"):
		f.Store = s
	case isURL:
		r.errorf(n, "store: %s:// is not supported; give the path of a file or a postgres:// URL", scheme)
	default:
		f.Store = r.absolute(s)
	}
}

func parseListen(s string) (string, error) {
	if path, isUnix := strings.CutPrefix(s, "unix:"); isUnix {
		if !filepath.IsAbs(path) {
			return "", errors.New("the path of the socket must be absolute: unix:/run/muster/serve.sock")
		}
		return s, nil
	}
	if _, _, err := net.SplitHostPort(s); err != nil {
		return "", errors.New("write it as 127.0.0.1:8420, :8420 or unix:/path")
	}
	return s, nil
}

func parseURL(s string) (string, error) {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return "", errors.New("write it as https://host/path")
	}
	return strings.TrimSuffix(s, "/"), nil
}

// together checks what several parts of the file say about one another.
func (r *reader) together(f *File) {
	for _, j := range f.Jobs {
		for _, name := range j.Notify {
			if _, ok := f.Notify[name]; !ok {
				r.found.Add(diag.Errorf(j.Pos, "job %s: notify has no %q", j.Name, name))
			}
		}
	}
	if open := publicAddress(f.Listen); open && f.TLSCert == "" && len(f.Users)+len(f.Tokens) > 0 {
		r.found.Add(&diag.Diagnostic{Severity: diag.Warning, Pos: diag.Pos{File: f.Path},
			Summary: "passwords and tokens travel in clear text to " + f.Listen, Hint: "give tls, or listen on 127.0.0.1 or a socket behind a proxy"})
	}
}

func publicAddress(listen string) bool {
	host, _, err := net.SplitHostPort(listen)
	if err != nil || strings.HasPrefix(listen, "unix:") {
		return false
	}
	ip := net.ParseIP(host)
	return host != "localhost" && (ip == nil || !ip.IsLoopback())
}
