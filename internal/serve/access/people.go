// Package access says who somebody is and what they may do: passwords, tokens and sessions.
package access

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/musterhq/muster/internal/serve/jobfile"
	"github.com/musterhq/muster/internal/serve/password"
)

// Person is somebody who is known.
type Person struct {
	Name string
	Role jobfile.Role
}

// May reports whether somebody may do what a role may.
func (p Person) May(r jobfile.Role) bool {
	return p.Role == jobfile.Operator || p.Role == r && r == jobfile.Viewer
}

// sessionLength is how long a login lasts.
const sessionLength = 12 * time.Hour

// Door lets people in. Its methods may be called concurrently.
type Door struct {
	File   func() *jobfile.File // who is known now
	Secret []byte               // of the sessions
	Now    func() time.Time

	mu     sync.Mutex
	failed map[string]failures // by name: passwords are not guessed quickly
}

type failures struct {
	n     int
	until time.Time
}

// Login checks a name and a password. A name that nobody has costs as much as a wrong password. After five failures a
// name has to wait, longer each time.
func (d *Door) Login(name, given string) (Person, error) {
	now := d.Now()
	d.mu.Lock()
	f := d.failed[name]
	d.mu.Unlock()
	if now.Before(f.until) {
		return Person{}, fmt.Errorf("too many failures; wait %s", f.until.Sub(now).Round(time.Second))
	}
	hash, person := decoy, Person{}
	for _, u := range d.File().Users {
		if u.Name == name {
			hash, person = u.Hash, Person{u.Name, u.Role}
		}
	}
	ok, err := password.Verify(hash, given)
	if err != nil {
		return Person{}, fmt.Errorf("the jobs file: user %s: %w", name, err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if ok && person.Name != "" {
		delete(d.failed, name)
		return person, nil
	}
	if d.failed == nil || len(d.failed) > 10000 {
		d.failed = map[string]failures{}
	}
	f.n++
	if f.n >= 5 {
		f.until = now.Add(min(time.Second<<min(f.n-5, 10), 10*time.Minute))
	}
	d.failed[name] = f
	return Person{}, ErrWrong
}

// ErrWrong is what somebody is told who may not come in.
var ErrWrong = fmt.Errorf("the name or the password is wrong")

// decoy is the hash of a password that nobody has.
const decoy = "$argon2id$v=19$m=65536,t=3,p=2$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

// Token is whom a token belongs to.
func (d *Door) Token(token string) (Person, bool) {
	sum := sha256.Sum256([]byte(token))
	digest := hex.EncodeToString(sum[:])
	found, ok := Person{}, false
	for _, t := range d.File().Tokens {
		if subtle.ConstantTimeCompare([]byte(t.SHA256), []byte(digest)) == 1 && (t.Until.IsZero() || d.Now().Before(t.Until)) {
			found, ok = Person{t.Name, t.Role}, true
		}
	}
	return found, ok
}

// Session makes a session for a person: a text that only this door can make.
func (d *Door) Session(p Person) (value string, expires time.Time) {
	expires = d.Now().Add(sessionLength)
	payload := p.Name + "|" + strconv.FormatInt(expires.Unix(), 10)
	return base64.RawURLEncoding.EncodeToString([]byte(payload)) + "." + d.sign("session", payload), expires
}

// Known is whom a session belongs to. Somebody who left the jobs file is not known any more, and a role is what it says now.
func (d *Door) Known(session string) (Person, bool) {
	head, mac, found := strings.Cut(session, ".")
	payload, err := base64.RawURLEncoding.DecodeString(head)
	if !found || err != nil || !hmac.Equal([]byte(mac), []byte(d.sign("session", string(payload)))) {
		return Person{}, false
	}
	i := strings.LastIndexByte(string(payload), '|')
	expires, err := strconv.ParseInt(string(payload[i+1:]), 10, 64)
	if i < 0 || err != nil || d.Now().Unix() >= expires {
		return Person{}, false
	}
	for _, u := range d.File().Users {
		if u.Name == string(payload[:i]) {
			return Person{u.Name, u.Role}, true
		}
	}
	return Person{}, false
}

// FormToken is what a form of a session must send along, so that no other site can make people send it.
func (d *Door) FormToken(session string) string { return d.sign("form", session) }

// FormFits reports whether a form came from a page of the session.
func (d *Door) FormFits(session, token string) bool {
	return session != "" && hmac.Equal([]byte(token), []byte(d.FormToken(session)))
}

func (d *Door) sign(what, text string) string {
	mac := hmac.New(sha256.New, d.Secret)
	fmt.Fprintf(mac, "%s\x00%s", what, text)
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}
