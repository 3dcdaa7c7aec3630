package executor

import (
	"bytes"
	"crypto/md5"  //nolint:gosec // Ansible reports MD5 sums; nothing is trusted by them
	"crypto/sha1" //nolint:gosec // likewise SHA-1, its checksum
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
	"sync"
	"time"

	"github.com/musterhq/muster/internal/value"
)

// inlineLimit is how many bytes travel with a request; larger content is pulled by the host when it needs it.
const inlineLimit = 16 << 10

// digests of content.
type digests struct {
	sha256, sha1, md5 string
	size              int64
}

func (d digests) ref() *value.Dict {
	return value.DictOf("sha256", d.sha256, "sha1", d.sha1, "md5", d.md5, "size", int(d.size))
}

func digestOf(b []byte) digests {
	s2, s1, m := sha256.Sum256(b), sha1.Sum(b), md5.Sum(b) //nolint:gosec // see the imports
	return digests{sha256: hex.EncodeToString(s2[:]), sha1: hex.EncodeToString(s1[:]), md5: hex.EncodeToString(m[:]), size: int64(len(b))}
}

// bytesContent makes content of bytes.
func bytesContent(b []byte) (content, digests) {
	d := digestOf(b)
	c := content{sha256: d.sha256, size: d.size}
	if len(b) <= inlineLimit {
		c.inline = b
	} else {
		c.open = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b)), nil }
	}
	return c, d
}

// fileCache remembers the digests of controller files, so that a file is read once for all hosts. A file that changes
// during the run is noticed by its time and size.
type fileCache struct {
	mu    sync.Mutex
	files map[string]*cachedFile
}

type cachedFile struct {
	once    sync.Once
	mtime   time.Time
	size    int64
	digests digests
	inline  []byte
	err     error
}

// file returns the content of a controller file. A vault-encrypted file is decrypted when decrypt is not nil.
func (f *fileCache) file(path string, decrypt func([]byte) ([]byte, error)) (content, digests, error) {
	st, err := os.Stat(path)
	if err != nil {
		return content{}, digests{}, err
	}
	f.mu.Lock()
	c, ok := f.files[path]
	if !ok || !c.mtime.Equal(st.ModTime()) || c.size != st.Size() {
		c = &cachedFile{mtime: st.ModTime(), size: st.Size()}
		if f.files == nil {
			f.files = map[string]*cachedFile{}
		}
		f.files[path] = c
	}
	f.mu.Unlock()
	c.once.Do(func() { c.read(path) })
	if c.err != nil {
		return content{}, digests{}, c.err
	}
	if decrypt != nil && isVault(path) {
		return decrypted(path, decrypt)
	}
	k := content{sha256: c.digests.sha256, size: c.digests.size, inline: c.inline}
	if c.inline == nil {
		k.open = func() (io.ReadCloser, error) { return os.Open(path) }
	}
	return k, c.digests, nil
}

func (c *cachedFile) read(path string) {
	f, err := os.Open(path)
	if err != nil {
		c.err = err
		return
	}
	defer f.Close()                                  //nolint:errcheck // reading only
	s2, s1, m := sha256.New(), sha1.New(), md5.New() //nolint:gosec // see the imports
	var small bytes.Buffer
	n, err := io.Copy(io.MultiWriter(s2, s1, m, &limitedBuffer{&small}), f)
	if err != nil {
		c.err = err
		return
	}
	c.digests = digests{sha256: hex.EncodeToString(s2.Sum(nil)), sha1: hex.EncodeToString(s1.Sum(nil)), md5: hex.EncodeToString(m.Sum(nil)), size: n}
	if n <= inlineLimit {
		c.inline = small.Bytes()
		if c.inline == nil {
			c.inline = []byte{}
		}
	}
}

// limitedBuffer keeps the first bytes, up to one more than can travel inline.
type limitedBuffer struct{ *bytes.Buffer }

func (l *limitedBuffer) Write(p []byte) (int, error) {
	if room := inlineLimit + 1 - l.Len(); room > 0 {
		l.Buffer.Write(p[:min(room, len(p))])
	}
	return len(p), nil
}

const vaultHeader = "$ANSIBLE_VAULT"

func isVault(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close() //nolint:errcheck // reading only
	head := make([]byte, len(vaultHeader))
	_, err = io.ReadFull(f, head)
	return err == nil && string(head) == vaultHeader
}

// decrypted holds a vault's plain text in memory only.
func decrypted(path string, decrypt func([]byte) ([]byte, error)) (content, digests, error) {
	src, err := os.ReadFile(path)
	if err != nil {
		return content{}, digests{}, err
	}
	plain, err := decrypt(src)
	if err != nil {
		return content{}, digests{}, err
	}
	k, d := bytesContent(plain)
	return k, d, nil
}
