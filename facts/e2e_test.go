//go:build e2e

package facts

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"sort"
	"strings"
	"testing"
)

// The lab: addresses of hosts (separated by commas or blanks) and the key that root there accepts.
const (
	labHosts = "MUSTER_LAB_HOSTS"
	labKey   = "MUSTER_LAB_KEY"
)

// TestEqualsAnsible gathers the facts of lab hosts by this package and by Ansible, and lists what differs and should not.
func TestEqualsAnsible(t *testing.T) {
	hosts, key := os.Getenv(labHosts), os.Getenv(labKey)
	if hosts == "" || key == "" {
		t.Fatalf("%s and %s must name the lab", labHosts, labKey)
	}
	for _, host := range strings.FieldsFunc(hosts, func(c rune) bool { return c == ' ' || c == ',' }) {
		for _, user := range []string{"root", "deploy"} {
			t.Run(user+"@"+host, func(t *testing.T) { compareWithAnsible(t, user, host, key) })
		}
	}
}

func compareWithAnsible(t *testing.T, user, host, key string) {
	t.Helper()
	options := []string{"-i", key, "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR"}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	remote := fmt.Sprintf("/tmp/facts-%d-%s", os.Getpid(), user)
	output(t, "scp", append(slices.Clone(options), self, user+"@"+host+":"+remote)...)
	ours := parseFacts(t, output(t, "ssh", append(slices.Clone(options), user+"@"+host, printFacts+"=1 "+remote+"; rm "+remote)...))
	inventory := filepath.Join(t.TempDir(), "inventory")
	line := fmt.Sprintf("%s ansible_user=%s ansible_ssh_private_key_file=%s ansible_ssh_common_args='-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null'\n", host, user, key)
	if err := os.WriteFile(inventory, []byte(line), 0o600); err != nil {
		t.Fatal(err)
	}
	theirs := parseFacts(t, output(t, "ansible", "-i", inventory, host, "-m", "setup"))
	for _, line := range differences("", theirs, ours) {
		t.Error(line)
	}
}

func output(t *testing.T, name string, args ...string) []byte {
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

func parseFacts(t *testing.T, out []byte) map[string]any {
	t.Helper()
	var result struct {
		Facts map[string]any `json:"ansible_facts"`
	}
	if err := json.Unmarshal(out[max(bytes.IndexByte(out, '{'), 0):], &result); err != nil {
		t.Fatalf("%v in %.200s", err, out)
	}
	return result.Facts
}

// mayDiffer are the facts that change from moment to moment or with the connection, or that only Ansible has.
var mayDiffer = regexp.MustCompile(`^\.(ansible_date_time\.(epoch|epoch_int|hour|minute|second|time|iso8601.*)|ansible_env\.(SSH_.*|TERM|SHLVL|_|XDG_.*)|` +
	`ansible_loadavg\..*|ansible_memfree_mb|ansible_swapfree_mb|ansible_memory_mb\.(real|nocache|swap)\.(free|used|cached)|ansible_uptime_seconds|` +
	`ansible_mounts\[\d+\]\.(block|inode|size)_(available|used)|discovered_interpreter_python)$`)

// inAnyOrder are lists that Ansible leaves in the order of a hash table or a folder.
var inAnyOrder = regexp.MustCompile(`^\.(ansible_interfaces|ansible_all_ipv[46]_addresses|ansible_virtualization_tech_.*|ansible_.*\.interfaces)$`)

func differences(at string, theirs, ours any) []string {
	if mayDiffer.MatchString(at) {
		return nil
	}
	a, isDict := theirs.(map[string]any)
	b, isDict2 := ours.(map[string]any)
	x, isList := theirs.([]any)
	y, isList2 := ours.([]any)
	switch {
	case isDict && isDict2:
		return dictDifferences(at, a, b)
	case isList && isList2 && len(x) == len(y):
		if inAnyOrder.MatchString(at) {
			x, y = sorted(x), sorted(y)
		}
		var out []string
		for i := range x {
			out = append(out, differences(fmt.Sprintf("%s[%d]", at, i), x[i], y[i])...)
		}
		return out
	case !reflect.DeepEqual(theirs, ours):
		return []string{fmt.Sprintf("%s: Ansible has %v, we have %v", at, theirs, ours)}
	}
	return nil
}

func dictDifferences(at string, a, b map[string]any) []string {
	var out []string
	for k := range a {
		if _, both := b[k]; !both && !mayDiffer.MatchString(at+"."+k) {
			out = append(out, fmt.Sprintf("%s.%s: only Ansible has it: %v", at, k, a[k]))
		} else if both {
			out = append(out, differences(at+"."+k, a[k], b[k])...)
		}
	}
	for k := range b {
		if _, both := a[k]; !both && !mayDiffer.MatchString(at+"."+k) {
			out = append(out, fmt.Sprintf("%s.%s: only we have it: %v", at, k, b[k]))
		}
	}
	sort.Strings(out)
	return out
}

func sorted(list []any) []any {
	out := slices.Clone(list)
	sort.Slice(out, func(i, j int) bool { return fmt.Sprint(out[i]) < fmt.Sprint(out[j]) })
	return out
}
