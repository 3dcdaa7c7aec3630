package certificates_test

import (
	"encoding/pem"
	"strings"
	"testing"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/certificates"
	"github.com/musterhq/muster/modules/modulestest"
	"github.com/musterhq/muster/modules/sys"
)

// run runs a module to prepare a machine.
func run(t *testing.T, m modules.Module, s sys.System, args map[string]any) modules.Result {
	t.Helper()
	res := m.Run(t.Context(), &modules.Call{Sys: s, Args: args})
	if res.Failed() {
		t.Fatalf("%s: %v", m.Info().Name, res["msg"])
	}
	return res
}

// having merges arguments.
func having(base map[string]any, more ...any) map[string]any {
	out := map[string]any{}
	for k, v := range base {
		out[k] = v
	}
	for i := 0; i < len(more); i += 2 {
		out[more[i].(string)] = more[i+1]
	}
	return out
}

// key makes a private key on a machine.
func key(more ...any) func(*testing.T, sys.System) {
	return func(t *testing.T, s sys.System) {
		t.Helper()
		run(t, certificates.PrivateKey(), s, having(map[string]any{"path": "/key", "type": "Ed25519"}, more...))
	}
}

func begins(file, with string) func(*testing.T, sys.System, modules.Result) {
	return func(t *testing.T, s sys.System, _ modules.Result) {
		t.Helper()
		if b, err := s.ReadFile(file); err != nil || !strings.HasPrefix(string(b), with) {
			t.Errorf("%s begins %.60q (%v), want %q", file, b, err, with)
		}
	}
}

func mode(file string, want uint32) func(*testing.T, sys.System, modules.Result) {
	return func(t *testing.T, s sys.System, _ modules.Result) {
		t.Helper()
		if st, err := s.Lstat(file); err != nil || st.Perm != want {
			t.Errorf("%s has mode %o (%v), want %o", file, st.Perm, err, want)
		}
	}
}

func none(*testing.T, sys.System) {}

func meddle(file string) func(*testing.T, sys.System) {
	return func(t *testing.T, s sys.System) { modulestest.Write(t, s, file, "mine\n", 0o600) }
}

func TestPrivateKey(t *testing.T) {
	args := func(more ...any) map[string]any {
		return having(map[string]any{"path": "/key", "type": "Ed25519"}, more...)
	}
	secret := []any{"passphrase", "hunter22", "cipher", "auto"}
	modulestest.Run(t, certificates.PrivateKey(), []modulestest.Case{
		{Name: "new", Setup: none, Args: args(), Check: mode("/key", 0o600), Result: map[string]any{"type": "Ed25519", "filename": "/key"}, Meddle: meddle("/key")},
		{Name: "RSA", Setup: none, Args: args("type", "RSA", "size", 1024), Check: begins("/key", "-----BEGIN RSA PRIVATE KEY-----"), Result: map[string]any{"size": 1024}},
		{Name: "ECC", Setup: none, Args: args("type", "ECC", "curve", "secp384r1"), Check: begins("/key", "-----BEGIN EC PRIVATE KEY-----"), Result: map[string]any{"curve": "secp384r1"}},
		{Name: "ECC, pkcs8", Setup: none, Args: args("type", "ECC", "curve", "secp521r1", "format", "pkcs8"), Check: begins("/key", "-----BEGIN PRIVATE KEY-----")},
		{Name: "X25519", Setup: none, Args: args("type", "X25519"), Check: begins("/key", "-----BEGIN PRIVATE KEY-----")},
		{Name: "raw", Setup: none, Args: args("format", "raw"), Check: func(t *testing.T, s sys.System, _ modules.Result) {
			if b, err := s.ReadFile("/key"); err != nil || len(b) != 32 {
				t.Errorf("%d bytes, %v", len(b), err)
			}
		}},
		{Name: "passphrase", Setup: none, Args: args(secret...), Check: begins("/key", "-----BEGIN ENCRYPTED PRIVATE KEY-----")},
		{Name: "passphrase, pkcs1", Setup: none, Args: args(append(secret, "type", "ECC", "curve", "secp256r1")...), Check: begins("/key", "-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,")},
		{Name: "there", Setup: key(), Args: args(), Unchanged: true},
		{Name: "there, mode", Setup: key("mode", "0644"), Args: args(), Check: mode("/key", 0o600)},
		{Name: "another kind", Setup: key(), Args: args("type", "X25519", "backup", true)},
		{Name: "another kind, never", Setup: key(), Args: args("type", "X25519", "regenerate", "never"), Unchanged: true},
		{Name: "another kind, fail", Setup: key(), Args: args("type", "X25519", "regenerate", "fail"), Failed: "Key has wrong type and/or size."},
		{Name: "another curve", Setup: key("type", "ECC", "curve", "secp224r1"), Args: args("type", "ECC", "curve", "secp256r1")},
		{Name: "another form", Setup: key(), Args: args("format", "raw")},
		{Name: "another form, fail", Setup: key(), Args: args("format", "raw", "regenerate", "fail"), Failed: "Key has wrong format."},
		{Name: "another passphrase", Setup: key(secret...), Args: args()},
		{Name: "another passphrase, partial", Setup: key(secret...), Args: args("regenerate", "partial_idempotence"), Failed: "Unable to read the key."},
		{Name: "a passphrase too many", Setup: key(), Args: args(append(secret, "regenerate", "partial_idempotence")...), Failed: "Unable to read the key."},
		{Name: "broken", Setup: func(t *testing.T, s sys.System) { modulestest.Write(t, s, "/key", "x\n", 0o600) }, Args: args()},
		{Name: "force", Setup: key(), Args: args("force", true), Repeats: true},
		{Name: "a link", Setup: func(t *testing.T, s sys.System) {
			key("type", "X25519")(t, s)
			if err := s.Rename("/key", "/etc/key"); err != nil {
				t.Fatal(err)
			}
			if err := s.Symlink("etc/key", "/key"); err != nil {
				t.Fatal(err)
			}
		}, Args: args(), Check: mode("/etc/key", 0o600)},
		{Name: "absent", Setup: key(), Args: args("state", "absent", "backup", true)},
		{Name: "absent already", Setup: none, Args: args("state", "absent"), Unchanged: true},
		{Name: "no folder", Setup: none, Args: args("path", "/no/key"), Failed: "The directory /no does not exist"},
		{Name: "no curve", Setup: none, Args: args("type", "ECC"), Failed: "type is ECC but all of the following are missing: curve"},
		{Name: "unsupported curve", Setup: none, Args: args("type", "ECC", "curve", "sect163k1"), Failed: "sect163k1 is not supported"},
		{Name: "unsupported kind", Setup: none, Args: args("type", "DSA"), Failed: "keys of type DSA are not supported"},
		{Name: "small", Setup: none, Args: args("type", "RSA", "size", 512), Failed: "an RSA key has at least 1024 bits"},
		{Name: "no such form", Setup: none, Args: args("format", "pkcs1"), Failed: "cannot serialize the private key"},
		{Name: "cipher", Setup: none, Args: args("passphrase", "x", "cipher", "aes256"), Failed: `can only use "auto"`},
	})
}

