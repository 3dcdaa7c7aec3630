package certificates_test

import (
	"os"
	"testing"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/certificates"
	"github.com/musterhq/muster/modules/modulestest"
	"github.com/musterhq/muster/modules/sys"
)

// everything are the parameters of a request that has all extensions.
func everything() map[string]any {
	list := func(items ...any) []any { return items }
	return map[string]any{"path": "/csr", "privatekey_path": "/key", "email_address": "a@example.org",
		"subject":          map[string]any{"CN": "www.example.org", "O": list("One", "Two"), "countryName": "DE", "1.2.3.4": "x"},
		"subject_alt_name": list("DNS:*.bücher.example", "IP:192.0.2.1", "IP:2001:db8::1", "email:me@example.org", "URI:https://WWW.example.org/x", "RID:1.2.3.4", "otherName:1.2.3.4;0c:01:61", "otherName:1.2.3.5;UTF8:bob", `dirName:CN=x\, y,O=z`),
		"key_usage":        list("digitalSignature", "Key Agreement", "decipherOnly"), "key_usage_critical": true, "extended_key_usage": list("serverAuth", "1.2.3.4"),
		"basic_constraints": list("CA:TRUE", "pathlen:0"), "basic_constraints_critical": true, "ocsp_must_staple": true,
		"name_constraints_permitted": list("DNS:example.org", "IP:192.0.2.0/24"), "name_constraints_excluded": list("email:.com"),
		"create_subject_key_identifier": true, "authority_key_identifier": "44:55", "authority_cert_issuer": list("DNS:ca.example.org"), "authority_cert_serial_number": 12345678,
		"crl_distribution_points": list(map[string]any{"full_name": list("URI:http://ca.example.org/crl"), "reasons": list("key_compromise", "aa_compromise")}, map[string]any{"relative_name": list("CN=x")}),
	}
}

func request(more ...any) func(*testing.T, sys.System) {
	return func(t *testing.T, s sys.System) {
		t.Helper()
		key()(t, s)
		run(t, certificates.CSR(), s, having(map[string]any{"path": "/csr", "privatekey_path": "/key", "common_name": "www.example.org"}, more...))
	}
}

