package ssh

import (
	"fmt"
	"slices"
	"strings"

	"golang.org/x/crypto/ssh"

	"github.com/musterhq/muster/transport/ssh/sshconfig"
)

// choose applies an OpenSSH algorithm list to defaults: a plain list replaces them, + appends, - removes, ^ puts
// first. Names may be patterns when removing. Names that this program does not know are left out.
func choose(keyword, spec string, defaults, known []string) ([]string, error) {
	if spec == "" {
		return defaults, nil
	}
	mode := spec[0]
	names := strings.Split(strings.TrimLeft(spec, "+-^"), ",")
	var chosen []string
	switch mode {
	case '-':
		chosen = slices.DeleteFunc(slices.Clone(defaults), func(name string) bool { return sshconfig.MatchList(names, name) })
	case '+':
		chosen = unique(slices.Concat(defaults, supported(names, known)))
	case '^':
		chosen = unique(slices.Concat(supported(names, known), defaults))
	default:
		chosen = supported(names, known)
	}
	if len(chosen) == 0 {
		return nil, fmt.Errorf("%s %s leaves none that is supported (those are %s)", keyword, spec, strings.Join(known, ","))
	}
	return chosen, nil
}

func supported(names, known []string) []string {
	var out []string
	for _, name := range names {
		for _, k := range known {
			if sshconfig.Match(strings.TrimSuffix(name, "@libssh.org"), k) {
				out = append(out, k)
			}
		}
	}
	return out
}

func unique(names []string) []string {
	var out []string
	for _, n := range names {
		if !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	return out
}

// defaultHostKeys prefers what is cheap to check; certificates come first, as in OpenSSH.
func defaultHostKeys() []string {
	return []string{
		ssh.CertAlgoED25519v01, ssh.CertAlgoECDSA256v01, ssh.CertAlgoECDSA384v01, ssh.CertAlgoECDSA521v01,
		ssh.CertAlgoRSASHA512v01, ssh.CertAlgoRSASHA256v01,
		ssh.KeyAlgoED25519, ssh.KeyAlgoECDSA256, ssh.KeyAlgoECDSA384, ssh.KeyAlgoECDSA521,
		ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256,
	}
}

// defaultPublicKeys are the signature algorithms offered to prove a key, without SHA-1.
func defaultPublicKeys() []string {
	return []string{ssh.KeyAlgoED25519, ssh.KeyAlgoSKED25519, ssh.KeyAlgoECDSA256, ssh.KeyAlgoECDSA384, ssh.KeyAlgoECDSA521,
		ssh.KeyAlgoSKECDSA256, ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256}
}

// hostKeyKnown are the host key algorithms that may be asked for by name.
func hostKeyKnown() []string {
	return unique(slices.Concat(defaultHostKeys(), ssh.SupportedAlgorithms().HostKeys, ssh.InsecureAlgorithms().HostKeys))
}

// algorithmsOf returns the host key algorithms by which a key of a type is shown, as itself or in a certificate.
func algorithmsOf(keyType string, certificate bool) []string {
	algorithms := []string{keyType}
	if keyType == ssh.KeyAlgoRSA {
		algorithms = []string{ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256, ssh.KeyAlgoRSA}
	}
	if !certificate {
		return algorithms
	}
	for i, a := range algorithms {
		algorithms[i] = certificateName(a)
	}
	return algorithms
}

func certificateName(algorithm string) string {
	if base, ok := strings.CutSuffix(algorithm, "@openssh.com"); ok { // security keys
		return base + "-cert-v01@openssh.com"
	}
	return algorithm + "-cert-v01@openssh.com"
}

// cryptography maps the algorithm options of a host.
func cryptography(c *sshconfig.Config) (ssh.Config, error) {
	good, weak := ssh.SupportedAlgorithms(), ssh.InsecureAlgorithms()
	var out ssh.Config
	var err error
	pick := func(keyword string, defaults, more []string) (chosen []string) {
		if err == nil {
			chosen, err = choose(keyword, c.Text(keyword), defaults, slices.Concat(defaults, more))
		}
		return chosen
	}
	out.Ciphers = pick("ciphers", good.Ciphers, weak.Ciphers)
	out.MACs = pick("macs", good.MACs, weak.MACs)
	out.KeyExchanges = pick("kexalgorithms", good.KeyExchanges, weak.KeyExchanges)
	return out, err
}
