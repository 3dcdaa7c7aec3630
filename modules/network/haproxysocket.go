package network

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/musterhq/muster/modules/sys"
)

// haproxySocket is HAProxy's stats socket: one line of commands for each connection.
type haproxySocket struct {
	r    sys.Reader
	path string
}

// haproxyPatience is how long HAProxy may take to answer.
const haproxyPatience = 20 * time.Second

// ask sends a line and returns the answer.
func (h haproxySocket) ask(ctx context.Context, line string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, haproxyPatience)
	defer cancel()
	var d net.Dialer
	path := h.path
	if root := h.r.Root(); root != "/" {
		path = filepath.Join(root, path)
	}
	conn, err := d.DialContext(ctx, "unix", path)
	if err != nil {
		return "", fmt.Errorf("%s: HAProxy's stats socket cannot be reached: %w", h.path, err)
	}
	defer conn.Close() //nolint:errcheck // HAProxy closes it after its answer
	deadline, _ := ctx.Deadline()
	if err := conn.SetDeadline(deadline); err != nil {
		return "", err
	}
	if _, err := io.WriteString(conn, line+"\n"); err != nil {
		return "", fmt.Errorf("%s: %w", h.path, err)
	}
	answer, err := io.ReadAll(io.LimitReader(conn, 32<<20))
	if err != nil {
		return "", fmt.Errorf("%s: %w", h.path, err)
	}
	return string(answer), nil
}

// tell sends commands that answer nothing when they succeed.
func (h haproxySocket) tell(ctx context.Context, commands []string) error {
	for _, c := range commands {
		answer, err := h.ask(ctx, c)
		if err != nil {
			return err
		}
		if answer = strings.TrimSpace(answer); answer != "" && !strings.HasPrefix(answer, "[INFO]") {
			return fmt.Errorf("HAProxy: %s: %s", c, answer)
		}
	}
	return nil
}

// parseHAProxyStat reads the answer to show stat: a table of frontends, backends and servers.
func parseHAProxyStat(text string) ([]haproxyServer, error) {
	text = strings.TrimPrefix(strings.TrimSpace(text), "# ")
	if !strings.HasPrefix(text, "pxname,") {
		return nil, fmt.Errorf("HAProxy did not answer with its statistics but with %q", firstLine(text))
	}
	rows := csv.NewReader(strings.NewReader(text))
	rows.FieldsPerRecord, rows.LazyQuotes = -1, true
	head, err := rows.Read()
	if err != nil {
		return nil, err
	}
	var out []haproxyServer
	for {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		f := map[string]string{}
		for i, v := range row {
			if i < len(head) {
				f[head[i]] = v
			}
		}
		if f["svname"] == "FRONTEND" || f["svname"] == "BACKEND" {
			continue
		}
		out = append(out, haproxyServerOf(f))
	}
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}

// haproxyServerOf reads a server's line of statistics. Its administrative state is right for servers that are up; a server
// that checks found down hides it there.
func haproxyServerOf(f map[string]string) haproxyServer {
	s := haproxyServer{Backend: f["pxname"], Server: f["svname"], Admin: "ready", Told: map[string]any{"status": f["status"], "scur": f["scur"]}}
	switch status := f["status"]; {
	case strings.HasPrefix(status, "MAINT"):
		s.Admin = "maint"
	case strings.HasPrefix(status, "DRAIN"):
		s.Admin = "drain"
	}
	s.Weight, _ = strconv.Atoi(f["weight"])
	s.Initial = max(s.Weight, 1)
	return s
}

// The bits of srv_admin_state.
const (
	adminForcedMaint = 0x01 // by the socket
	adminConfigMaint = 0x04 // by the configuration
	adminForcedDrain = 0x08
)

// addServersState adds what show servers state tells of servers: their administrative state and their weights. HAProxy
// before 1.6 does not know the command; its answer adds nothing.
func addServersState(servers []haproxyServer, text string) {
	column := map[string]int{}
	for line := range strings.SplitSeq(text, "\n") {
		if head, ok := strings.CutPrefix(line, "# "); ok {
			for i, name := range strings.Fields(head) {
				column[name] = i
			}
			continue
		}
		f := strings.Fields(line)
		at := func(name string) string {
			if i, ok := column[name]; ok && i < len(f) {
				return f[i]
			}
			return ""
		}
		for i := range servers {
			s := &servers[i]
			if s.Backend != at("be_name") || s.Server != at("srv_name") {
				continue
			}
			addServerState(s, at("srv_admin_state"), at("srv_uweight"), at("srv_iweight"))
		}
	}
}

func addServerState(s *haproxyServer, admin, weight, initial string) {
	if bits, err := strconv.Atoi(admin); err == nil {
		s.Admin = "ready"
		switch {
		case bits&(adminForcedMaint|adminConfigMaint) != 0:
			s.Admin = "maint"
		case bits&adminForcedDrain != 0:
			s.Admin = "drain"
		}
	}
	if n, err := strconv.Atoi(weight); err == nil {
		s.Weight = n
	}
	if n, err := strconv.Atoi(initial); err == nil {
		s.Initial = n
	}
}