// TestConvert writes the same key in another form, and not another key.
func TestConvert(t *testing.T) {
	s := modulestest.NewMachine(t)
	first := run(t, certificates.PrivateKey(), s, map[string]any{"path": "/key", "type": "ECC", "curve": "secp256r1", "size": 256})
	args := map[string]any{"path": "/key", "type": "ECC", "curve": "secp256r1", "format": "pkcs8", "format_mismatch": "convert"}
	second := run(t, certificates.PrivateKey(), s, args)
	begins("/key", "-----BEGIN PRIVATE KEY-----")(t, s, nil)
	if !second.Changed() || modules.PyRepr(first["fingerprint"]) != modules.PyRepr(second["fingerprint"]) {
		t.Errorf("changed=%v, %v became %v", second.Changed(), first["fingerprint"], second["fingerprint"])
	}
	if res := run(t, certificates.PrivateKey(), s, args); res.Changed() {
		t.Error("converted twice")
	}
}

// TestKeyStaysSecret looks for the key in results, differences and the journal's entries.
func TestKeyStaysSecret(t *testing.T) {
	s := modulestest.NewMachine(t)
	j := modulestest.NewJournal()
	res := certificates.PrivateKey().Run(t.Context(), &modules.Call{Sys: s, Diff: true, Journal: j,
		Args: map[string]any{"path": "/key", "type": "Ed25519", "passphrase": "hunter22", "cipher": "auto", "format": "pkcs8"}})
	content, err := s.ReadFile("/key")
	block, _ := pem.Decode(content)
	if err != nil || block == nil {
		t.Fatal(err, res)
	}
	said := modules.PyRepr(map[string]any(res))
	for _, e := range j.Entries {
		said += string(e.Params) + string(e.From) + string(e.To)
	}
	for _, p := range j.Posts {
		said += string(p)
	}
	for _, secret := range []string{"hunter22", strings.Split(string(content), "\n")[1]} {
		if strings.Contains(said, secret) {
			t.Errorf("%q was told: %s", secret, said)
		}
	}
	shown := run(t, certificates.PrivateKey(), s, map[string]any{"path": "/key", "type": "Ed25519", "passphrase": "hunter22", "cipher": "auto", "format": "pkcs8", "return_content": true})
	if shown["privatekey"] != string(content) {
		t.Errorf("return_content: %v", shown["privatekey"])
	}
}

