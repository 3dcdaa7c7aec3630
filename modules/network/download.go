package network

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path"
	"time"

	"github.com/musterhq/muster/internal/fetch"
	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
)

// download is what became of one run's request.
type download struct {
	arrived     bool   // there is content to compare
	notModified bool   // the server says that the file is still the same
	dest        string // the file, once it is known
	data        []byte // the content of a small file
	temp        string // a temporary file with the content of a large one; "" in check mode
	sums        sums
	before      string // SHA-1 of the file that was there
	status      int
	message     string
	elapsed     int
	pid         int
}

type downloadKey struct{}

func withDownload(ctx context.Context) (context.Context, *download) {
	d := &download{pid: os.Getpid()}
	return context.WithValue(ctx, downloadKey{}, d), d
}

func downloadOf(ctx context.Context) *download {
	if d, ok := ctx.Value(downloadKey{}).(*download); ok {
		return d
	}
	return &download{}
}

func (d *download) destOr(dest string) string {
	if d.dest != "" {
		return d.dest
	}
	return dest
}

// cleanup removes the temporary file.
func (d *download) cleanup(s sys.System) {
	if d.temp != "" {
		_ = s.Remove(d.temp)
	}
}

func (d *download) failure(p getURLParams, more modules.Result, text string) error {
	res := modules.Result{"url": p.URL, "dest": d.destOr(p.Dest), "elapsed": d.elapsed}
	for k, v := range more {
		res[k] = v
	}
	return modules.Fail(res, "%s", text)
}

// fetch makes the request unless what is there already has the right checksum. Without s, in check mode, the content is
// only compared.
func (d *download) fetch(ctx context.Context, r sys.Reader, p getURLParams, s sys.System) error {
	expected, err := parseChecksum(p.Checksum)
	if err == nil && expected.from != "" {
		err = d.readChecksums(ctx, r, p, &expected)
	}
	if err != nil {
		return d.failedEarly(p, err)
	}
	req := p.request(p.URLUsername, p.URLPassword, p.Timeout)
	req.Follow = fetch.FollowCompatible
	st, statErr := r.Stat(p.Dest)
	isDir := statErr == nil && st.IsDir()
	if statErr == nil && !isDir {
		req.ModifiedSince = st.Mtime
		if expected.given() && !p.Force {
			have, err := sumFile(r, p.Dest, expected.algorithm)
			if err != nil {
				return d.failed(p, err)
			}
			if have.asked == expected.sum {
				d.dest = p.Dest
				return nil
			}
			req.NoCache = true
		}
	}
	return d.request(ctx, r, p, s, req, expected, isDir)
}

// failed adds the usual keys to a failure that has none.
func (d *download) failed(p getURLParams, err error) error {
	var e *modules.Error
	if errors.As(err, &e) {
		return err
	}
	return d.failure(p, nil, err.Error())
}

// failedEarly adds what a failure before or around the comparison of checksums shows of them.
func (d *download) failedEarly(p getURLParams, err error) error {
	var e *modules.Error
	if errors.As(err, &e) {
		return err
	}
	more := modules.Result{"checksum_dest": nil, "checksum_src": nil}
	if d.sums.sha1 != "" {
		more["checksum_src"] = d.sums.sha1
	}
	return d.failure(p, more, err.Error())
}

func (d *download) request(ctx context.Context, r sys.Reader, p getURLParams, s sys.System, req fetch.Request, expected expectation, isDir bool) error {
	start := time.Now()
	resp, err := fetch.Do(ctx, r, req)
	d.elapsed = int(time.Since(start) / time.Second)
	if err != nil {
		return d.failure(p, nil, err.Error())
	}
	defer resp.Body.Close()
	d.status, d.message = resp.Status, resp.Message
	switch {
	case resp.Status == 304:
		d.notModified, d.dest = true, p.Dest
		return nil
	case resp.Status != 200 && resp.Status != 0:
		return d.failure(p, modules.Result{"status_code": resp.Status, "response": resp.Message}, "Request failed")
	}
	d.dest = p.Dest
	if isDir {
		name := dispositionFile(resp.Headers)
		if name == "" {
			name = urlFile(resp.URL)
		}
		d.dest = path.Join(p.Dest, name)
	}
	if err := d.receive(s, p, resp.Body, expected); err != nil {
		return err
	}
	if err := d.checkTarget(r); err != nil {
		return d.failedEarly(p, err)
	}
	d.elapsed = int(time.Since(start) / time.Second)
	d.arrived = true
	if expected.given() && d.sums.asked != expected.sum {
		return d.failure(p, modules.Result{"checksum_src": d.sums.sha1, "checksum_dest": nil},
			"The checksum for "+d.dest+" did not match "+expected.sum+"; it was "+d.sums.asked+".")
	}
	return nil
}

