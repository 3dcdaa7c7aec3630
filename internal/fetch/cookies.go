//go:build !slim

package fetch

import (
	"net/http"
	"strings"
	"time"
)

// jar keeps the cookies of one chain of requests.
type jar struct {
	all   []Cookie
	hosts map[string]string // by name, the host that set it
	paths map[string]string
}

// take remembers what an answer sets; an expired cookie is forgotten.
func (j *jar) take(resp *http.Response) {
	for _, c := range resp.Cookies() {
		kept := j.all[:0]
		for _, old := range j.all {
			if old.Name != c.Name {
				kept = append(kept, old)
			}
		}
		j.all = kept
		if c.MaxAge < 0 || !c.Expires.IsZero() && c.Expires.Before(time.Now()) {
			continue
		}
		if j.hosts == nil {
			j.hosts, j.paths = map[string]string{}, map[string]string{}
		}
		j.all = append(j.all, Cookie{c.Name, c.Value})
		j.hosts[c.Name], j.paths[c.Name] = resp.Request.URL.Hostname(), c.Path
	}
}

// apply sends cookies back to the host that set them.
func (j *jar) apply(r *http.Request) {
	for _, c := range j.all {
		path := j.paths[c.Name]
		if j.hosts[c.Name] == r.URL.Hostname() && (path == "" || strings.HasPrefix(r.URL.Path, path)) {
			r.AddCookie(&http.Cookie{Name: c.Name, Value: c.Value})
		}
	}
}
