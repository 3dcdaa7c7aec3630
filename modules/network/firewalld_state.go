package network

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
)

// FirewalldState is what a zone has of the setting that a task is about: "yes" or "", for an interface the zone that it is in,
// for a target its name. The zone's own file is kept where the zone is removed.
type FirewalldState struct {
	Permanent string `json:"permanent"`
	Running   string `json:"running"`
	ZoneFile  string `json:"zone_file,omitempty"`

	offline bool
}

const (
	firewallZones  = "/etc/firewalld/zones/"
	firewallNotRun = 252 // exit code of firewall-cmd without a daemon
)

// firewall asks and changes zones. Without a daemon, the files are asked and changed.
type firewall struct {
	p       FirewalldParams
	run     func(context.Context, sys.Command) (sys.Output, error)
	offline bool
}

// call runs firewall-cmd for the permanent configuration or the running firewall.
func (f *firewall) call(ctx context.Context, permanent bool, args ...string) (sys.Output, error) {
	if !f.offline {
		argv := []string{"firewall-cmd"}
		if permanent {
			argv = append(argv, "--permanent")
		}
		out, err := firewallCommand(ctx, f.run, append(argv, args...)...)
		if err != nil || out.Code != firewallNotRun {
			return out, err
		}
		f.offline = true
	}
	if !permanent {
		return sys.Output{}, modules.Fail(modules.Result{}, "firewall is not currently running, unable to perform immediate actions without a running firewall daemon")
	}
	return firewallCommand(ctx, f.run, append([]string{"firewall-offline-cmd"}, args...)...)
}

// Exit codes of questions: no, and that there is none. Hints may be printed beside any answer.
const (
	firewallNo   = 1
	firewallNone = 2
)

// answer is the output of a question, empty where the answer is no.
func (f *firewall) answer(ctx context.Context, permanent bool, args ...string) (string, error) {
	out, err := f.call(ctx, permanent, args...)
	switch {
	case err != nil, out.Code == firewallNo, out.Code == firewallNone:
		return "", err
	case out.Code != 0:
		return "", firewallError(out)
	}
	return strings.TrimSpace(string(out.Stdout)), nil
}

func firewallError(out sys.Output) error {
	text := strings.TrimSpace(string(out.Stderr))
	if text == "" {
		text = strings.TrimSpace(string(out.Stdout))
	}
	return modules.Fail(modules.Result{}, "ERROR: Exception caught: %s", strings.TrimPrefix(text, "Error: "))
}

func (f *firewall) zone() []string {
	if f.p.Zone == nil {
		return nil
	}
	return []string{"--zone=" + *f.p.Zone}
}

// has says what the zone has of the setting.
func (f *firewall) has(ctx context.Context, permanent bool) (string, error) {
	switch {
	case f.p.Target != nil:
		return f.answer(ctx, permanent, append(f.zone(), "--get-target")...)
	case f.p.Interface != nil:
		return f.answer(ctx, permanent, "--get-zone-of-interface="+*f.p.Interface)
	case f.p.zoneOnly():
		zones, err := f.answer(ctx, permanent, "--get-zones")
		if slices.Contains(strings.Fields(zones), *f.p.Zone) {
			return "yes", err
		}
		return "", err
	}
	said, err := f.answer(ctx, permanent, append(f.zone(), "--query-"+f.p.setting())...)
	if said != "" {
		said = "yes"
	}
	return said, err
}

func readFirewalld(ctx context.Context, r sys.Reader, p FirewalldParams) (FirewalldState, error) {
	var s FirewalldState
	if _, err := r.LookPath("firewall-cmd"); err != nil {
		return s, fmt.Errorf("firewalld is not on this host: its package is missing")
	}
	f := &firewall{p: p, run: r.Query}
	permanent, immediate := p.places()
	var err error
	if permanent {
		if s.Permanent, err = f.has(ctx, true); err != nil {
			return s, err
		}
	}
	if immediate {
		if s.Running, err = f.has(ctx, false); err != nil {
			return s, err
		}
	}
	s.offline = f.offline
	if p.zoneOnly() {
		text, err := r.ReadFile(firewallZones + *p.Zone + ".xml")
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return s, err
		}
		s.ZoneFile = string(text)
	}
	return s, nil
}

func wantFirewalld(p FirewalldParams, now FirewalldState) (FirewalldState, error) {
	want := now
	permanent, immediate := p.places()
	if permanent {
		want.Permanent = p.value(now.Permanent)
	}
	if immediate {
		want.Running = p.value(now.Running)
	}
	return want, nil
}

// value is what the zone is to have.
func (p FirewalldParams) value(now string) string {
	switch {
	case p.Target != nil && p.wanted():
		return *p.Target
	case p.Target != nil && now == *p.Target:
		return "default"
	case p.Target != nil:
		return now
	case p.Interface != nil && p.wanted():
		return *p.Zone
	case p.Interface != nil && now != *p.Zone:
		return now
	case p.Interface == nil && p.wanted():
		return "yes"
	}
	return ""
}

func applyFirewalld(ctx context.Context, s sys.System, p FirewalldParams, from, to FirewalldState) error {
	f := &firewall{p: p, run: s.Run}
	if from.Permanent != to.Permanent {
		if err := f.set(ctx, true, to.Permanent); err != nil {
			return err
		}
		if modules.Undoing(ctx) && to.Permanent != "" && to.ZoneFile != "" {
			return restoreZone(s, *p.Zone, to.ZoneFile)
		}
	}
	if from.Running != to.Running {
		return f.set(ctx, false, to.Running)
	}
	return nil
}

// restoreZone gives a zone that was made anew the file that it had.
func restoreZone(s sys.System, zone, text string) error {
	file := firewallZones + zone + ".xml"
	if now, err := s.ReadFile(file); err == nil && string(now) == text {
		return nil
	}
	return s.WriteFile(file, strings.NewReader(text), sys.WriteOptions{Perm: 0o644, UID: -1, GID: -1})
}

// set makes the zone have a value of the setting.
func (f *firewall) set(ctx context.Context, permanent bool, value string) error {
	var args []string
	switch {
	case f.p.Target != nil:
		args = append(f.zone(), "--set-target="+value)
	case f.p.zoneOnly() && value != "":
		args = []string{"--new-zone=" + *f.p.Zone}
	case f.p.zoneOnly():
		args = []string{"--delete-zone=" + *f.p.Zone}
	case f.p.Interface != nil && value != "":
		args = []string{"--zone=" + value, "--change-interface=" + *f.p.Interface}
	case value != "":
		args = append(f.zone(), "--add-"+f.p.setting())
		if f.p.Timeout > 0 && !permanent && f.p.State == "enabled" {
			args = append(args, fmt.Sprintf("--timeout=%d", f.p.Timeout))
		}
	default:
		args = append(f.zone(), "--remove-"+f.p.setting())
	}
	out, err := f.call(ctx, permanent, args...)
	if err == nil && out.Code != 0 {
		err = firewallError(out)
	}
	return err
}
