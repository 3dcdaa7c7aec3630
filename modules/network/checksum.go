package network

import (
	"crypto/md5"  //nolint:gosec // users name the algorithm; Ansible reports MD5 sums
	"crypto/sha1" //nolint:gosec // likewise SHA-1
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"net/url"
	"regexp"
	"strings"

	"github.com/musterhq/muster/modules/sys"
)

// newHash returns the hash of an algorithm's name, or nil.
func newHash(name string) hash.Hash {
	switch strings.ToLower(name) {
	case "md5":
		return md5.New()
	case "sha1":
		return sha1.New()
	case "sha224":
		return sha256.New224()
	case "sha256":
		return sha256.New()
	case "sha384":
		return sha512.New384()
	case "sha512":
		return sha512.New()
	default:
		return nil
	}
}

// expectation is the parameter checksum.
type expectation struct {
	algorithm string
	sum       string // hexadecimal, lower case
	from      string // the URL of a list of checksums, before it was read
}

func parseChecksum(s string) (expectation, error) {
	if s == "" {
		return expectation{}, nil
	}
	algorithm, sum, ok := strings.Cut(s, ":")
	if !ok {
		return expectation{}, fmt.Errorf("The checksum parameter has to be in format <algorithm>:<checksum>")
	}
	e := expectation{algorithm: algorithm}
	if newHash(algorithm) == nil {
		return e, fmt.Errorf("Could not hash file with algorithm '%s'. Available algorithms: md5, sha1, sha224, sha256, sha384, sha512", algorithm)
	}
	if u, err := url.Parse(sum); err == nil {
		switch u.Scheme {
		case "http", "https", "ftp", "file":
			e.from = sum
			return e, nil
		}
	}
	return e, e.set(sum)
}

// set takes the sum itself; what is no letter or digit is dropped.
func (e *expectation) set(sum string) error {
	e.sum = strings.ToLower(regexp.MustCompile(`\W+`).ReplaceAllString(sum, ""))
	if !regexp.MustCompile(`^[0-9a-f]+$`).MatchString(e.sum) {
		return fmt.Errorf("The checksum format is invalid")
	}
	return nil
}

// given reports whether a checksum is asked for.
func (e expectation) given() bool { return e.algorithm != "" }

// findChecksum looks a file up in a list such as sha256sum writes it. A list of one single word is the sum itself.
func findChecksum(list, file string) (string, bool) {
	lines := strings.Split(strings.TrimRight(list, "\n"), "\n")
	if len(lines) == 1 && len(strings.Fields(lines[0])) == 1 {
		return strings.TrimSpace(lines[0]), true
	}
	for _, l := range lines {
		sum, name, ok := strings.Cut(strings.TrimRight(l, "\r"), " ")
		if !ok {
			continue
		}
		if strings.HasPrefix(name, " ") || strings.HasPrefix(name, "*") {
			name = name[1:]
		}
		if strings.TrimLeft(name, "./") == file {
			return sum, true
		}
	}
	return "", false
}

// sums are the digests of a file or of a download.
type sums struct {
	sha1, md5, sha256 string
	asked             string // by the algorithm of the checksum
	size              int64
}

// summing computes all digests while it is written to.
type summing struct {
	one, five, two, asked hash.Hash
	size                  int64
}

func newSumming(algorithm string) *summing {
	return &summing{one: sha1.New(), five: md5.New(), two: sha256.New(), asked: newHash(algorithm)}
}

// Write adds to all digests.
func (s *summing) Write(b []byte) (int, error) {
	s.size += int64(len(b))
	for _, h := range []hash.Hash{s.one, s.five, s.two, s.asked} {
		if h != nil {
			h.Write(b)
		}
	}
	return len(b), nil
}

func (s *summing) sums() sums {
	text := func(h hash.Hash) string { return hex.EncodeToString(h.Sum(nil)) }
	out := sums{sha1: text(s.one), md5: text(s.five), sha256: text(s.two), size: s.size}
	if s.asked != nil {
		out.asked = text(s.asked)
	}
	return out
}

func sumFile(r sys.Reader, path, algorithm string) (sums, error) {
	f, err := r.Open(path)
	if err != nil {
		return sums{}, err
	}
	defer f.Close()
	s := newSumming(algorithm)
	if _, err := io.Copy(s, f); err != nil {
		return sums{}, err
	}
	return s.sums(), nil
}
