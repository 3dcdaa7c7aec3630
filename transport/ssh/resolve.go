package ssh

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/musterhq/muster/internal/diag"
	"github.com/musterhq/muster/transport"
	"github.com/musterhq/muster/transport/ssh/sshconfig"
)

const maxJumps = 16

// question is a host to resolve: a target, or one to go through on the way to it.
type question struct {
	name    string
	host    string
	options []sshconfig.Option
	file    string
	policy  transport.HostKeyPolicy
	target  *transport.Target // nil for jump hosts
	visited []string          // what led here, to find cycles
}

// resolve fixes how a target is reached. Mistakes in any configuration are KindConfig.
func (d *Dialer) resolve(ctx context.Context, t transport.Target) (*settings, error) {
	q := question{name: t.Name, host: t.Host, policy: t.HostKeys, target: &t}
	if q.host == "" {
		q.host = t.Name
	}
	if q.name == "" {
		q.name = q.host
	}
	first, err := parseArgs(t.FirstArgs)
	if err != nil {
		return nil, configError(q.name, err)
	}
	args, err := parseArgs(t.SSHArgs)
	if err != nil {
		return nil, configError(q.name, err)
	}
	q.file = cmp.Or(args.file, first.file)
	q.options = first.options
	if first.has("connecttimeout") {
		t.Timeout = 0
	}
	if t.Port != 0 {
		q.options = append(q.options, sshconfig.NewOption("port", strconv.Itoa(t.Port)))
	}
	if t.User != "" {
		q.options = append(q.options, sshconfig.NewOption("user", t.User))
	}
	if t.KeyFile != "" {
		q.options = append(q.options, sshconfig.NewOption("identityfile", t.KeyFile))
	}
	q.options = append(q.options, args.options...)
	return d.answer(ctx, q)
}

// answer asks the configuration about one host, and about the hosts on the way to it.
func (d *Dialer) answer(ctx context.Context, q question) (*settings, error) {
	if q.policy != "" && q.policy != transport.HostKeyAsk {
		q.options = append(q.options, sshconfig.NewOption("stricthostkeychecking", string(q.policy)))
	}
	c, err := d.loader.Resolve(ctx, sshconfig.Query{Host: q.host, Options: q.options, File: q.file})
	if err == nil {
		err = d.checkSupport(c)
	}
	if err != nil {
		return nil, configError(q.name, err)
	}
	b := &builder{d: d, c: c, s: &settings{name: q.name, asked: q.host}, target: q.target}
	b.build()
	if b.err != nil {
		return nil, configError(q.name, b.err)
	}
	if err := d.route(ctx, b, q); err != nil {
		return nil, err
	}
	return b.s, nil
}

// route resolves ProxyJump and ProxyCommand, of which the first that was given counts.
func (d *Dialer) route(ctx context.Context, b *builder, q question) error {
	s := b.s
	if v, ok := b.c.First("proxycommand"); ok && !strings.EqualFold(v.Words[0], "none") {
		command, err := sshconfig.Expand(v.Words[0], s.tokens, nil)
		if err != nil {
			return configError(q.name, fmt.Errorf("proxycommand: %w", err))
		}
		s.proxy, s.via = command, "command "+v.Words[0]
		return nil
	}
	spec := b.c.Text("proxyjump")
	if spec == "" || strings.EqualFold(spec, "none") {
		return nil
	}
	here := fmt.Sprintf("%s@%s", s.user, s.address())
	for _, v := range q.visited {
		if v == here {
			return &transport.Error{Host: q.name, Kind: transport.KindConfig,
				What: "proxyjump leads in a circle: " + strings.Join(append(q.visited, here), " -> "),
				Hint: fmt.Sprintf("put \"ProxyJump none\" under \"Host %s\" in ~/.ssh/config", q.host)}
		}
	}
	if len(q.visited) >= maxJumps {
		return configError(q.name, fmt.Errorf("more than %d jump hosts in a row", maxJumps))
	}
	jump, err := d.jumpQuestion(spec, q)
	if err != nil {
		return configError(q.name, err)
	}
	jump.visited = append(append([]string(nil), q.visited...), here)
	if s.jump, err = d.answer(ctx, jump); err != nil {
		return err
	}
	return nil
}

// jumpQuestion turns "a,b" into the question about b, which is to be reached through a. As in OpenSSH a jump host
// takes its settings from the files, not from the options of the host behind it; the policy on host keys is the run's.
func (d *Dialer) jumpQuestion(spec string, q question) (question, error) {
	hops := strings.Split(spec, ",")
	user, host, port, err := splitHop(hops[len(hops)-1])
	if err != nil {
		return question{}, err
	}
	jump := question{name: q.name, host: host, file: q.file, policy: q.policy}
	if user != "" {
		jump.options = append(jump.options, sshconfig.NewOption("user", user))
	}
	if port != "" {
		jump.options = append(jump.options, sshconfig.NewOption("port", port))
	}
	if rest := strings.Join(hops[:len(hops)-1], ","); rest != "" {
		jump.options = append(jump.options, sshconfig.NewOption("proxyjump", rest))
	}
	return jump, nil
}

// splitHop reads [user@]host[:port] or ssh://[user@]host[:port].
func splitHop(hop string) (user, host, port string, err error) {
	rest := strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(hop), "ssh://"), "/")
	if i := strings.LastIndexByte(rest, '@'); i >= 0 {
		user, rest = rest[:i], rest[i+1:]
	}
	host = rest
	if strings.HasPrefix(rest, "[") || strings.Count(rest, ":") == 1 {
		h, p, splitErr := net.SplitHostPort(rest)
		if splitErr == nil {
			host, port = h, p
		} else {
			host = strings.Trim(rest, "[]")
		}
	}
	if host == "" || strings.HasPrefix(host, "-") {
		return "", "", "", fmt.Errorf("proxyjump: %q is no host", hop)
	}
	return user, host, port, nil
}

// configError words a mistake in the configuration on one line; of several it shows the first.
func configError(host string, err error) *transport.Error {
	var list diag.List
	if errors.As(err, &list) && len(list) > 0 {
		err = list[0]
	}
	e := &transport.Error{Host: host, Kind: transport.KindConfig, What: "ssh configuration: " + err.Error(), Err: err}
	var d *diag.Diagnostic
	if errors.As(err, &d) && d.Hint != "" {
		bare := *d
		bare.Hint = ""
		e.What, e.Hint = "ssh configuration: "+bare.Error(), d.Hint
	}
	return e
}

// parseDuration reads OpenSSH's time format: seconds, or numbers with s, m, h, d, w.
func parseDuration(text string) (time.Duration, error) {
	units := map[byte]time.Duration{'s': time.Second, 'm': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour, 'w': 7 * 24 * time.Hour}
	var total time.Duration
	for rest := strings.ToLower(text); rest != ""; {
		end := 0
		for end < len(rest) && rest[end] >= '0' && rest[end] <= '9' {
			end++
		}
		n, err := strconv.ParseInt(rest[:end], 10, 32)
		if err != nil {
			return 0, fmt.Errorf("%q is no time", text)
		}
		unit := time.Second
		if rest = rest[end:]; rest != "" {
			var ok bool
			if unit, ok = units[rest[0]]; !ok {
				return 0, fmt.Errorf("%q is no time", text)
			}
			rest = rest[1:]
		}
		total += time.Duration(n) * unit
	}
	return total, nil
}
