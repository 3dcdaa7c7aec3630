package hostkeys

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"strings"
)

const hashMagic = "|1|"

// Name is how known_hosts spells an address: the host alone on port 22, else [host]:port.
func Name(host string, port int) string {
	host = strings.ToLower(host)
	if port == 0 || port == 22 {
		return host
	}
	return fmt.Sprintf("[%s]:%d", host, port)
}

// hashedName is a name hidden by a salted HMAC.
type hashedName struct{ salt, sum []byte }

func parseHashed(field string) (hashedName, bool) {
	salt, sum, ok := strings.Cut(strings.TrimPrefix(field, hashMagic), "|")
	if !ok {
		return hashedName{}, false
	}
	s, err1 := base64.StdEncoding.DecodeString(salt)
	h, err2 := base64.StdEncoding.DecodeString(sum)
	if err1 != nil || err2 != nil || len(s) != sha1.Size || len(h) != sha1.Size {
		return hashedName{}, false
	}
	return hashedName{s, h}, true
}

func (h hashedName) matches(name string) bool {
	return hmac.Equal(h.sum, sum(h.salt, name))
}

func sum(salt []byte, name string) []byte {
	mac := hmac.New(sha1.New, salt)
	mac.Write([]byte(name))
	return mac.Sum(nil)
}

// hashName hides a name with a fresh salt.
func hashName(name string) string {
	salt := make([]byte, sha1.Size)
	rand.Read(salt) // never fails, see crypto/rand
	encode := base64.StdEncoding.EncodeToString
	return hashMagic + encode(salt) + "|" + encode(sum(salt, name))
}
