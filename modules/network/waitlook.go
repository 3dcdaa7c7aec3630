package network

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"strconv"
	"syscall"
	"time"

	"github.com/musterhq/muster/internal/value/pyregex"
)

// gone reports whether the file, or what listens on the port, is not there.
func (w *waiting) gone(ctx context.Context) (bool, error) {
	if w.Path != nil {
		_, err := w.r.Stat(*w.Path)
		return err != nil, nil
	}
	c, err := w.dial(ctx, time.Duration(w.ConnectTimeout)*time.Second)
	if err != nil {
		return true, ctx.Err()
	}
	return false, c.Close()
}

// there reports whether the file, or what listens on the port, is there and shows the text that is searched.
func (w *waiting) there(ctx context.Context) (bool, error) {
	if w.Path != nil {
		return w.fileThere()
	}
	limit := min(time.Duration(w.ConnectTimeout)*time.Second, max(time.Until(w.end).Round(time.Second), time.Second))
	c, err := w.dial(ctx, limit)
	if err != nil {
		return false, ctx.Err()
	}
	defer c.Close()
	if w.re == nil {
		return true, nil
	}
	return w.saysText(ctx, c)
}

func (w *waiting) dial(ctx context.Context, limit time.Duration) (net.Conn, error) {
	d := net.Dialer{Timeout: limit}
	return d.DialContext(ctx, "tcp", net.JoinHostPort(w.Host, strconv.Itoa(*w.Port)))
}

func (w *waiting) fileThere() (bool, error) {
	if _, err := w.r.Stat(*w.Path); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return false, nil
		}
		if w.Msg != nil && *w.Msg != "" {
			return false, w.fail("%s", *w.Msg)
		}
		return false, w.fail("Failed to stat %s, %s", *w.Path, strerror(err))
	}
	if w.re == nil {
		return true, nil
	}
	data, err := w.r.ReadFile(*w.Path)
	if err != nil {
		return false, nil // not readable yet
	}
	m, err := w.re.Search(string(data))
	if err != nil || m == nil {
		return false, err
	}
	w.keepGroups(m)
	return true, nil
}

// keepGroups notes what the groups of the pattern matched.
func (w *waiting) keepGroups(m *pyregex.Match) {
	value := func(i int) any {
		if text, ok := m.Group(i); ok {
			return text
		}
		return nil
	}
	for i := 1; i <= w.re.Groups(); i++ {
		w.groups = append(w.groups, value(i))
	}
	for name, i := range w.re.GroupNames() {
		w.groupDict[name] = value(i)
	}
}

// strerror is the system's text for an error, as Python has it.
func strerror(err error) string {
	var no syscall.Errno
	if !errors.As(err, &no) {
		return err.Error()
	}
	s := no.Error()
	if s != "" && s[0] >= 'a' && s[0] <= 'z' {
		s = string(s[0]-'a'+'A') + s[1:]
	}
	return s
}

const maxBanner = 16 << 20

// saysText reads from a connection until the text comes, the peer closes or time is up.
func (w *waiting) saysText(ctx context.Context, c net.Conn) (bool, error) {
	stop := context.AfterFunc(ctx, func() { _ = c.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	if err := c.SetReadDeadline(w.end); err != nil {
		return false, nil
	}
	var data []byte
	buf := make([]byte, 1024)
	for {
		n, err := c.Read(buf)
		if data = append(data, buf[:n]...); len(data) > maxBanner {
			data = data[len(data)-maxBanner/2:]
		}
		if n > 0 {
			m, matchErr := w.re.Search(string(data))
			if matchErr != nil || m != nil {
				return m != nil, matchErr
			}
		}
		if err != nil {
			return false, ctx.Err()
		}
	}
}

// drained reports whether no connection to the port is active any more.
func (w *waiting) drained(ctx context.Context) (bool, error) {
	local, err := lookup(ctx, w.Host)
	if err != nil {
		return false, err
	}
	var excluded []net.IP
	for _, h := range w.ExcludeHosts {
		ips, err := lookup(ctx, h)
		if err != nil {
			return false, err
		}
		excluded = append(excluded, ips...)
	}
	states := map[int]bool{}
	for _, s := range w.States {
		states[connectionState(s)] = true
	}
	for _, file := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		data, err := w.r.ReadFile(file)
		if err != nil {
			continue
		}
		for _, c := range parseConnections(string(data)) {
			if states[c.state] && c.localPort == *w.Port && contains(local, c.local) && !contains(excluded, c.remote) {
				return false, nil
			}
		}
	}
	return true, nil
}

func lookup(ctx context.Context, host string) ([]net.IP, error) {
	found, err := net.DefaultResolver.LookupIPAddr(ctx, host)
	if err != nil {
		return nil, fmt.Errorf("host %s: %w", host, err)
	}
	ips := make([]net.IP, len(found))
	for i, f := range found {
		ips[i] = f.IP
	}
	return ips, nil
}

// contains reports whether a list has an address; an unspecified address (0.0.0.0, ::) has all.
func contains(list []net.IP, ip net.IP) bool {
	for _, l := range list {
		if l.IsUnspecified() && (l.To4() == nil) == (ip.To4() == nil) || l.Equal(ip) {
			return true
		}
	}
	return false
}
