package ssh

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"golang.org/x/crypto/ssh"

	"github.com/musterhq/muster/internal/simhost"
	"github.com/musterhq/muster/transport"
)

func TestUnknownKey(t *testing.T) {
	s, _ := openHost(t)
	cases := []struct {
		name    string
		policy  transport.HostKeyPolicy
		args    []string
		config  string
		answers []string
		ok      bool
		saved   bool
	}{
		{"nobody to ask", "", nil, "", nil, false, false},
		{"yes", transport.HostKeyAsk, nil, "", []string{"yes"}, true, true},
		{"no", transport.HostKeyAsk, nil, "", []string{"no"}, false, false},
		{"nonsense then yes", transport.HostKeyAsk, nil, "", []string{"perhaps", "YES"}, true, true},
		{"fingerprint", transport.HostKeyAsk, nil, "", []string{ssh.FingerprintSHA256(s.HostKey())}, true, true},
		{"accept-new", transport.HostKeyAcceptNew, nil, "", nil, true, true},
		{"strict", transport.HostKeyStrict, nil, "", []string{"yes"}, false, false},
		{"off", transport.HostKeyOff, nil, "", nil, true, false},
		{"off by argument", transport.HostKeyAsk, []string{"-o", "StrictHostKeyChecking=no"}, "", nil, true, false},
		{"argument beats policy", transport.HostKeyOff, []string{"-oStrictHostKeyChecking=yes"}, "", nil, false, false},
		{"policy beats file", transport.HostKeyStrict, nil, "StrictHostKeyChecking no\n", nil, false, false},
		{"file", "", nil, "StrictHostKeyChecking accept-new\n", nil, true, true},
		{"batch mode", "", []string{"-oBatchMode=yes"}, "", []string{"yes"}, false, false},
		{"nowhere to save", transport.HostKeyAcceptNew, []string{"-o", "UserKnownHostsFile=/dev/null"}, "", nil, true, false},
	}
	for _, k := range cases {
		t.Run(k.name, func(t *testing.T) {
			w := newWorld(t, k.answers...)
			w.write("config", k.config)
			to := target(s)
			to.HostKeys, to.SSHArgs = k.policy, k.args
			_, err := w.dial(to)
			if !k.ok {
				wantError(t, err, transport.KindUnknownKey, "is not known: ED25519 "+ssh.FingerprintSHA256(s.HostKey()), "accept-new")
			} else if err != nil {
				t.Fatal(err)
			}
			saved, _ := os.ReadFile(filepath.Join(w.home, ".ssh", "known_hosts"))
			want := fmt.Sprintf("[127.0.0.1]:%d %s\n", s.Port(), keyText(s.HostKey()))
			if !k.saved {
				want = ""
			}
			if string(saved) != want {
				t.Errorf("saved %q, want %q", saved, want)
			}
		})
	}
}

func TestQuestionIsOpenSSHs(t *testing.T) {
	s, _ := openHost(t)
	w := newWorld(t, "what", "yes")
	w.mustDial(target(s))
	want := fmt.Sprintf("The authenticity of host '[127.0.0.1]:%d' can't be established.\n"+
		"ED25519 key fingerprint is %s.\nThis key is not known by any other names.\n"+
		"Are you sure you want to continue connecting (yes/no/[fingerprint])? ", s.Port(), ssh.FingerprintSHA256(s.HostKey()))
	if w.person.asked[0] != want || w.person.asked[1] != "Please type 'yes', 'no' or the fingerprint: " {
		t.Errorf("asked %q", w.person.asked)
	}
}

func TestOneQuestionAtATime(t *testing.T) {
	const hosts = 5
	w := newWorld(t, "yes", "yes", "yes", "yes", "yes")
	var wait sync.WaitGroup
	for range hosts {
		s, _ := openHost(t)
		for range 3 { // the same host thrice: asked once
			wait.Go(func() {
				if _, err := w.dial(target(s)); err != nil {
					t.Error(err)
				}
			})
		}
	}
	wait.Wait()
	if w.person.overlap || len(w.person.asked) != hosts {
		t.Errorf("overlapping %v, %d questions, want %d", w.person.overlap, len(w.person.asked), hosts)
	}
}

// TestSlowPerson lets the server lose patience while the person thinks; the answer counts all the same.
func TestSlowPerson(t *testing.T) {
	s, _ := openHost(t)
	w := newWorld(t, "yes")
	w.person.during = s.Drop
	w.mustDial(target(s))
	if n := s.Stats().Connections; n != 2 {
		t.Errorf("%d connections, want 2", n)
	}
}

