//go:build e2e

package access_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/musterhq/muster/internal/shlex"
	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/access"
	"github.com/musterhq/muster/modules/modulestest"
	"github.com/musterhq/muster/modules/sys"
)

// runLaw makes the test binary apply a module on the machine it runs on, twice, undo it, and print what came of it:
// the end-to-end tests copy it to a lab host.
const runLaw = "MUSTER_ACCESS_LAW"

// trial is what to do on a host.
type trial struct {
	Name   string
	Module string
	Before []trialStep // prepares the host; taken back by After
	Args   map[string]any
	After  []trialStep
}

type trialStep []string

// verdict is what came of it.
type verdict struct {
	Check, First, Second, Undo map[string]any
	Changed                    string // how the machine differs after undo; "" if it does not
	Error                      string
}

func TestMain(m *testing.M) {
	text := os.Getenv(runLaw)
	if text == "" {
		os.Exit(m.Run())
	}
	v := tryHere(text)
	if err := json.NewEncoder(os.Stdout).Encode(v); err != nil {
		os.Exit(1)
	}
	os.Exit(0)
}

func tryHere(text string) (v verdict) {
	var tr trial
	if err := json.Unmarshal([]byte(text), &tr); err != nil {
		return verdict{Error: err.Error()}
	}
	for k, n := range tr.Args {
		if f, ok := n.(float64); ok {
			tr.Args[k] = int(f)
		}
	}
	m := map[string]func() modules.Module{"user": access.User, "group": access.Group, "cron": access.Cron, "hostname": access.Hostname,
		"authorized_key": access.AuthorizedKey, "known_hosts": access.KnownHosts, "sysctl": access.Sysctl, "mount": access.Mount}[tr.Module]()
	steps := func(list []trialStep) {
		for _, argv := range list {
			if out, err := exec.Command(argv[0], argv[1:]...).CombinedOutput(); err != nil {
				v.Error += fmt.Sprintf("%v: %v: %s; ", argv, err, out)
			}
		}
	}
	steps(tr.Before)
	defer steps(tr.After)
	before := accountFiles()
	j := modulestest.NewJournal()
	run := func(check bool) map[string]any {
		return m.Run(context.Background(), &modules.Call{Sys: sys.Real(), Args: tr.Args, Check: check, Journal: j})
	}
	v.Check, v.First, v.Second = run(true), run(false), run(false)
	undoer, ok := m.(modules.Undoer)
	if !ok || len(j.Entries) != 1 {
		v.Error += fmt.Sprintf("%d journal entries", len(j.Entries))
		return v
	}
	v.Undo = undoer.Undo(context.Background(), &modules.Call{Sys: sys.Real(), Content: j}, j.Entries[0], j.Posts[0], false)
	v.Changed = compareFiles(before, accountFiles())
	return v
}

// accountFiles reads everything that these modules change.
func accountFiles() map[string]string {
	files := map[string]string{}
	for _, root := range []string{"/etc/passwd", "/etc/shadow", "/etc/group", "/etc/gshadow", "/etc/subuid", "/etc/subgid", "/etc/cron.d", "/etc/hostname",
		"/etc/machine-info", "/etc/fstab", "/etc/sysctl.conf", "/var/spool/cron", "/var/mail", "/home", "/srv", "/root/.ssh"} {
		_ = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return nil
			}
			info, err := d.Info()
			if err != nil {
				return nil
			}
			text := info.Mode().String()
			if d.Type().IsRegular() {
				data, err := os.ReadFile(path)
				if err != nil {
					return nil
				}
				text += " " + withoutDates(string(data))
			}
			files[path] = text
			return nil
		})
	}
	name, _ := os.Hostname()
	files["hostname"] = name
	mounts, _ := os.ReadFile("/proc/self/mounts")
	for line := range strings.SplitSeq(string(mounts), "\n") {
		if strings.Contains(line, " /srv/") {
			files["mounts"] += line + "\n"
		}
	}
	return files
}