func TestCSR(t *testing.T) {
	args := func(more ...any) map[string]any {
		return having(map[string]any{"path": "/csr", "privatekey_path": "/key", "common_name": "www.example.org"}, more...)
	}
	modulestest.Run(t, certificates.CSR(), []modulestest.Case{
		{Name: "new", Setup: key(), Args: args(), Check: begins("/csr", "-----BEGIN CERTIFICATE REQUEST-----"), Meddle: meddle("/csr"),
			Result: map[string]any{"subject": []any{[]any{"CN", "www.example.org"}}, "subjectAltName": []any{"DNS:www.example.org"}, "keyUsage": nil, "privatekey": "/key"}},
		{Name: "everything", Setup: key(), Args: everything()},
		{Name: "there", Setup: request(), Args: args(), Unchanged: true},
		{Name: "the key is encrypted", Setup: key("passphrase", "hunter22", "cipher", "auto"), Args: args("privatekey_passphrase", "hunter22")},
		{Name: "another name", Setup: request(), Args: args("common_name", "other", "backup", true)},
		{Name: "another order", Setup: request("organization_name", "x"), Args: having(map[string]any{"path": "/csr", "privatekey_path": "/key"}, "subject_ordered", []any{map[string]any{"CN": "www.example.org"}, map[string]any{"O": "x"}})},
		{Name: "the order does not matter", Setup: request("organization_name", "x"), Args: having(map[string]any{"path": "/csr", "privatekey_path": "/key"}, "subject", map[string]any{"CN": "www.example.org", "O": "x"}), Unchanged: true},
		{Name: "critical", Setup: request(), Args: args("subject_alt_name_critical", true)},
		{Name: "names in another order", Setup: request("subject_alt_name", []any{"DNS:a", "DNS:b"}), Args: args("subject_alt_name", []any{"DNS:b", "DNS:a"}), Unchanged: true},
		{Name: "one extension less", Setup: request("key_usage", []any{"digitalSignature"}), Args: args()},
		{Name: "another key", Setup: func(t *testing.T, s sys.System) {
			request()(t, s)
			key("force", true)(t, s)
		}, Args: args()},
		{Name: "broken", Setup: func(t *testing.T, s sys.System) {
			key()(t, s)
			modulestest.Write(t, s, "/csr", "x", 0o644)
		}, Args: args()},
		{Name: "force", Setup: request(), Args: args("force", true), Repeats: true},
		{Name: "absent", Setup: request(), Args: args("state", "absent")},
		{Name: "no key", Setup: request(), Args: args("privatekey_path", "/no"), Failed: "No such file or directory: '/no'"},
		{Name: "no prefix", Setup: key(), Args: args("subject_alt_name", []any{"www"}), Failed: `(forgot "DNS:" prefix?)`},
		{Name: "host bits", Setup: key(), Args: args("name_constraints_permitted", []any{"IP:192.0.2.1/24"}), Failed: "192.0.2.1/24 has host bits set"},
		{Name: "usage", Setup: key(), Args: args("key_usage", []any{"nothing"}), Failed: `Unknown key usage "nothing"`},
		{Name: "constraint", Setup: key(), Args: args("basic_constraints", []any{"CA:MAYBE"}), Failed: `Unknown basic constraint value "MAYBE" for CA`},
		{Name: "country", Setup: key(), Args: args("country_name", "DEU"), Failed: "Country name must be a 2 character country code"},
		{Name: "part of a name", Setup: key(), Args: args("subject", map[string]any{"nonsense": "x"}), Failed: `Cannot find OID for "nonsense"`},
	})
}

// TestCheckBeforeTheKey predicts a request although the key is not there yet: an earlier task is going to make it.
func TestCheckBeforeTheKey(t *testing.T) {
	s := modulestest.NewMachine(t)
	for m, args := range map[modules.Module]map[string]any{
		certificates.CSR():         {"path": "/csr", "privatekey_path": "/key", "common_name": "x"},
		certificates.PublicKey():   {"path": "/pub", "privatekey_path": "/key"},
		certificates.Certificate(): {"path": "/crt", "privatekey_path": "/key", "csr_path": "/csr", "provider": "selfsigned"},
	} {
		if res := m.Run(t.Context(), &modules.Call{Sys: s, Check: true, Diff: true, Args: args}); res.Failed() || !res.Changed() {
			t.Errorf("%s: %v", m.Info().Name, res)
		}
		if res := m.Run(t.Context(), &modules.Call{Sys: s, Args: args}); !res.Failed() {
			t.Errorf("%s without a key: %v", m.Info().Name, res)
		}
	}
}

func TestCSRInfo(t *testing.T) {
	s := modulestest.NewMachine(t)
	key()(t, s)
	run(t, certificates.CSR(), s, everything())
	res := run(t, certificates.CSRInfo(), s, map[string]any{"path": "/csr", "name_encoding": "unicode"})
	for k, want := range map[string]string{
		"subject_ordered":              `[['countryName', 'DE'], ['organizationName', 'One'], ['organizationName', 'Two'], ['commonName', 'www.example.org'], ['1.2.3.4', 'x']]`,
		"subject_alt_name":             `['DNS:*.bücher.example', 'IP:192.0.2.1', 'IP:2001:db8::1', 'email:me@example.org', 'URI:https://www.example.org/x', 'RID:1.2.3.4', 'otherName:1.2.3.4;0c:01:61', 'otherName:1.2.3.5;0c:03:62:6f:62', 'dirName:CN=x\\, y,O=z']`,
		"key_usage":                    `['Decipher Only', 'Digital Signature', 'Key Agreement']`,
		"extended_key_usage":           `['1.2.3.4', 'TLS Web Server Authentication']`,
		"basic_constraints":            `['CA:TRUE', 'pathlen:0']`,
		"basic_constraints_critical":   "True",
		"ocsp_must_staple":             "True",
		"name_constraints_permitted":   `['DNS:example.org', 'IP:192.0.2.0/24']`,
		"name_constraints_excluded":    `['email:.com']`,
		"authority_key_identifier":     `'44:55'`,
		"authority_cert_issuer":        `['DNS:ca.example.org']`,
		"authority_cert_serial_number": "12345678",
		"signature_valid":              "True",
		"public_key_type":              "'Ed25519'",
	} {
		got := modules.PyRepr(res[k])
		if k == "subject_ordered" {
			want = `[['emailAddress', 'a@example.org'], ` + want[1:]
		}
		if got != want {
			t.Errorf("%s = %s\nwant %s", k, got, want)
		}
	}
}