// checkTarget refuses a place that cannot be written, and notes what is there.
func (d *download) checkTarget(r sys.Reader) error {
	if st, err := r.Stat(d.dest); err == nil {
		switch {
		case st.IsDir():
			return errors.New("Destination " + d.dest + " is a directory")
		case !r.Access(d.dest, 2):
			return errors.New("Destination " + d.dest + " is not writable")
		case !r.Access(d.dest, 4):
			return errors.New("Destination " + d.dest + " is not readable")
		}
		have, err := sumFile(r, d.dest, "")
		d.before = have.sha1
		return err
	}
	dir := path.Dir(d.dest)
	if _, err := r.Stat(dir); err != nil {
		return errors.New("Destination " + dir + " does not exist")
	}
	if !r.Access(dir, 2) {
		return errors.New("Destination " + dir + " is not writable")
	}
	return nil
}

// maxInMemory is the size up to which a download needs no temporary file, so that one that turns out to be what is there
// already writes nothing.
const maxInMemory = 4 << 20

// receive reads the content: a small one into memory, a large one into a temporary file where there may be one.
func (d *download) receive(s sys.System, p getURLParams, body io.Reader, expected expectation) error {
	bare := func(text string) error { return modules.Fail(modules.Result{"elapsed": d.elapsed}, "%s", text) }
	dir := ""
	if p.TmpDest != nil && s != nil {
		dir = *p.TmpDest
		st, err := s.Stat(dir)
		if err != nil {
			return bare(dir + " directory does not exist.")
		}
		if !st.IsDir() {
			return bare(dir + " is a file but should be a directory.")
		}
	}
	sum := newSumming(expected.algorithm)
	content := io.TeeReader(body, sum)
	start, err := io.ReadAll(io.LimitReader(content, maxInMemory+1))
	switch {
	case err != nil:
	case len(start) <= maxInMemory:
		d.data = start
	case s == nil:
		_, err = io.Copy(io.Discard, content)
	default:
		err = d.spill(s, dir, io.MultiReader(bytes.NewReader(start), content))
	}
	if err != nil {
		return bare("failed to create temporary content file: " + err.Error())
	}
	d.sums = sum.sums()
	return nil
}

func (d *download) spill(s sys.System, dir string, content io.Reader) error {
	temp, err := s.TempFile(dir, "muster-get-")
	if err != nil {
		return err
	}
	d.temp = temp
	return s.WriteFile(temp, content, sys.WriteOptions{Perm: 0o600, UID: -1, GID: -1})
}

const maxChecksumList = 16 << 20

// readChecksums reads the list that a checksum parameter names.
func (d *download) readChecksums(ctx context.Context, r sys.Reader, p getURLParams, e *expectation) error {
	req := p.request(p.URLUsername, p.URLPassword, p.Timeout)
	req.URL, req.Follow = e.from, fetch.FollowCompatible
	resp, err := fetch.Do(ctx, r, req)
	if err != nil {
		return modules.Fail(modules.Result{"url": e.from, "dest": p.Dest, "elapsed": 0}, "%s", err.Error())
	}
	defer resp.Body.Close()
	if resp.Status != 200 && resp.Status != 0 {
		return modules.Fail(modules.Result{"url": e.from, "dest": p.Dest, "elapsed": 0, "status_code": resp.Status, "response": resp.Message}, "Request failed")
	}
	list, err := io.ReadAll(io.LimitReader(resp.Body, maxChecksumList))
	if err != nil {
		return err
	}
	sum, ok := findChecksum(string(list), urlFile(p.URL))
	if !ok {
		return modules.Fail(modules.Result{}, "Unable to find a checksum for file '%s' in '%s'", urlFile(p.URL), e.from)
	}
	return e.set(sum)
}