func TestKnownKeys(t *testing.T) {
	key, rsaLike, other, ca := newSigner(t), newSigner(t), newSigner(t), newSigner(t)
	ecdsaKey := newECDSA(t)
	s, _ := openHostWith(t, key)
	two, _ := openHostWith(t, key, ecdsaKey)
	name := func(s *simhost.Server) string { return fmt.Sprintf("[127.0.0.1]:%d ", s.Port()) }
	hosts := func(s ssh.Signer) string { return keyText(s.PublicKey()) + "\n" }
	cases := []struct {
		name  string
		s     *simhost.Server
		known string
		kind  transport.Kind
		text  string
	}{
		{"known", s, name(s) + hosts(key), "", ""},
		{"one of several of a type", s, name(s) + hosts(other) + name(s) + hosts(key), "", ""},
		{"the known type is negotiated", two, name(two) + hosts(ecdsaKey), "", ""},
		{"without port", s, "127.0.0.1 " + hosts(key), "", ""},
		{"wildcard", s, "*.0.0.1 " + hosts(key), "", ""},
		{"changed", s, "# a comment\n" + name(s) + hosts(other), transport.KindChangedKey, "known_hosts:2 has another"},
		{"another type only", s, name(s) + hosts(ecdsaKey), transport.KindUnknownKey, "is not known"},
		{"changed without port is unknown", s, "127.0.0.1 " + hosts(other), transport.KindUnknownKey, "is not known"},
		{"revoked", s, name(s) + hosts(key) + "@revoked * " + hosts(key), transport.KindRevokedKey, "known_hosts:2"},
		{"another key revoked", s, name(s) + hosts(key) + "@revoked * " + hosts(rsaLike), "", ""},
		{"an authority is no host key", s, "@cert-authority * " + hosts(key), transport.KindUnknownKey, "is not known"},
		{"other authority", s, "@cert-authority * " + hosts(ca), transport.KindUnknownKey, "is not known"},
	}
	for _, k := range cases {
		t.Run(k.name, func(t *testing.T) {
			w := newWorld(t)
			w.write("known_hosts", k.known)
			_, err := w.dial(target(k.s))
			if k.kind == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			wantError(t, err, k.kind, k.text)
		})
	}
}

func TestAcceptNewRefusesAnotherType(t *testing.T) {
	s, _ := openHost(t)
	w := newWorld(t)
	w.write("known_hosts", fmt.Sprintf("[127.0.0.1]:%d %s\n", s.Port(), keyText(newECDSA(t).PublicKey())))
	to := target(s)
	to.HostKeys = transport.HostKeyAcceptNew
	_, err := w.dial(to)
	wantError(t, err, transport.KindChangedKey, "known_hosts:1")
}

func TestChangedKeySaysHowToRemove(t *testing.T) {
	s, _ := openHost(t)
	w := newWorld(t, "yes")
	path := w.write("known_hosts", fmt.Sprintf("[127.0.0.1]:%d %s\n", s.Port(), keyText(newSigner(t).PublicKey())))
	_, err := w.dial(target(s))
	wantError(t, err, transport.KindChangedKey, path+":1 has another", fmt.Sprintf("ssh-keygen -R '[127.0.0.1]:%d' -f %s", s.Port(), path))
	if len(w.person.asked) != 0 {
		t.Errorf("asked %q about a changed key", w.person.asked)
	}
}

func TestHostCertificates(t *testing.T) {
	ca, key := newSigner(t), newSigner(t)
	hour := uint64(3600)
	cases := []struct {
		name string
		cert ssh.Certificate
		kind transport.Kind
		text string
	}{
		{"valid", ssh.Certificate{CertType: ssh.HostCert, ValidPrincipals: []string{"other", "127.0.0.1"}}, "", ""},
		{"wildcard", ssh.Certificate{CertType: ssh.HostCert, ValidPrincipals: []string{"127.0.*"}}, "", ""},
		{"other name", ssh.Certificate{CertType: ssh.HostCert, ValidPrincipals: []string{"db1"}}, transport.KindUnknownKey, "it is for db1, not for 127.0.0.1"},
		{"no name", ssh.Certificate{CertType: ssh.HostCert}, transport.KindUnknownKey, "not valid"},
		{"user's", ssh.Certificate{CertType: ssh.UserCert, ValidPrincipals: []string{"127.0.0.1"}}, transport.KindUnknownKey, "it is a user's certificate"},
		{"expired", ssh.Certificate{CertType: ssh.HostCert, ValidPrincipals: []string{"127.0.0.1"}, ValidAfter: 1, ValidBefore: hour}, transport.KindUnknownKey, "expired"},
	}
	for _, k := range cases {
		t.Run(k.name, func(t *testing.T) {
			k.cert.Key, k.cert.KeyId = key.PublicKey(), "id"
			signer, err := ssh.NewCertSigner(certify(t, ca, &k.cert), key)
			if err != nil {
				t.Fatal(err)
			}
			s, _ := openHostWith(t, signer)
			w := newWorld(t)
			w.write("known_hosts", "@cert-authority 127.0.0.1,[127.0.0.1]:* "+keyText(ca.PublicKey())+"\n")
			_, err = w.dial(target(s))
			if k.kind == "" && err != nil {
				t.Fatal(err)
			}
			if k.kind != "" {
				wantError(t, err, k.kind, k.text)
			}
		})
	}
}

