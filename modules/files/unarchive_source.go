package files

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/musterhq/muster/internal/elsewhere"
	"github.com/musterhq/muster/internal/fetch"
	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
)

// spooled is an archive that can be read from any place.
type spooled struct {
	at   io.ReaderAt
	size int64
}

// source opens the archive once for the whole task.
func (p unarchiveParams) source(ctx context.Context, r sys.Reader) (archive, error) {
	return modules.Memo(ctx, "unarchive", func() (archive, func(), error) {
		s, done, err := p.spool(ctx, r)
		if err != nil {
			return archive{}, done, err
		}
		if s.size == 0 {
			return archive{}, done, modules.Fail(nil, "Invalid archive '%s', the file is 0 bytes", p.Src)
		}
		a, err := openArchive(s.at, s.size)
		if err != nil {
			elsewhere.Note(ctx, err)
			return a, done, modules.Fail(nil, "Failed to find handler for \"%s\": %v", p.Src, err)
		}
		return a, done, nil
	})
}

func (p unarchiveParams) spool(ctx context.Context, r sys.Reader) (spooled, func(), error) {
	var content io.ReadCloser
	var err error
	switch {
	case p.Ref != nil:
		content, err = modules.OpenContent(ctx, p.Ref.SHA256)
	case strings.Contains(p.Src, "://"):
		content, err = p.download(ctx, r)
	default:
		return p.openOnHost(r)
	}
	if err != nil {
		return spooled{}, nil, err
	}
	defer content.Close()
	return keepAside(content)
}

func (p unarchiveParams) openOnHost(r sys.Reader) (spooled, func(), error) {
	st, err := r.Stat(p.Src)
	if err != nil {
		return spooled{}, nil, modules.Fail(nil, "Source '%s' does not exist", p.Src)
	}
	if !r.Access(p.Src, 4) {
		return spooled{}, nil, modules.Fail(nil, "Source '%s' not readable", p.Src)
	}
	if st.IsDir() {
		return spooled{}, nil, modules.Fail(nil, "Source '%s' is a directory, not an archive", p.Src)
	}
	f, err := r.Open(p.Src)
	if err != nil {
		return spooled{}, nil, modules.Fail(nil, "Source '%s' not readable, %v", p.Src, err)
	}
	if at, ok := f.(io.ReaderAt); ok {
		return spooled{at, st.Size}, func() { f.Close() }, nil
	}
	defer f.Close()
	return keepAside(f)
}

// keepAside stores a stream in a file without a name: nobody sees it and it is gone when the task ends.
func keepAside(content io.Reader) (spooled, func(), error) {
	dir := ""
	if st, err := os.Stat("/var/tmp"); err == nil && st.IsDir() {
		dir = "/var/tmp"
	}
	f, err := os.CreateTemp(dir, ".muster-archive-")
	if err != nil {
		return spooled{}, nil, err
	}
	done := func() {
		f.Close()
		_ = os.Remove(f.Name()) // in a folder for temporary files
	}
	if os.Remove(f.Name()) == nil {
		done = func() { f.Close() }
	}
	n, err := io.Copy(f, content)
	if err != nil {
		return spooled{}, done, fmt.Errorf("archive: %w", err)
	}
	return spooled{f, n}, done, nil
}

func (p unarchiveParams) download(ctx context.Context, r sys.Reader) (io.ReadCloser, error) {
	if !strings.HasPrefix(p.Src, "http://") && !strings.HasPrefix(p.Src, "https://") {
		return nil, modules.Fail(nil, "Failure downloading %s: only http and https addresses are known", p.Src)
	}
	resp, err := fetch.Do(ctx, r, fetch.Request{URL: p.Src, Agent: "ansible-httpget", InsecureTLS: !p.ValidateCerts,
		UseProxy: true, UseNetrc: true, Timeout: time.Minute, Follow: fetch.FollowAll})
	if err != nil {
		return nil, modules.Fail(nil, "Failure downloading %s: %v", p.Src, err)
	}
	if resp.Refused {
		_ = resp.Body.Close()
		return nil, modules.Fail(modules.Result{"status_code": resp.Status}, "Failure downloading %s, %s", p.Src, resp.Message)
	}
	return resp.Body, nil
}