func TestCertificate(t *testing.T) {
	self := func(more ...any) map[string]any {
		return having(map[string]any{"path": "/crt", "privatekey_path": "/key", "csr_path": "/csr", "provider": "selfsigned"}, more...)
	}
	made := func(more ...any) func(*testing.T, sys.System) {
		return func(t *testing.T, s sys.System) {
			request()(t, s)
			run(t, certificates.Certificate(), s, self(more...))
		}
	}
	own := map[string]any{"path": "/app.crt", "csr_path": "/csr", "provider": "ownca", "ownca_path": "/ca.crt", "ownca_privatekey_path": "/ca.key"}
	authority := func(t *testing.T, s sys.System) {
		request()(t, s)
		run(t, certificates.PrivateKey(), s, map[string]any{"path": "/ca.key", "type": "ECC", "curve": "secp256r1"})
		run(t, certificates.CSR(), s, map[string]any{"path": "/ca.csr", "privatekey_path": "/ca.key", "common_name": "CA", "basic_constraints": []any{"CA:TRUE"}})
		run(t, certificates.Certificate(), s, map[string]any{"path": "/ca.crt", "privatekey_path": "/ca.key", "csr_path": "/ca.csr", "provider": "selfsigned"})
	}
	signed := func(more ...any) func(*testing.T, sys.System) {
		return func(t *testing.T, s sys.System) {
			authority(t, s)
			run(t, certificates.Certificate(), s, having(own, more...))
		}
	}
	modulestest.Run(t, certificates.Certificate(), []modulestest.Case{
		{Name: "new", Setup: request(), Args: self(), Check: begins("/crt", "-----BEGIN CERTIFICATE-----"), Result: map[string]any{"privatekey": "/key", "csr": "/csr", "filename": "/crt"}, Meddle: meddle("/crt")},
		{Name: "times", Setup: request(), Args: self("selfsigned_not_before", "20200101000000Z", "selfsigned_not_after", "20600101000000Z", "ignore_timestamps", false), Result: map[string]any{"notBefore": "20200101000000Z", "notAfter": "20600101000000Z"}},
		{Name: "there", Setup: made(), Args: self("selfsigned_not_after", "+1w"), Unchanged: true},
		{Name: "there, other times", Setup: made(), Args: self("selfsigned_not_before", "20200101000000Z", "selfsigned_not_after", "20300101000000Z", "ignore_timestamps", false, "backup", true)},
		{Name: "no request", Setup: key(), Args: map[string]any{"path": "/crt", "privatekey_path": "/key", "provider": "selfsigned"}},
		{Name: "another request", Setup: func(t *testing.T, s sys.System) {
			made()(t, s)
			request("common_name", "other")(t, s)
		}, Args: self()},
		{Name: "no identifier", Setup: made(), Args: self("selfsigned_create_subject_key_identifier", "never_create")},
		{Name: "absent", Setup: made(), Args: self("state", "absent")},
		{Name: "of an authority", Setup: authority, Args: own, Result: map[string]any{"ca_cert": "/ca.crt", "ca_privatekey": "/ca.key", "privatekey": nil}},
		{Name: "of an authority, there", Setup: signed(), Args: own, Unchanged: true},
		{Name: "of another authority", Setup: func(t *testing.T, s sys.System) {
			signed()(t, s)
			run(t, certificates.PrivateKey(), s, map[string]any{"path": "/ca.key", "type": "ECC", "curve": "secp256r1", "force": true})
			run(t, certificates.CSR(), s, map[string]any{"path": "/ca.csr", "privatekey_path": "/ca.key", "common_name": "CA", "basic_constraints": []any{"CA:TRUE"}})
			run(t, certificates.Certificate(), s, map[string]any{"path": "/ca.crt", "privatekey_path": "/ca.key", "csr_path": "/ca.csr", "provider": "selfsigned"})
		}, Args: own},
		{Name: "the authority's key is another one", Setup: authority, Args: having(own, "ownca_privatekey_path", "/key", "path", "/crt"), Failed: "The CA private key does not belong to the CA certificate"},
		{Name: "no request for an authority", Setup: authority, Args: map[string]any{"path": "/crt", "provider": "ownca", "ownca_path": "/ca.crt", "ownca_privatekey_path": "/ca.key"}, Failed: "csr_path or csr_content is required for ownca provider"},
		{Name: "ACME", Setup: none, Args: map[string]any{"path": "/crt", "provider": "acme", "csr_path": "/csr", "acme_accountkey_path": "/a"}, Failed: "provider: acme is not supported"},
		{Name: "no provider", Setup: none, Args: map[string]any{"path": "/crt"}, Failed: "state is present but all of the following are missing: provider"},
		{Name: "time", Setup: none, Args: self("selfsigned_not_after", "soon"), Failed: `The time spec "soon" for selfsigned_not_after is invalid`},
	})
}

