package sshconfig

import (
	"net"
	"strconv"
	"strings"

	"github.com/musterhq/muster/internal/diag"
)

const defaultMaxDots = 1

// canonicalize applies CanonicalizeHostname: it tries the search domains in order and keeps the first name that
// resolves. It reports whether the files must be read again under the canonical name.
func (e *evaluation) canonicalize() (bool, error) {
	mode := strings.ToLower(e.config.Text("canonicalizehostname"))
	if mode == "" || mode == "no" || mode == "false" || e.loader.Canonical == nil {
		return false, nil
	}
	host := e.hostname()
	if net.ParseIP(host) != nil || e.config.proxied() && mode != "always" {
		return true, nil
	}
	if strings.Count(host, ".") > e.maxDots() {
		e.adopt(host)
		return true, nil
	}
	domains, _ := e.config.First("canonicaldomains")
	for _, domain := range domains.Words {
		if strings.EqualFold(domain, "none") {
			break
		}
		full := host + "." + strings.Trim(domain, ".")
		if name, ok := e.loader.Canonical(e.ctx, full); ok {
			e.adopt(e.permitted(full, name))
			return true, nil
		}
	}
	if strings.EqualFold(e.config.Text("canonicalizefallbacklocal"), "no") {
		return false, diag.Errorf(diag.Pos{}, "no canonical domain knows the host %s", quoted(host)).
			WithHint("CanonicalizeFallbackLocal is no")
	}
	return true, nil
}

func (e *evaluation) adopt(host string) {
	e.config.values["hostname"] = []Value{{Words: []string{strings.ReplaceAll(host, "%", "%%")}}}
}

func (e *evaluation) maxDots() int {
	if n, err := strconv.Atoi(e.config.Text("canonicalizemaxdots")); err == nil {
		return n
	}
	return defaultMaxDots
}

// permitted returns the name that a CNAME leads to when CanonicalizePermittedCNAMEs allows it, else the name itself.
func (e *evaluation) permitted(name, target string) string {
	target = strings.TrimSuffix(target, ".")
	rules, _ := e.config.First("canonicalizepermittedcnames")
	for _, rule := range rules.Words {
		from, to, ok := strings.Cut(rule, ":")
		if ok && target != "" && MatchList(strings.Split(from, ","), name) && MatchList(strings.Split(to, ","), target) {
			return target
		}
	}
	return name
}
