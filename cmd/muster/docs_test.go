package main

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"golang.org/x/crypto/ssh"

	"github.com/musterhq/muster/internal/demo"
	"github.com/musterhq/muster/internal/docs"
	"github.com/musterhq/muster/internal/shlex"
	"github.com/musterhq/muster/internal/simhost"
	"github.com/musterhq/muster/modules/all"
	"github.com/musterhq/muster/modules/sys"
)

func projectPages(t *testing.T) (string, []*docs.Page) {
	t.Helper()
	top, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	pages, err := docs.Pages(top)
	if err != nil {
		t.Fatal(err)
	}
	return top, pages
}

// TestPages runs the commands of the documentation as they are written, on simulated hosts. What needs a machine runs in
// internal/e2e.
func TestPages(t *testing.T) {
	top, pages := projectPages(t)
	for _, p := range pages {
		if !p.Runnable() {
			continue
		}
		t.Run(p.Path, func(t *testing.T) {
			t.Parallel()
			hosts, env := pageHosts(t)
			dir := t.TempDir()
			stage := docs.Stage{Dir: dir, Env: env, Hosts: hosts, Port: freePort(t), Runs: runsOf(env)}
			if err := p.Prepare(top, dir, hosts); err != nil {
				t.Fatal(err)
			}
			if err := p.Run(stage); err != nil {
				t.Error(err)
			}
		})
	}
}

// runsOf is the folder of the runs of a user with an environment.
func runsOf(env []string) string {
	home := ""
	for _, e := range env {
		if v, ok := strings.CutPrefix(e, "HOME="); ok {
			home = v
		}
	}
	return filepath.Join(home, ".local", "state", "muster", "runs")
}

// freePort is one that nothing listens on.
func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close() //nolint:errcheck // nothing was written
	return l.Addr().(*net.TCPAddr).Port
}

// pageHosts starts three simulated hosts and returns where they are, and the environment of a user whose
// key opens them and who has nothing else at home.
func pageHosts(t *testing.T) (map[int]docs.Host, []string) {
	t.Helper()
	home := t.TempDir()
	known := filepath.Join(home, "known_hosts")
	file, err := os.Create(known)
	if err != nil {
		t.Fatal(err)
	}
	hosts := map[int]docs.Host{}
	for n := 1; n <= 3; n++ {
		root := filepath.Join(home, fmt.Sprintf("host%d", n))
		if err := demo.Furnish(root, fmt.Sprintf("host%d", n)); err != nil {
			t.Fatal(err)
		}
		server, err := simhost.Start(simhost.Options{NoAuth: true, Exec: demo.Runner(sys.Rooted(root), all.All(), buildVersion())})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = server.Close() }) // the test's verdict stands
		hosts[n] = docs.Host{Address: "127.0.0.1", Port: server.Port()}
		fmt.Fprintf(file, "[127.0.0.1]:%d %s", server.Port(), ssh.MarshalAuthorizedKey(server.HostKey()))
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	return hosts, append(os.Environ(), "HOME="+home, "XDG_STATE_HOME=", "XDG_CONFIG_HOME=", "XDG_CACHE_HOME=", "ANSIBLE_CONFIG=", "EDITOR=true",
		"ANSIBLE_SSH_COMMON_ARGS=-F none -o UserKnownHostsFile="+known)
}

// TestPagesNameCommands makes sure that every command and flag of muster that a page names exists.
func TestPagesNameCommands(t *testing.T) {
	_, pages := projectPages(t)
	seen := 0
	for _, p := range pages {
		for _, c := range p.Commands() {
			seen++
			if err := checkCommand(newRootCmd(&streams{}), c.Text); err != nil {
				t.Errorf("%s:%d: muster %s: %v", p.Path, c.Line, c.Text, err)
			}
		}
	}
	if seen < 10 {
		t.Errorf("only %d commands were found in the pages", seen)
	}
}

// checkCommand looks a command line's words up in the tree of commands.
func checkCommand(root *cobra.Command, line string) error {
	words, err := shlex.Split(line)
	if err != nil {
		return err
	}
	if len(words) > 0 && words[0] == "COMMAND" { // stands for any
		return nil
	}
	cmd := root
	for cmd.HasSubCommands() && len(words) > 0 && !strings.HasPrefix(words[0], "-") {
		next := subcommand(cmd, words[0])
		if next == nil && (cmd == root || cmd.RunE == nil && cmd.Run == nil) {
			return fmt.Errorf("no command %s", words[0])
		}
		if next == nil {
			break
		}
		cmd, words = next, words[1:]
	}
	cmd.InitDefaultHelpFlag()
	cmd.InitDefaultVersionFlag()
	for _, word := range words {
		if err := checkFlag(cmd, word); err != nil {
			return err
		}
	}
	return nil
}

func subcommand(cmd *cobra.Command, name string) *cobra.Command {
	if cmd.Parent() == nil {
		cmd.InitDefaultHelpCmd()
		cmd.InitDefaultCompletionCmd(name)
	}
	for _, c := range cmd.Commands() {
		if c.Name() == name || c.HasAlias(name) {
			return c
		}
	}
	return nil
}

// checkFlag looks a word up that starts with a dash; of short flags written together, the first.
func checkFlag(cmd *cobra.Command, word string) error {
	name, _, _ := strings.Cut(word, "=")
	switch {
	case strings.HasPrefix(name, "--") && len(name) > 2:
		if cmd.Flag(name[2:]) == nil {
			return fmt.Errorf("%s has no flag %s", cmd.CommandPath(), name)
		}
	case len(name) > 1 && name[0] == '-' && name[1] != '-':
		if cmd.Flags().ShorthandLookup(name[1:2]) == nil && cmd.InheritedFlags().ShorthandLookup(name[1:2]) == nil {
			return fmt.Errorf("%s has no flag %s", cmd.CommandPath(), name)
		}
	}
	return nil
}

// TestCheckCommand breaks commands to see that it is noticed.
func TestCheckCommand(t *testing.T) {
	for line, good := range map[string]bool{
		"run -i hosts.ini site.yml --check --diff": true, "exec -i hosts.ini web -m ping": true, "vault encrypt_string x": true,
		"run --chekc site.yml": false, "rnu site.yml": false, "run -Z site.yml": false, "exec web -b -a 'ls -la'": true, "--version": true,
		"completion bash": true, "help run": true,
	} {
		if err := checkCommand(newRootCmd(&streams{}), line); (err == nil) != good {
			t.Errorf("%s: %v", line, err)
		}
	}
}