// TestOddCertificate describes a certificate that crypto/x509 does not read: a name in its constraints is none.
func TestOddCertificate(t *testing.T) {
	s := modulestest.NewMachine(t)
	text, err := os.ReadFile("testdata/odd.crt")
	if err != nil {
		t.Fatal(err)
	}
	res := run(t, certificates.CertificateInfo(), s, map[string]any{"content": string(text), "valid_at": map[string]any{"long ago": "19990101000000Z"}})
	if got := modules.PyRepr(res["extended_key_usage"]); got != "['1.3.6.1.5.5.7.3.99', 'TLS Web Client Authentication', 'TLS Web Server Authentication']" || modules.PyRepr(res["valid_at"]) != "{'long ago': False}" {
		t.Error(got, res["valid_at"])
	}
}

// TestPipes makes a request and a certificate without a file, and finds them as they are the second time.
func TestPipes(t *testing.T) {
	s := modulestest.NewMachine(t)
	key()(t, s)
	before := modulestest.Snapshot(t, s)
	for m, c := range map[modules.Module]struct {
		key  string
		args map[string]any
	}{
		certificates.CSRPipe():         {"csr", map[string]any{"privatekey_path": "/key", "common_name": "x"}},
		certificates.CertificatePipe(): {"certificate", map[string]any{"privatekey_path": "/key", "provider": "selfsigned"}},
	} {
		if res := m.Run(t.Context(), &modules.Call{Sys: s, Check: true, Args: c.args}); !res.Changed() || res[c.key] != nil {
			t.Errorf("%s in check mode: %v", m.Info().Name, res)
		}
		first := run(t, m, s, c.args)
		again := run(t, m, s, having(c.args, "content", first[c.key]))
		if !first.Changed() || again.Changed() || again[c.key] != first[c.key] {
			t.Errorf("%s: %v, then %v", m.Info().Name, first, again)
		}
	}
	if after := modulestest.Snapshot(t, s); after != before {
		t.Errorf("the machine changed:\n%s", modulestest.Difference(before, after))
	}
}
