package hostkeys

import (
	"bytes"
	"encoding/base64"
	"errors"
	"strings"
	"sync"

	"golang.org/x/crypto/ssh"

	"github.com/musterhq/muster/transport/ssh/sshconfig"
)

// Marker is what a line says about its key.
type Marker string

// The markers.
const (
	Plain     Marker = ""
	Authority Marker = "@cert-authority"
	Revoked   Marker = "@revoked"
)

// Entry is one known key of a host.
type Entry struct {
	File   string
	Line   int
	Marker Marker
	Key    ssh.PublicKey
}

// record is a line whose key is decoded only when its host is asked for.
type record struct {
	line     int
	marker   Marker
	patterns []string   // neither hashed nor a plain list
	hashed   hashedName // with salt
	keyType  string
	blob     string
}

// file is a known_hosts file, indexed: names without patterns by name, everything else in a list.
type file struct {
	path   string
	mu     sync.RWMutex // Store.Add extends the index
	lines  int
	exact  map[string][]*record
	others []*record
	hashed int // lines with a hidden name
	plain  int
}

// parseFile indexes a file. Lines that are not understood are passed over, as OpenSSH does.
func parseFile(path string, text []byte) *file {
	f := &file{path: path, exact: map[string][]*record{}}
	for n := 1; len(text) > 0; n++ {
		var line []byte
		line, text, _ = bytes.Cut(text, []byte("\n"))
		r, hosts, ok := parseLine(string(line))
		f.lines = n
		if !ok {
			continue
		}
		r.line = n
		f.add(r, hosts)
	}
	return f
}

func (f *file) add(r *record, hosts string) {
	if strings.HasPrefix(hosts, hashMagic) {
		h, ok := parseHashed(hosts)
		if ok {
			r.hashed = h
			f.hashed++
			f.others = append(f.others, r)
		}
		return
	}
	f.plain++
	names := strings.Split(strings.ToLower(hosts), ",")
	if strings.ContainsAny(hosts, "*?!") {
		r.patterns = names
		f.others = append(f.others, r)
		return
	}
	for _, name := range names {
		f.exact[name] = append(f.exact[name], r)
	}
}

func parseLine(line string) (*record, string, bool) {
	words := strings.Fields(line)
	if len(words) == 0 || strings.HasPrefix(words[0], "#") {
		return nil, "", false
	}
	r := &record{}
	if strings.HasPrefix(words[0], "@") {
		r.marker = Marker(words[0])
		if r.marker != Authority && r.marker != Revoked {
			return nil, "", false
		}
		words = words[1:]
	}
	if len(words) < 3 {
		return nil, "", false
	}
	r.keyType, r.blob = words[1], words[2]
	return r, words[0], true
}

func (r *record) matches(name string) bool {
	if r.hashed.salt != nil {
		return r.hashed.matches(name)
	}
	return sshconfig.MatchList(r.patterns, name)
}

var errKeyType = errors.New("the key is of another type than the line says")

func (r *record) key() (ssh.PublicKey, error) {
	blob, err := base64.StdEncoding.DecodeString(r.blob)
	if err != nil {
		return nil, err
	}
	key, err := ssh.ParsePublicKey(blob)
	if err != nil {
		return nil, err
	}
	if key.Type() != r.keyType {
		return nil, errKeyType
	}
	return key, nil
}

// find returns the entries whose names match, in the order of the file.
func (f *file) find(name string) []Entry {
	f.mu.RLock()
	defer f.mu.RUnlock()
	var found []*record
	found = append(found, f.exact[name]...)
	for _, r := range f.others {
		if r.matches(name) {
			found = append(found, r)
		}
	}
	return f.entries(found)
}
