package docs

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// Stage is where a page is run.
type Stage struct {
	Dir   string       // belongs to the page
	Env   []string     // of the commands
	Lab   bool         // there are machines: blocks that need one are run as well
	Hosts map[int]Host // stand for the addresses of documentation, counted from 1
}

// Run writes the page's files and runs its commands, in their order. It stops at the first one that does not do what the
// page says, and names it.
func (p *Page) Run(s Stage) error {
	for _, b := range p.Blocks {
		var err error
		switch {
		case b.Lang == "sh":
			err = s.run(b)
		case b.Info != "":
			err = s.write(b)
		}
		if err != nil {
			return fmt.Errorf("%s:%d: %w", p.Path, b.Line, err)
		}
	}
	return nil
}

func (s Stage) write(b Block) error {
	if !filepath.IsLocal(b.Info) {
		return fmt.Errorf("%q names no file below the page's folder", b.Info)
	}
	path := filepath.Join(s.Dir, b.Info)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return os.WriteFile(path, []byte(WithHosts(b.Text, s.Hosts)), 0o600)
}

func (s Stage) run(b Block) error {
	how, err := b.How()
	if err != nil || how.Never != "" || how.Lab && !s.Lab {
		return err
	}
	cmd := exec.Command("bash", "-euo", "pipefail", "-c", b.Text)
	cmd.Dir, cmd.Env = s.Dir, s.Env
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return err
	}
	if got := cmd.ProcessState.ExitCode(); got != how.Exit {
		return fmt.Errorf("exit code %d, not %d:\n%s\n%s", got, how.Exit, b.Text, out)
	}
	return nil
}

// Host is where a host of an example's inventory really is.
type Host struct {
	Address string
	Port    int // 0 is the one of SSH
}

// exampleAddress are the addresses that are set aside for documentation; hosts take the places of those from .11 on.
var exampleAddress = regexp.MustCompile(`(?m)^(\s*)(.*?)ansible_host(\s*[=:]\s*)192\.0\.2\.(\d+)`)

// WithHosts puts hosts, counted from 1, into an inventory in the places of the addresses of documentation. An address that
// has no host stays as it is.
func WithHosts(inventory string, hosts map[int]Host) string {
	return exampleAddress.ReplaceAllStringFunc(inventory, func(m string) string {
		part := exampleAddress.FindStringSubmatch(m)
		last, err := strconv.Atoi(part[4])
		host, ok := hosts[last-10]
		if err != nil || !ok {
			return m
		}
		text := part[1] + part[2] + "ansible_host" + part[3] + host.Address
		switch {
		case host.Port == 0:
			return text
		case strings.Contains(part[3], ":"):
			return fmt.Sprintf("%s\n%sansible_port: %d", text, part[1], host.Port)
		default:
			return fmt.Sprintf("%s ansible_port=%d", text, host.Port)
		}
	})
}
