package sshconfig

import "strings"

// class says how a directive's values combine.
type class int

const (
	single  class = iota // one word, first directive wins
	list                 // several words, first directive wins
	collect              // every directive counts, in order
	raw                  // the rest of the line, first directive wins
	retired              // accepted and without effect, as in OpenSSH
)

// keywordClass returns how a keyword's values combine; ok is false for an unknown one.
func keywordClass(keyword string) (c class, ok bool) {
	switch keyword {
	case "userknownhostsfile", "globalknownhostsfile", "setenv", "canonicaldomains", "canonicalizepermittedcnames",
		"ipqos", "rekeylimit", "channeltimeout", "permitremoteopen", "logverbose", "ignoreunknown":
		return list, true
	case "identityfile", "certificatefile", "sendenv", "localforward", "remoteforward", "dynamicforward":
		return collect, true
	case "proxycommand", "knownhostscommand", "localcommand", "remotecommand":
		return raw, true
	}
	if strings.Contains(singleKeywords, " "+keyword+" ") {
		return single, true
	}
	if strings.Contains(retiredKeywords, " "+keyword+" ") {
		return retired, true
	}
	return 0, false
}

func isRaw(keyword string) bool {
	c, ok := keywordClass(keyword)
	return ok && c == raw
}

// canonicalKeyword maps the spellings that OpenSSH keeps for old files to the current ones.
func canonicalKeyword(keyword string) string {
	switch keyword {
	case "keepalive":
		return "tcpkeepalive"
	case "dsaauthentication":
		return "pubkeyauthentication"
	case "challengeresponseauthentication", "skeyauthentication", "tisauthentication":
		return "kbdinteractiveauthentication"
	case "pubkeyacceptedkeytypes":
		return "pubkeyacceptedalgorithms"
	case "hostbasedkeytypes", "hostbasedacceptedkeytypes":
		return "hostbasedacceptedalgorithms"
	case "identityfile2":
		return "identityfile"
	case "smartcarddevice":
		return "pkcs11provider"
	case "rsaminsize":
		return "requiredrsasize"
	case "globalknownhostsfile2", "userknownhostsfile2":
		return "cipher" // retired like it: a second file is a second word today
	}
	return keyword
}

const singleKeywords = " hostname host match include port user addkeystoagent addressfamily batchmode bindaddress " +
	"bindinterface canonicalizefallbacklocal canonicalizehostname canonicalizemaxdots casignaturealgorithms " +
	"checkhostip ciphers clearallforwardings compression connectionattempts connecttimeout controlmaster controlpath " +
	"controlpersist enableescapecommandline enablesshkeysign escapechar exitonforwardfailure fingerprinthash " +
	"forkafterauthentication forwardagent forwardx11 forwardx11timeout forwardx11trusted gatewayports " +
	"gssapiauthentication gssapidelegatecredentials gssapikeyexchange gssapikexalgorithms gssapiclientidentity " +
	"gssapiserveridentity gssapirenewalforcesrekey gssapitrustdns hashknownhosts hostbasedacceptedalgorithms " +
	"hostbasedauthentication hostkeyalgorithms hostkeyalias identitiesonly identityagent kbdinteractiveauthentication " +
	"kbdinteractivedevices kexalgorithms loglevel macs nohostauthenticationforlocalhost numberofpasswordprompts " +
	"obscurekeystroketiming passwordauthentication permitlocalcommand pkcs11provider preferredauthentications " +
	"proxyjump proxyusefdpass pubkeyacceptedalgorithms pubkeyauthentication refuseconnection requesttty " +
	"requiredrsasize revokedhostkeys securitykeyprovider serveralivecountmax serveraliveinterval sessiontype " +
	"stdinnull streamlocalbindmask streamlocalbindunlink stricthostkeychecking syslogfacility tag tcpkeepalive tunnel " +
	"tunneldevice updatehostkeys usekeychain verifyhostkeydns versionaddendum visualhostkey warnweakcrypto " +
	"xauthlocation "

const retiredKeywords = " afstokenpassing cipher compressionlevel fallbacktorsh kerberosauthentication " +
	"kerberostgtpassing protocol rhostsauthentication rhostsrsaauthentication rsaauthentication useblacklistedkeys " +
	"useprivilegedport useroaming usersh "
