package facts

import "strings"

// sshKeys gives the host's public keys, from the first folder that has any.
func (g *gathering) sshKeys() map[string]any {
	facts := map[string]any{}
	for _, dir := range []string{"/etc/ssh", "/etc/openssh", "/etc"} {
		for _, algorithm := range []string{"dsa", "rsa", "ecdsa", "ed25519"} {
			fields := strings.Fields(g.text(dir + "/ssh_host_" + algorithm + "_key.pub"))
			if len(fields) < 2 {
				continue
			}
			name := "ssh_host_key_" + algorithm + "_public"
			facts[name], facts[name+"_keytype"] = fields[1], fields[0]
		}
		if len(facts) > 0 {
			return facts
		}
	}
	return facts
}