func TestPrivateKeyInfo(t *testing.T) {
	modulestest.Run(t, certificates.PrivateKeyInfo(), []modulestest.Case{
		{Name: "RSA", Setup: key("type", "RSA", "size", 1024), Args: map[string]any{"path": "/key", "check_consistency": true}, Unchanged: true,
			Result: map[string]any{"can_parse_key": true, "can_load_key": true, "type": "RSA", "key_is_consistent": true}, Check: func(t *testing.T, _ sys.System, res modules.Result) {
				if n, _ := res["public_data"].(map[string]any)["modulus"].(string); len(n) < 300 {
					t.Errorf("modulus %q", n)
				}
				if where := modules.PyRepr(res[modules.IntegersKey]); where != "[['public_data', 'modulus']]" {
					t.Errorf("large integers: %s", where)
				}
				if _, told := res["private_data"]; told {
					t.Error("the secret numbers were told")
				}
			}},
		{Name: "ECC", Setup: key("type", "ECC", "curve", "secp224r1"), Args: map[string]any{"path": "/key", "return_private_key_data": true}, Unchanged: true,
			Check: func(t *testing.T, _ sys.System, res modules.Result) {
				if data := res["public_data"].(map[string]any); data["curve"] != "secp224r1" || data["exponent_size"] != 224 || res["private_data"] == nil {
					t.Error(res)
				}
			}},
		{Name: "passphrase", Setup: key("passphrase", "hunter22", "cipher", "auto"), Args: map[string]any{"path": "/key"}, Failed: "Wrong or empty passphrase provided for private key"},
		{Name: "wrong passphrase", Setup: key("passphrase", "hunter22", "cipher", "auto"), Args: map[string]any{"path": "/key", "passphrase": "hunter33"}, Failed: "Wrong passphrase provided for private key"},
		{Name: "nothing", Setup: none, Args: map[string]any{"path": "/key"}, Failed: "Error while reading private key file from disk: [Errno 2] No such file or directory: '/key'"},
	})
}

func TestPublicKey(t *testing.T) {
	args := func(more ...any) map[string]any {
		return having(map[string]any{"path": "/pub", "privatekey_path": "/key"}, more...)
	}
	made := func(more ...any) func(*testing.T, sys.System) {
		return func(t *testing.T, s sys.System) {
			key()(t, s)
			run(t, certificates.PublicKey(), s, args(more...))
		}
	}
	modulestest.Run(t, certificates.PublicKey(), []modulestest.Case{
		{Name: "new", Setup: key(), Args: args(), Check: begins("/pub", "-----BEGIN PUBLIC KEY-----"), Result: map[string]any{"format": "PEM", "privatekey": "/key", "filename": "/pub"}, Meddle: meddle("/pub")},
		{Name: "OpenSSH", Setup: key(), Args: args("format", "OpenSSH"), Check: begins("/pub", "ssh-ed25519 ")},
		{Name: "OpenSSH, RSA", Setup: key("type", "RSA", "size", 1024), Args: args("format", "OpenSSH"), Check: begins("/pub", "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQ")},
		{Name: "OpenSSH, ECC", Setup: key("type", "ECC", "curve", "secp521r1"), Args: args("format", "OpenSSH"), Check: begins("/pub", "ecdsa-sha2-nistp521 AAAAE2VjZHNhLXNoYTItbmlzdHA1MjEAAAAIbmlzdHA1MjEAAACFB")},
		{Name: "OpenSSH has no such kind", Setup: key("type", "X25519"), Args: args("format", "OpenSSH"), Failed: "SSH has no keys of this kind"},
		{Name: "there", Setup: made(), Args: args(), Unchanged: true},
		{Name: "there with a comment", Setup: func(t *testing.T, s sys.System) {
			made("format", "OpenSSH")(t, s)
			b, err := s.ReadFile("/pub")
			if err != nil {
				t.Fatal(err)
			}
			modulestest.Write(t, s, "/pub", string(b)+" me@here\n", 0o644)
		}, Args: args("format", "OpenSSH"), Unchanged: true},
		{Name: "of another key", Setup: func(t *testing.T, s sys.System) {
			made()(t, s)
			key("force", true)(t, s)
		}, Args: args("backup", true)},
		{Name: "another form", Setup: made(), Args: args("format", "OpenSSH", "mode", "0600"), Check: mode("/pub", 0o600)},
		{Name: "absent", Setup: made(), Args: args("state", "absent")},
		{Name: "no private key", Setup: made(), Args: args("privatekey_path", "/no"), Failed: "The private key /no does not exist"},
		{Name: "passphrase", Setup: key("passphrase", "hunter22", "cipher", "auto"), Args: args("path", "/key", "privatekey_passphrase", "hunter33"), Failed: "Wrong passphrase"},
	})
	modulestest.Run(t, certificates.PublicKeyInfo(), []modulestest.Case{
		{Name: "PEM", Setup: made(), Args: map[string]any{"path": "/pub"}, Unchanged: true, Result: map[string]any{"type": "Ed25519", "public_data": map[string]any{}}},
		{Name: "no key", Setup: none, Args: map[string]any{"path": "/etc/passwd"}, Failed: "Error while deserializing key"},
	})
}
