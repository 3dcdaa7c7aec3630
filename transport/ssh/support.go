package ssh

import (
	"fmt"
	"strings"

	"github.com/musterhq/muster/transport/ssh/sshconfig"
)

// honoured are the options that this package obeys.
const honoured = " addressfamily batchmode bindaddress bindinterface canonicaldomains canonicalizefallbacklocal " +
	"canonicalizehostname canonicalizemaxdots canonicalizepermittedcnames casignaturealgorithms certificatefile " +
	"ciphers connectionattempts connecttimeout fingerprinthash forwardagent globalknownhostsfile hashknownhosts " +
	"hostkeyalgorithms hostkeyalias hostname identitiesonly identityagent identityfile ignoreunknown " +
	"kbdinteractiveauthentication kexalgorithms macs nohostauthenticationforlocalhost numberofpasswordprompts " +
	"passwordauthentication port preferredauthentications proxycommand proxyjump pubkeyacceptedalgorithms " +
	"pubkeyauthentication refuseconnection rekeylimit requiredrsasize revokedhostkeys sendenv serveralivecountmax " +
	"serveraliveinterval setenv stricthostkeychecking tag tcpkeepalive user userknownhostsfile "

// harmless are the options whose absence no task can notice: multiplexing, terminals, logging, compression, and
// abilities of interactive sessions.
const harmless = " addkeystoagent channeltimeout checkhostip clearallforwardings compression controlmaster controlpath " +
	"controlpersist enableescapecommandline enablesshkeysign escapechar exitonforwardfailure forkafterauthentication " +
	"forwardx11timeout gatewayports gssapiclientidentity gssapidelegatecredentials gssapikexalgorithms " +
	"gssapirenewalforcesrekey gssapiserveridentity gssapitrustdns hostbasedacceptedalgorithms ipqos kbdinteractivedevices " +
	"logverbose loglevel obscurekeystroketiming permitremoteopen requesttty stdinnull streamlocalbindmask " +
	"streamlocalbindunlink syslogfacility updatehostkeys usekeychain versionaddendum visualhostkey warnweakcrypto " +
	"xauthlocation "

// checkSupport refuses options of the command line that cannot be honoured, unless they only switch something off.
// In files, which belong to ssh, such options are for other programs; they are noted and passed over.
func (d *Dialer) checkSupport(c *sshconfig.Config) error {
	for _, keyword := range c.Keywords() {
		if strings.Contains(honoured, " "+keyword+" ") || strings.Contains(harmless, " "+keyword+" ") {
			continue
		}
		for _, v := range c.All(keyword) {
			value := strings.Join(v.Words, " ")
			switch {
			case neutral(keyword, value):
			case v.FromArgs():
				return fmt.Errorf("ssh option %s=%s cannot be honoured", keyword, value)
			case keyword == "proxyusefdpass":
				return fmt.Errorf("%s:%d: %s %s cannot be honoured", v.Pos.File, v.Pos.Line, keyword, value)
			default:
				d.note(fmt.Sprintf("%s:%d: %s %s has no effect here", v.Pos.File, v.Pos.Line, keyword, value))
			}
		}
	}
	return nil
}

// note logs something once, however many hosts it concerns.
func (d *Dialer) note(text string) {
	if _, known := d.noted.LoadOrStore(text, true); !known {
		d.options.Logf("%s", text)
	}
}

// neutral reports whether a value asks for nothing.
func neutral(keyword, value string) bool {
	switch strings.ToLower(value) {
	case "no", "none", "false", "off", "internal", "":
		return true
	case "default":
		return keyword == "sessiontype" || keyword == "tunnel"
	}
	return false
}
