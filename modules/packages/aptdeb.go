package packages

import (
	"context"
	"fmt"
	"io"
	"path"
	"strings"
	"time"

	"github.com/musterhq/muster/internal/elsewhere"
	"github.com/musterhq/muster/internal/fetch"
	"github.com/musterhq/muster/modules/packages/dpkg"
	"github.com/musterhq/muster/modules/sys"
)

// downloadTimeout bounds how long a server may be silent.
const downloadTimeout = 30 * time.Second

func isURL(s string) bool { return strings.Contains(s, "://") }

// control reads what a package file holds, and where it lies on the host. Of a URL that was not downloaded only the
// beginning is read and the file is "".
func (a aptReader) control(deb string) (dpkg.Control, string, error) {
	file := deb
	if isURL(deb) {
		file = a.run.downloaded(deb)
	}
	if file == "" {
		body, err := openURL(a.ctx, a.r, deb)
		if err != nil {
			return dpkg.Control{}, "", err
		}
		defer body.Close()
		c, err := dpkg.ReadControl(body)
		elsewhere.Note(a.ctx, err)
		return c, "", err
	}
	f, err := a.r.Open(file)
	if err != nil {
		return dpkg.Control{}, "", err
	}
	defer f.Close()
	c, err := dpkg.ReadControl(f)
	if err != nil {
		elsewhere.Note(a.ctx, err)
		return c, "", fmt.Errorf("%s: %w", deb, err)
	}
	if !strings.HasPrefix(file, "/") {
		file = "./" + file
	}
	return c, file, nil
}

// downloaded returns where a URL's file lies, or "".
func (r *aptRun) downloaded(url string) string {
	for _, f := range r.debs {
		if path.Base(f) == debName(url) {
			return f
		}
	}
	return ""
}

func debName(url string) string {
	name, _, _ := strings.Cut(path.Base(url), "?")
	if !strings.HasSuffix(name, ".deb") {
		name += ".deb"
	}
	return name
}

func openURL(ctx context.Context, r sys.Reader, url string) (io.ReadCloser, error) {
	resp, err := fetch.Do(ctx, r, fetch.Request{Method: "GET", URL: url, Timeout: downloadTimeout, UseProxy: true, Follow: fetch.FollowAll})
	if err != nil {
		return nil, err
	}
	if resp.Status != 200 && resp.Status != 0 {
		resp.Body.Close()
		return nil, fmt.Errorf("failed to download %s: %s", url, resp.Message)
	}
	return resp.Body, nil
}

// downloadDebs fetches the package files that a task names by URL.
func downloadDebs(ctx context.Context, s sys.System, p aptParams) error {
	run := aptRunOf(ctx)
	for _, d := range strings.Split(*p.Deb, ",") {
		d = strings.TrimSpace(d)
		if !isURL(d) {
			continue
		}
		if run.temp == "" {
			dir, err := s.TempDir("", "muster-apt-")
			if err != nil {
				return err
			}
			run.temp = dir
			if err := s.Chmod(dir, 0o755); err != nil { // apt reads it as its own user
				return err
			}
		}
		if err := download(ctx, s, d, run.temp+"/"+debName(d)); err != nil {
			return err
		}
		run.debs = append(run.debs, run.temp+"/"+debName(d))
	}
	return nil
}

func download(ctx context.Context, s sys.System, url, to string) error {
	body, err := openURL(ctx, s, url)
	if err != nil {
		return err
	}
	defer body.Close()
	return s.WriteFile(to, body, sys.WriteOptions{Perm: 0o644, UID: -1, GID: -1})
}

// cleanup removes what was downloaded.
func (r *aptRun) cleanup(s sys.System) {
	if r.temp != "" {
		_ = s.RemoveAll(r.temp)
	}
}
