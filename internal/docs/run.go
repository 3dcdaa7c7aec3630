package docs

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Stage is where a page is run.
type Stage struct {
	Dir      string       // belongs to the page
	Env      []string     // of the commands
	Has      []Need       // blocks that need anything else are left out
	Checkout string       // the project's sources
	Hosts    map[int]Host // stand for the addresses of documentation, counted from 1
	Port     int          // stands for the port of documentation
	Runs     string       // the folder of runs, the newest of which stands for the run of documentation

	// Shell runs the commands on another machine, in a folder there that has the files of Dir, and returns what they wrote and
	// their exit code. Without it they run here.
	Shell func(script string) (output []byte, code int, err error)

	background []*background
}

// Run writes the page's files and runs its commands, in their order. It stops at the first one that does not do what the
// page says, and names it. What stays in the background is ended with the page.
func (p *Page) Run(s Stage) error {
	defer func() {
		for _, b := range s.background {
			b.end()
		}
	}()
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

func (s *Stage) write(b Block) error {
	if !filepath.IsLocal(b.Info) {
		return fmt.Errorf("%q names no file below the page's folder", b.Info)
	}
	path := filepath.Join(s.Dir, b.Info)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return os.WriteFile(path, []byte(s.real(b.Text)), 0o600)
}

// lacks reports whether the stage does not have everything that a block needs.
func (s *Stage) lacks(how How) bool {
	return slices.ContainsFunc(how.Needs, func(n Need) bool { return !slices.Contains(s.Has, n) })
}

func (s *Stage) run(b Block) error {
	how, err := b.How()
	if err != nil || how.Never != "" || s.lacks(how) {
		return err
	}
	text := s.real(b.Text)
	if s.Shell != nil {
		out, code, err := s.Shell(text)
		return verdict(how, text, out, code, err)
	}
	cmd := exec.Command("bash", "-euo", "pipefail", "-c", text)
	cmd.Dir, cmd.Env = s.Dir, s.Env
	if slices.Contains(how.Needs, Checkout) {
		cmd.Dir = s.Checkout
	}
	if how.Until != "" {
		job, err := startBackground(cmd, how.Until)
		if err == nil {
			s.background = append(s.background, job)
		}
		return err
	}
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		err = nil
	}
	return verdict(how, text, out, cmd.ProcessState.ExitCode(), err)
}

// verdict compares what a block did with what the page says.
func verdict(how How, text string, out []byte, code int, err error) error {
	switch {
	case err != nil:
		return fmt.Errorf("%w\n%s\n%s", err, text, out)
	case code != how.Exit:
		return fmt.Errorf("exit code %d, not %d:\n%s\n%s", code, how.Exit, text, out)
	}
	return nil
}

// What pages say in the places of a run and of a port.
const (
	exampleRun  = "20261126T101500.000000000Z"
	examplePort = "127.0.0.1:8420"
)

// real puts what the stage has into the places of what pages say.
func (s *Stage) real(text string) string {
	text = WithHosts(text, s.Hosts)
	if s.Port != 0 {
		text = strings.ReplaceAll(text, examplePort, fmt.Sprintf("127.0.0.1:%d", s.Port))
	}
	runs, err := os.ReadDir(s.Runs) // sorted, and so the newest is the last
	if err != nil || len(runs) == 0 {
		return text
	}
	return strings.ReplaceAll(text, exampleRun, runs[len(runs)-1].Name())
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
