package transport

import (
	"strings"
)

// report is what startScript says of a host without a runner.
type report struct {
	os, arch string
	tools    map[string]bool
	place    string   // the folder to install in; "" where there is none
	refused  []string // folders that cannot be used, with the reason
	full     bool     // one of them only lacks space
	whole    bool     // the script reached its end
}

// parseReport reads what a host printed: false when there is no report in it. Text from the host is made harmless.
func parseReport(text string) (report, bool) {
	at := strings.LastIndex(text, "\n"+markProbe+"\n")
	if at < 0 {
		return report{}, false
	}
	r := report{tools: map[string]bool{}}
	for line := range strings.SplitSeq(text[at+len(markProbe)+2:], "\n") {
		key, value, _ := strings.Cut(strings.TrimSuffix(line, "\r"), " ")
		switch key {
		case "os":
			r.os = value
		case "arch":
			r.arch = value
		case "tool":
			r.tools[value] = true
		case "yes":
			r.place = value
		case "full":
			r.full = true
			r.refused = append(r.refused, Neutral(value))
		case "no":
			r.refused = append(r.refused, Neutral(value))
		case "end":
			r.whole = true
		}
	}
	return r, true
}

// platform translates uname's words into Go's.
func (r report) platform() (goos, goarch string, ok bool) {
	if r.os != "Linux" {
		return strings.ToLower(r.os), r.arch, false
	}
	switch r.arch {
	case "x86_64", "amd64":
		return "linux", "amd64", true
	case "aarch64", "arm64", "armv8b", "armv8l":
		return "linux", "arm64", true
	case "i386", "i486", "i586", "i686", "x86":
		return "linux", "386", true
	case "riscv64":
		return "linux", "riscv64", true
	}
	if strings.HasPrefix(r.arch, "armv") {
		return "linux", "arm", true
	}
	return "linux", r.arch, false
}

// hashTool is what verifies the installed file; "" where the host has none.
func (r report) hashTool() string {
	for _, t := range []string{"sha256sum", "shasum", "openssl"} {
		if r.tools[t] {
			return t
		}
	}
	return ""
}

// noPlace is the failure of a host where no folder can be used.
func (r report) noPlace(host string) *Error {
	e := &Error{Host: host, Kind: KindNoPlace, What: "no folder where a program can be installed and executed: " + strings.Join(r.refused, "; "),
		Hint: "name one with ansible_remote_tmp"}
	if r.full {
		e.Kind, e.What = KindDiskFull, "no space to install the runner: "+strings.Join(r.refused, "; ")
		e.Hint = "free some, or name another folder with ansible_remote_tmp"
	}
	return e
}
