package network

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
	"github.com/musterhq/muster/modules/tree"
)

type uriParams struct {
	Dest            *string        `param:"dest" type:"path" doc:"The file that the answer goes to, or a folder for it."`
	Body            any            `param:"body" doc:"What is sent: text, or data for body_format to write."`
	BodyFormat      string         `param:"body_format" choices:"form-urlencoded,json,raw,form-multipart" default:"raw" doc:"How data in body is written."`
	Src             *string        `param:"src" type:"path" doc:"The file that is sent."`
	Method          string         `param:"method" default:"GET" doc:"The method of the request."`
	ReturnContent   bool           `param:"return_content" default:"false" doc:"Whether the answer becomes the key content of the result."`
	FollowRedirects string         `param:"follow_redirects" choices:"all,no,none,safe,urllib2,yes" default:"safe" doc:"Which redirects are followed; safe means those of GET and HEAD."`
	Creates         *string        `param:"creates" type:"path" doc:"A file; where it exists, nothing is done."`
	Removes         *string        `param:"removes" type:"path" doc:"A file; where it does not exist, nothing is done."`
	StatusCode      []int          `param:"status_code" default:"200" doc:"The codes that mean success."`
	Timeout         int            `param:"timeout" default:"30" doc:"Seconds that the server may be silent."`
	UnixSocket      string         `param:"unix_socket" type:"path" doc:"The Unix socket to connect to instead of the host."`
	RemoteSrc       bool           `param:"remote_src" default:"false" doc:"Whether src is on the host already."`
	CAPath          string         `param:"ca_path" type:"path" doc:"The file of the certificate authorities to trust."`
	URLUsername     string         `param:"url_username" alias:"user" doc:"The user to log in as."`
	URLPassword     string         `param:"url_password,secret" alias:"password" doc:"The password to log in with."`
	Content         *sentFile      `param:"_content,hidden"`
	Files           map[string]any `param:"_files,hidden"`
	webParams
	tree.Attrs
}

// sentFile is a file of the controller that is sent.
type sentFile struct {
	SHA256 string `param:"sha256,required" doc:"Digest of the content."`
	SHA1   string `param:"sha1" doc:"Another digest."`
	MD5    string `param:"md5" doc:"Another digest."`
	Size   int    `param:"size" doc:"Bytes."`
}

// URI is the module uri.
func URI() modules.Module {
	return modules.Action[uriParams, modules.Result]{
		Info: modules.Info{
			Name:    "uri",
			Summary: "Talks to a web service.",
			Notes: "The result holds the answer's headers under lower-case names with underscores, its status, and its content " +
				"where asked for; JSON is read into the key json.",
			NoCheck: true,
			Private: true,
			Examples: `- name: Ask a service for its health
  uri:
    url: http://localhost:8080/health
    return_content: true
  register: health

- name: Create something
  uri:
    url: https://api.example.com/things
    method: POST
    body_format: json
    body: {name: thing}
    status_code: [200, 201]
`,
		},
		Rules:    modules.Rules{Exclusive: [][]string{{"body", "src"}}},
		Validate: validateURI,
		Guard:    guardURI,
		Run: func(ctx context.Context, s sys.System, p uriParams) (modules.Result, bool, error) {
			res, err := runURI(ctx, s, p)
			return res, res.Changed(), err
		},
	}.Module()
}

func validateURI(p *uriParams) error {
	p.Method = strings.ToUpper(p.Method)
	if !regexp.MustCompile(`^[A-Z]+$`).MatchString(p.Method) {
		return fmt.Errorf("Parameter 'method' needs to be a single word in uppercase, like GET or POST.")
	}
	switch p.FollowRedirects {
	case "yes":
		p.FollowRedirects = "all"
	case "no":
		p.FollowRedirects = "none"
	}
	return p.check()
}

func guardURI(_ context.Context, r sys.Reader, p uriParams) (modules.Result, error) {
	there := func(path *string) bool { _, err := r.Stat(*path); return err == nil }
	switch {
	case p.Creates != nil && there(p.Creates):
		return modules.Result{"changed": false, "stdout": fmt.Sprintf("skipped, since '%s' exists", *p.Creates)}, nil
	case p.Removes != nil && !there(p.Removes):
		return modules.Result{"changed": false, "stdout": fmt.Sprintf("skipped, since '%s' does not exist", *p.Removes)}, nil
	default:
		return nil, nil
	}
}
