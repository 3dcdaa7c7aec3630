package files

import (
	"context"
	"crypto/sha1" //nolint:gosec // Ansible's checksum
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"syscall"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
)

type slurpParams struct {
	Src    string `param:"src,required" alias:"path" type:"path" doc:"File to read."`
	Offset int    `param:"_offset,hidden" default:"0"`
	Length *int   `param:"_length,hidden"`
}

// slurpLimit is how large a file may be that travels in one result.
const slurpLimit = 40 << 20

// Slurp reads a file of the host, base64-encoded. The hidden parameters _offset and _length read a part of it, for
// fetch: the result then also has size, the whole file's size, and at the start its checksum.
func Slurp() modules.Module {
	return modules.Query[slurpParams]{
		Info: modules.Info{
			Name: "slurp", Summary: "Reads a file of the host into the result, base64-encoded.",
			Examples: `- name: Which time zone
  slurp:
    src: /etc/timezone
  register: zone
- debug:
    msg: "{{ zone.content | b64decode }}"
`,
		},
		Run: runSlurp,
	}.Module()
}

func runSlurp(_ context.Context, r sys.Reader, p slurpParams) (modules.Result, error) {
	st, err := r.Stat(p.Src)
	if err == nil && st.IsDir() {
		return nil, modules.Fail(nil, "source is a directory and must be a file: %s", p.Src)
	}
	if err != nil {
		return nil, slurpError(p.Src, err)
	}
	f, err := r.Open(p.Src)
	if err != nil {
		return nil, slurpError(p.Src, err)
	}
	defer f.Close()
	if p.Length != nil {
		return slurpPart(r, f, st, p)
	}
	b, err := io.ReadAll(io.LimitReader(f, slurpLimit+1))
	if err != nil {
		return nil, slurpError(p.Src, err)
	}
	if len(b) > slurpLimit {
		return nil, modules.Fail(nil, "unable to slurp file: %s is larger than %d MB; use fetch for it", p.Src, slurpLimit>>20)
	}
	return modules.Result{"content": base64.StdEncoding.EncodeToString(b), "source": p.Src, "encoding": "base64"}, nil
}

func slurpPart(r sys.Reader, f io.Reader, st sys.Stat, p slurpParams) (modules.Result, error) {
	if seeker, ok := f.(io.Seeker); ok {
		if _, err := seeker.Seek(int64(p.Offset), io.SeekStart); err != nil {
			return nil, slurpError(p.Src, err)
		}
	} else if _, err := io.CopyN(io.Discard, f, int64(p.Offset)); err != nil && !errors.Is(err, io.EOF) {
		return nil, slurpError(p.Src, err)
	}
	b, err := io.ReadAll(io.LimitReader(f, int64(max(0, min(*p.Length, slurpLimit)))))
	if err != nil {
		return nil, slurpError(p.Src, err)
	}
	res := modules.Result{"content": base64.StdEncoding.EncodeToString(b), "source": p.Src, "encoding": "base64", "size": st.Size}
	if p.Offset == 0 {
		if int64(len(b)) == st.Size {
			sum := sha1.Sum(b)
			res["checksum"] = hex.EncodeToString(sum[:])
		} else if res["checksum"], err = hashFile(r, p.Src, sha1.New()); err != nil {
			return nil, slurpError(p.Src, err)
		}
	}
	return res, nil
}

func slurpError(path string, err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return modules.Fail(nil, "file not found: %s", path)
	case errors.Is(err, fs.ErrPermission):
		return modules.Fail(nil, "file is not readable: %s", path)
	case errors.Is(err, syscall.EISDIR):
		return modules.Fail(nil, "source is a directory and must be a file: %s", path)
	default:
		return modules.Fail(nil, "unable to slurp file: %v", err)
	}
}
