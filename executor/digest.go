package executor

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"

	"github.com/musterhq/muster/internal/value"
)

// argsDigest tells whether a task asks for the same as in another run: a digest of the module and its rendered arguments,
// content included. "" when nobody asked for digests, or the arguments are no plain data.
func (x *Executor) argsDigest(module string, args *value.Dict, hidden bool) string {
	if !x.o.Digests {
		return ""
	}
	text, err := json.Marshal(withoutSecrets(x.o.Secrets, value.ToGo(args), hidden)) // sorts the keys of mappings
	if err != nil {
		return ""
	}
	return shortDigest(module, string(text))
}

// shortDigest is a digest of texts, 32 hexadecimal digits.
func shortDigest(texts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(texts, "\x00")))
	return hex.EncodeToString(sum[:16])
}

// joinedDigest is the digest of a loop; "" when no item had any.
func joinedDigest(items []*itemResult) string {
	all := make([]string, 0, len(items))
	some := false
	for _, r := range items {
		all = append(all, r.args)
		some = some || r.args != ""
	}
	if !some {
		return ""
	}
	return shortDigest(all...)
}
