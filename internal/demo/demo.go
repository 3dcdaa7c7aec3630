// Package demo runs muster's main job on an embedded default: a few throw-away hosts, each an in-process SSH server on
// loopback with a root folder of its own, and a rolling play. It needs no root, no sshd and no network, and leaves
// nothing behind.
package demo

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"embed"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/crypto/ssh"

	"github.com/musterhq/muster/internal/runner"
	"github.com/musterhq/muster/internal/simhost"
	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
	"github.com/musterhq/muster/transport"
)

//go:embed files
var embedded embed.FS

// Site is a running demo: its hosts and the folder that holds everything.
type Site struct {
	Dir       string // removed by Close
	Playbook  string
	Inventory string
	Config    string // an ansible.cfg that sets nothing
	servers   []*simhost.Server
}

// Options say what the demo runs on.
type Options struct {
	Hosts   int
	Modules *modules.Registry
	Version string
}

// Start makes the hosts, the playbook and the inventory in a temporary folder.
func Start(o Options) (*Site, error) {
	dir, err := os.MkdirTemp("", "muster-demo-")
	if err != nil {
		return nil, err
	}
	s := &Site{Dir: dir, Playbook: filepath.Join(dir, "site.yml"), Inventory: filepath.Join(dir, "hosts.ini"), Config: filepath.Join(dir, "ansible.cfg")}
	if err := s.build(o); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// Close stops the hosts and removes the folder.
func (s *Site) Close() error {
	var errs []error
	for _, h := range s.servers {
		errs = append(errs, h.Close())
	}
	return errors.Join(append(errs, os.RemoveAll(s.Dir))...)
}

func (s *Site) build(o Options) error {
	if err := s.unpack(); err != nil {
		return err
	}
	if err := os.WriteFile(s.Config, []byte("[defaults]\n"), 0o600); err != nil {
		return err
	}
	public, err := s.writeKey()
	if err != nil {
		return err
	}
	var inventory, known bytes.Buffer
	inventory.WriteString("[web]\n")
	for i := 1; i <= o.Hosts; i++ {
		name := fmt.Sprintf("web%d", i)
		server, err := s.host(name, public, o)
		if err != nil {
			return err
		}
		fmt.Fprintf(&inventory, "%s ansible_host=127.0.0.1 ansible_port=%d\n", name, server.Port())
		fmt.Fprintf(&known, "[127.0.0.1]:%d %s", server.Port(), ssh.MarshalAuthorizedKey(server.HostKey()))
	}
	fmt.Fprintf(&inventory, "\n[web:vars]\napp_version=1.4.2\nansible_user=demo\nansible_ssh_private_key_file=%s\n", s.keyFile())
	fmt.Fprintf(&inventory, "ansible_ssh_common_args='-F none -o IdentitiesOnly=yes -o UserKnownHostsFile=%s'\n", filepath.Join(s.Dir, "known_hosts"))
	if err := os.WriteFile(s.Inventory, inventory.Bytes(), 0o600); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(s.Dir, "known_hosts"), known.Bytes(), 0o600)
}

func (s *Site) keyFile() string { return filepath.Join(s.Dir, "key") }

// unpack writes the embedded playbook and templates.
func (s *Site) unpack() error {
	return fs.WalkDir(embedded, "files", func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel("files", path)
		if err != nil {
			return err
		}
		target := filepath.Join(s.Dir, rel)
		if e.IsDir() {
			return os.MkdirAll(target, 0o700)
		}
		data, err := embedded.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(target, data, 0o600)
	})
}

// writeKey makes the key that opens the hosts.
func (s *Site) writeKey() (ssh.PublicKey, error) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	block, err := ssh.MarshalPrivateKey(private, "muster demo")
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(s.keyFile(), pem.EncodeToMemory(block), 0o600); err != nil {
		return nil, err
	}
	return ssh.NewPublicKey(public)
}

// host starts one host: an SSH server whose commands are a runner on a folder.
func (s *Site) host(name string, key ssh.PublicKey, o Options) (*simhost.Server, error) {
	root := filepath.Join(s.Dir, "hosts", name)
	if err := Furnish(root, name); err != nil {
		return nil, err
	}
	server, err := simhost.Start(simhost.Options{User: "demo", AuthorizedKeys: []ssh.PublicKey{key}, Exec: Runner(sys.Rooted(root), o.Modules, o.Version)})
	if err != nil {
		return nil, err
	}
	s.servers = append(s.servers, server)
	return server, nil
}

// Runner answers every command with a runner on the system: the protocol is the real one, only the machine is not.
func Runner(system sys.System, registry *modules.Registry, version string) simhost.Handler {
	return func(ctx context.Context, _ string, stdin io.Reader, stdout, stderr io.Writer) int {
		err := runner.Serve(ctx, stdin, stdout, runner.Options{Lookup: registry.Get, System: system, Version: version,
			Background: func(work func(context.Context)) { simhost.Background(ctx, work) }})
		if err != nil {
			fmt.Fprintln(stderr, err)
			return 1
		}
		return 0
	}
}

// Furnish puts into a folder what makes it look like a small Debian system.
func Furnish(root, name string) error {
	files := map[string]string{
		"etc/hostname":       name + "\n",
		"etc/passwd":         "root:x:0:0:root:/root:/bin/sh\n",
		"etc/group":          "root:x:0:\n",
		"etc/sysctl.conf":    "# Kernel settings\n#vm.swappiness = 60\n",
		"etc/os-release":     "ID=debian\nNAME=\"Debian GNU/Linux\"\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nVERSION_ID=\"12\"\nVERSION=\"12 (bookworm)\"\nVERSION_CODENAME=bookworm\n",
		"etc/debian_version": "12.0\n",
	}
	for _, d := range []string{"etc", "tmp", "root", "srv", "var/tmp", "usr/bin"} {
		if err := os.MkdirAll(filepath.Join(root, d), 0o755); err != nil {
			return err
		}
	}
	for path, content := range files {
		if err := os.WriteFile(filepath.Join(root, path), []byte(content), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// NoBinaries is for hosts whose commands are runners already: nothing is pushed to them.
type NoBinaries struct{}

// Known returns nothing.
func (NoBinaries) Known() []transport.Binary { return nil }

// For returns an error: these hosts never ask.
func (NoBinaries) For(context.Context, string, string) (transport.Binary, error) {
	return transport.Binary{}, errors.New("the demo's hosts need no runner")
}
