package systemd

import (
	"fmt"
	"net/netip"
	"strings"
)

// signalName is a signal's name without SIG, or its number.
func signalName(v any) string {
	n, ok := v.(int32)
	names := strings.Fields("HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP TTIN TTOU URG XCPU XFSZ VTALRM PROF WINCH IO PWR SYS")
	if !ok || n < 1 || int(n) > len(names) {
		return fmt.Sprint(v)
	}
	return names[n-1]
}

// addressText writes the four or sixteen octets of an address.
func addressText(b []byte) string {
	a, ok := netip.AddrFromSlice(b)
	if !ok {
		return "n/a"
	}
	return a.String()
}
