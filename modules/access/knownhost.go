package access

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // OpenSSH hashes names with it
	"encoding/base64"
	"fmt"
	"path"
	"strings"
)

// knownHost is a line of known_hosts.
type knownHost struct{ marker, hosts, kind, key string }

func parseKnownHost(line string) (knownHost, bool) {
	var h knownHost
	words := strings.Fields(line)
	if len(words) > 0 && strings.HasPrefix(words[0], "@") {
		h.marker, words = words[0], words[1:]
	}
	if len(words) < 3 || strings.HasPrefix(words[0], "#") {
		return h, false
	}
	h.hosts, h.kind, h.key = words[0], words[1], words[2]
	return h, true
}

func (h knownHost) hashed() bool { return strings.HasPrefix(h.hosts, "|1|") }

// names reports whether the line is about a host: by its hash, or by one of its patterns and none with a `!`.
func (h knownHost) names(host string) bool {
	if h.hashed() {
		parts := strings.Split(h.hosts, "|")
		if len(parts) != 4 {
			return false
		}
		salt, err1 := base64.StdEncoding.DecodeString(parts[2])
		sum, err2 := base64.StdEncoding.DecodeString(parts[3])
		return err1 == nil && err2 == nil && hmac.Equal(sum, hostMAC(salt, host))
	}
	found := false
	for pattern := range strings.SplitSeq(h.hosts, ",") {
		bare, negated := strings.CutPrefix(strings.ToLower(pattern), "!")
		if !matchHost(bare, host) {
			continue
		}
		if negated {
			return false
		}
		found = true
	}
	return found
}

// matchHost knows * and ? only; brackets stand for themselves.
func matchHost(pattern, host string) bool {
	escaped := strings.NewReplacer(`\`, `\\`, `[`, `\[`).Replace(pattern)
	ok, err := path.Match(strings.ReplaceAll(escaped, "/", "\x00"), strings.ReplaceAll(host, "/", "\x00"))
	return err == nil && ok
}

func hostMAC(salt []byte, host string) []byte {
	mac := hmac.New(sha1.New, salt)
	mac.Write([]byte(host))
	return mac.Sum(nil)
}

// hashHost writes a name as OpenSSH's HashKnownHosts does.
func hashHost(host string) (string, error) {
	salt := make([]byte, sha1.Size)
	if _, err := rand.Read(salt); err != nil {
		return "", fmt.Errorf("hash the name: %w", err)
	}
	encode := base64.StdEncoding.EncodeToString
	return "|1|" + encode(salt) + "|" + encode(hostMAC(salt, host)), nil
}

// editKnownHosts returns the file with the key in it or out of it. A key of the same type gives way to the new one,
// which stands last; a hashed name that is there keeps its salt.
func editKnownHosts(p KnownHostsParams, key, content string) string {
	lines := strings.SplitAfter(content, "\n")
	if lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	wanted, _ := parseKnownHost(key)
	var kept []string
	decided, there := false, false
	for _, line := range lines {
		h, ok := parseKnownHost(line)
		switch ours := ok && h.names(p.Name); {
		case !ours:
		case key == "":
			if h.marker == "" { // lines of authorities and revocations are not one host's
				continue
			}
		case decided:
		case wanted.sameAs(h):
			decided, there = true, true
			if p.State == "absent" {
				continue
			}
		case h.marker == "" && wanted.kind == h.kind:
			decided = true
			continue
		}
		kept = append(kept, line)
	}
	if p.State == "present" && !there {
		if n := len(kept); n > 0 && !strings.HasSuffix(kept[n-1], "\n") {
			kept[n-1] += "\n"
		}
		kept = append(kept, key)
	}
	return strings.Join(kept, "")
}

// sameAs compares lines; two hashes of a name that both fit it are the same name.
func (h knownHost) sameAs(o knownHost) bool {
	if h.hashed() && o.hashed() {
		h.hosts = o.hosts
	}
	return h == o
}