// withoutDates leaves out the header in which crontab notes when it was installed.
func withoutDates(text string) string {
	var kept []string
	for line := range strings.SplitSeq(text, "\n") {
		if !strings.Contains(line, "installed on") {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, "\n")
}

func compareFiles(a, b map[string]string) string {
	var out []string
	for path, text := range a {
		if b[path] != text {
			out = append(out, fmt.Sprintf("%s was %q, is %q", path, text, b[path]))
		}
	}
	for path, text := range b {
		if _, both := a[path]; !both {
			out = append(out, fmt.Sprintf("%s is new: %q", path, text))
		}
	}
	return strings.Join(out, "; ")
}

// TestLab applies and undoes modules on a real host.
func TestLab(t *testing.T) {
	hosts, key := os.Getenv("MUSTER_LAB_HOSTS"), os.Getenv("MUSTER_LAB_KEY")
	if hosts == "" || key == "" {
		t.Fatal("MUSTER_LAB_HOSTS and MUSTER_LAB_KEY must name the lab")
	}
	host := strings.FieldsFunc(hosts, func(c rune) bool { return c == ' ' || c == ',' })[0]
	options := []string{"-i", key, "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR"}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	remote := fmt.Sprintf("/tmp/access-%d", os.Getpid())
	ssh(t, "scp", append(append([]string{}, options...), self, "root@"+host+":"+remote)...)
	t.Cleanup(func() { _ = exec.Command("ssh", append(options, "root@"+host, "rm -f "+remote)...).Run() })
	for _, tr := range trials() {
		t.Run(tr.Name, func(t *testing.T) {
			text, err := json.Marshal(tr)
			if err != nil {
				t.Fatal(err)
			}
			out := ssh(t, "ssh", append(append([]string{}, options...), "root@"+host, runLaw+"="+shlex.Quote(string(text))+" "+remote)...)
			var v verdict
			if err := json.Unmarshal(out, &v); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			v.judge(t)
		})
	}
}

func (v verdict) judge(t *testing.T) {
	t.Helper()
	if v.Check["changed"] != true || v.First["changed"] != true || v.First["failed"] == true {
		t.Errorf("check: %v, first: %v", v.Check, v.First)
	}
	if v.Second["changed"] != false || v.Second["failed"] == true {
		t.Errorf("second: %v", v.Second)
	}
	if v.Undo["failed"] == true || v.Undo["changed"] != true || v.Changed != "" || v.Error != "" {
		t.Errorf("undo: %v; changed: %s; error: %s", v.Undo, v.Changed, v.Error)
	}
}

func ssh(t *testing.T, name string, args ...string) []byte {
	t.Helper()
	var stderr bytes.Buffer
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v: %s", name, err, stderr.String())
	}
	return out
}

func trials() []trial {
	add := trialStep{"useradd", "-m", "-c", "Zed", "-G", "adm,games", "mzed"}
	remove := trialStep{"userdel", "-r", "-f", "mzed"}
	job := trialStep{"sh", "-c", "echo '* * * * * true' | crontab -u mzed -"}
	noJob := trialStep{"crontab", "-u", "mzed", "-r"}
	return []trial{
		{Name: "group", Module: "group", Args: map[string]any{"name": "mgrp", "gid": 4711}},
		{Name: "group number", Module: "group", Before: []trialStep{{"groupadd", "mgrp"}}, Args: map[string]any{"name": "mgrp", "gid": 4712}, After: []trialStep{{"groupdel", "mgrp"}}},
		{Name: "no group", Module: "group", Before: []trialStep{{"groupadd", "mgrp"}}, Args: map[string]any{"name": "mgrp", "state": "absent"}, After: []trialStep{{"groupdel", "mgrp"}}},
		{Name: "user", Module: "user", Args: map[string]any{"name": "mbob", "groups": "adm,games", "comment": "B", "password": hash, "password_expire_max": 40,
			"home": "/srv/deep/mbob", "generate_ssh_key": true, "ssh_key_type": "ed25519", "ssh_key_passphrase": "only a test"}},
		{Name: "system user", Module: "user", Args: map[string]any{"name": "msvc", "system": true, "create_home": false}},
		{Name: "local user", Module: "user", Args: map[string]any{"name": "mloc", "local": true, "groups": "adm"}},
		{Name: "user changed", Module: "user", Before: []trialStep{add}, After: []trialStep{remove},
			Args: map[string]any{"name": "mzed", "uid": 4713, "group": "games", "groups": "adm", "shell": "/bin/sh", "comment": "Y", "password": hash, "expires": 2000000000}},
		{Name: "user moved", Module: "user", Before: []trialStep{add}, After: []trialStep{remove}, Args: map[string]any{"name": "mzed", "home": "/srv/mzed", "move_home": true}},
		{Name: "user locked", Module: "user", Before: []trialStep{add}, After: []trialStep{remove}, Args: map[string]any{"name": "mzed", "password": hash, "password_lock": true}},
		{Name: "no user", Module: "user", Before: []trialStep{add}, After: []trialStep{remove}, Args: map[string]any{"name": "mzed", "state": "absent"}},
		{Name: "job", Module: "cron", Before: []trialStep{add, job}, After: []trialStep{noJob, remove}, Args: map[string]any{"name": "x", "user": "mzed", "job": "true", "minute": "5"}},
		{Name: "first job", Module: "cron", Before: []trialStep{add}, After: []trialStep{remove}, Args: map[string]any{"name": "x", "user": "mzed", "job": "true"}},
		{Name: "job in a file", Module: "cron", Args: map[string]any{"name": "x", "user": "root", "job": "true", "cron_file": "mjobs"}},
		{Name: "key", Module: "authorized_key", Before: []trialStep{add}, After: []trialStep{remove}, Args: map[string]any{"user": "mzed", "key": keyA}},
		{Name: "host key", Module: "known_hosts", Args: map[string]any{"name": "a.example", "key": "a.example ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQC6", "hash_host": true}},
		{Name: "mount", Module: "mount", Args: map[string]any{"path": "/srv/deep/er", "src": "tmpfs", "fstype": "tmpfs", "state": "mounted"}},
		{Name: "hostname", Module: "hostname", Args: map[string]any{"name": "mhost.example"}},
	}
}