func TestCertificateOfUnknownAuthorityIsAPlainKey(t *testing.T) {
	ca, key := newSigner(t), newSigner(t)
	cert := certify(t, ca, &ssh.Certificate{CertType: ssh.HostCert, Key: key.PublicKey(), ValidPrincipals: []string{"x"}})
	signer, err := ssh.NewCertSigner(cert, key)
	if err != nil {
		t.Fatal(err)
	}
	s, _ := openHostWith(t, signer, key)
	for _, revoked := range []bool{false, true} {
		w := newWorld(t)
		known := fmt.Sprintf("[127.0.0.1]:%d %s\n", s.Port(), keyText(key.PublicKey()))
		if revoked {
			known = "\n@revoked * " + keyText(ca.PublicKey()) + "\n@cert-authority * " + keyText(ca.PublicKey()) + "\n"
		}
		w.write("known_hosts", known)
		_, err := w.dial(target(s))
		if revoked {
			wantError(t, err, transport.KindRevokedKey, "known_hosts:2")
		} else if err != nil {
			t.Error(err)
		}
	}
}

func TestHostKeyAlias(t *testing.T) {
	s, _ := openHost(t)
	w := newWorld(t)
	w.write("known_hosts", "cluster "+keyText(s.HostKey())+"\n")
	w.write("config", "HostKeyAlias cluster\nStrictHostKeyChecking yes\n")
	w.mustDial(target(s))
}

func TestRevokedHostKeysFile(t *testing.T) {
	s, _ := openHost(t)
	w := newWorld(t)
	w.trust(s)
	list := w.write("revoked", "# bad ones\n"+keyText(s.HostKey())+"\n")
	to := target(s)
	to.SSHArgs = []string{"-o", "RevokedHostKeys=" + list}
	_, err := w.dial(to)
	wantError(t, err, transport.KindRevokedKey, "is revoked in "+list)
	to.SSHArgs = []string{"-o", "RevokedHostKeys=" + list + ".missing"}
	_, err = w.dial(to)
	wantError(t, err, transport.KindConfig, "every host key counts as revoked")
}

// TestNoPasswordForChangedKey keeps OpenSSH's last guard when checking is off.
func TestNoPasswordForChangedKey(t *testing.T) {
	s := start(t, simhost.Options{Password: "secret"})
	w := newWorld(t)
	to := target(s)
	to.HostKeys, to.Password = transport.HostKeyOff, "secret"
	w.mustDial(to)
	w.write("known_hosts", fmt.Sprintf("[127.0.0.1]:%d %s\n", s.Port(), keyText(newSigner(t).PublicKey())))
	before := s.Stats().Passwords
	_, err := w.dial(to)
	wantError(t, err, transport.KindAuth, "no password is sent to a host whose key has changed")
	if s.Stats().Passwords != before {
		t.Error("the password was sent")
	}
}

func TestHashedNames(t *testing.T) {
	s, _ := openHost(t)
	w := newWorld(t, "yes")
	w.write("config", "HashKnownHosts yes\n")
	w.mustDial(target(s))
	saved, err := os.ReadFile(filepath.Join(w.home, ".ssh", "known_hosts"))
	if err != nil || !strings.HasPrefix(string(saved), "|1|") {
		t.Errorf("%q %v", saved, err)
	}
	w.mustDial(target(s))
}

func openHostWith(t *testing.T, keys ...ssh.Signer) (*simhost.Server, string) {
	t.Helper()
	dir := t.TempDir()
	return start(t, simhost.Options{NoAuth: true, HostKeys: keys, Exec: simhost.Shell(dir), Root: dir}), dir
}
