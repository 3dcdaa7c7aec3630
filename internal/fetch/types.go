// Package fetch makes web requests for modules as Ansible's do: the same headers, redirects, authentication, proxies
// and messages. The slim runner is built without the requests themselves (tag slim), which are a third of a program:
// there Do only notes that the task belongs to a runner that has them.
package fetch

import (
	"io"
	"time"
)

// Follow says which redirects are followed.
type Follow string

// The policies for redirects. Compatible follows what browsers of old did: GET and HEAD always, POST where it becomes GET.
const (
	FollowAll        Follow = "all"
	FollowSafe       Follow = "safe"
	FollowNone       Follow = "none"
	FollowCompatible Follow = "urllib2"
)

// Request is one request. The zero value of an option is the strict choice: no proxy, no certificate accepted unseen.
type Request struct {
	Method  string // GET where empty
	URL     string
	Body    []byte
	Headers map[string]string

	Agent        string // the header User-Agent
	Unredirected []string
	User         string
	Password     string
	ForceBasic   bool // sends the password with the first request already
	UseNetrc     bool

	Timeout       time.Duration // how long connecting, and every read and write, may take
	InsecureTLS   bool
	CAPath        string
	ClientCert    string
	ClientKey     string
	Ciphers       []string
	UseProxy      bool
	UnixSocket    string
	Decompress    bool
	NoCache       bool
	ModifiedSince time.Time
	Follow        Follow
}

// Response is the answer to a request. A status of 400 or more is an answer too.
type Response struct {
	Status  int // 0 for files
	Message string
	URL     string            // where the answer came from
	Headers map[string]string // lower-case names; several values of one name are joined
	Cookies []Cookie
	Body    io.ReadCloser
	Refused bool // the server or the redirect policy refused: status outside 200-299
}

// Cookie is a name and a value that a server set.
type Cookie struct{ Name, Value string }

// Error is a request that got no answer. Its text is worded as Ansible words it.
type Error struct {
	Text string
	Err  error
}

// Error returns the text.
func (e *Error) Error() string { return e.Text }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// UnusableError is a request that cannot be made at all, as its address is none.
type UnusableError struct{ Text string }

// Error returns the text.
func (e *UnusableError) Error() string { return e.Text }
