package facts

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/musterhq/muster/modules/sys"
)

// tree makes a throw-away machine of files.
func tree(t *testing.T, files map[string]string) sys.System {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		full := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return sys.Rooted(dir)
}

func gatherOf(t *testing.T, r sys.Reader) *gathering {
	t.Helper()
	return newGathering(t.Context(), r, Options{FactPath: DefaultPath, Timeout: DefaultTimeout})
}

// distributions are release files of real systems with what Ansible makes of them.
func TestDistribution(t *testing.T) {
	const f = "file_variety"
	tests := []struct {
		name  string
		files map[string]string
		want  map[string]any // without the prefix distribution_
	}{
		{"Debian 12", map[string]string{"/etc/os-release": "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nNAME=\"Debian GNU/Linux\"\nVERSION_ID=\"12\"\nVERSION=\"12 (bookworm)\"\nVERSION_CODENAME=bookworm\nID=debian\n", "/etc/debian_version": "12.15\n"},
			map[string]any{"": "Debian", "version": "12", "major_version": "12", "minor_version": "15", "release": "bookworm", f: "Debian", "family": "Debian"}},
		{"Debian 12 with python3-distro", map[string]string{"/etc/os-release": "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nNAME=\"Debian GNU/Linux\"\nVERSION_ID=\"12\"\nVERSION_CODENAME=bookworm\nID=debian\n", "/etc/debian_version": "12.11\n", "/usr/lib/python3/dist-packages/distro/x": ""},
			map[string]any{"": "Debian", "version": "12.11", "major_version": "12", "minor_version": "11"}},
		{"Debian sid", map[string]string{"/etc/os-release": "PRETTY_NAME=\"Debian GNU/Linux trixie/sid\"\nNAME=\"Debian GNU/Linux\"\nVERSION_CODENAME=trixie\nID=debian\n", "/etc/debian_version": "trixie/sid\n"},
			map[string]any{"": "Debian", "version": "NA", "major_version": "NA", "release": "trixie", "minor_version": nil}},
		{"Ubuntu 22.04", map[string]string{"/etc/os-release": "PRETTY_NAME=\"Ubuntu 22.04.3 LTS\"\nNAME=\"Ubuntu\"\nVERSION_ID=\"22.04\"\nVERSION=\"22.04.3 LTS (Jammy Jellyfish)\"\nVERSION_CODENAME=jammy\nID=ubuntu\nID_LIKE=debian\n"},
			map[string]any{"": "Ubuntu", "version": "22.04", "major_version": "22", "release": "jammy", "family": "Debian", f: "Debian"}},
		{"CentOS 7", map[string]string{"/etc/os-release": "NAME=\"CentOS Linux\"\nVERSION=\"7 (Core)\"\nID=\"centos\"\nVERSION_ID=\"7\"\nPRETTY_NAME=\"CentOS Linux 7 (Core)\"\n", "/etc/centos-release": "CentOS Linux release 7.9.2009 (Core)\n", "/etc/redhat-release": "CentOS Linux release 7.9.2009 (Core)\n"},
			map[string]any{"": "CentOS", "version": "7.9", "major_version": "7", "release": "Core", "family": "RedHat", f: "RedHat", "file_path": "/etc/redhat-release"}},
		{"CentOS Stream 9", map[string]string{"/etc/os-release": "NAME=\"CentOS Stream\"\nVERSION=\"9\"\nID=\"centos\"\nVERSION_ID=\"9\"\nPRETTY_NAME=\"CentOS Stream 9\"\n", "/etc/centos-release": "CentOS Stream release 9\n"},
			map[string]any{"": "CentOS", "version": "9", "release": "Stream", f: "CentOS"}},
		{"Rocky 9", map[string]string{"/etc/os-release": "NAME=\"Rocky Linux\"\nVERSION=\"9.3 (Blue Onyx)\"\nID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"\nVERSION_ID=\"9.3\"\nPRETTY_NAME=\"Rocky Linux 9.3 (Blue Onyx)\"\n", "/etc/redhat-release": "Rocky Linux release 9.3 (Blue Onyx)\n", "/etc/rocky-release": "Rocky Linux release 9.3 (Blue Onyx)\n"},
			map[string]any{"": "Rocky", "version": "9.3", "major_version": "9", "release": "Blue Onyx", "family": "RedHat"}},
		{"RHEL 8", map[string]string{"/etc/os-release": "NAME=\"Red Hat Enterprise Linux\"\nVERSION=\"8.8 (Ootpa)\"\nID=\"rhel\"\nVERSION_ID=\"8.8\"\n", "/etc/redhat-release": "Red Hat Enterprise Linux release 8.8 (Ootpa)\n"},
			map[string]any{"": "RedHat", "version": "8.8", "major_version": "8", "release": "Ootpa", "file_search_string": "Red Hat", "family": "RedHat"}},
		{"Fedora 39", map[string]string{"/etc/os-release": "NAME=\"Fedora Linux\"\nVERSION=\"39 (Server Edition)\"\nID=fedora\nVERSION_ID=39\nVERSION_CODENAME=\"\"\n", "/etc/redhat-release": "Fedora release 39 (Thirty Nine)\n"},
			map[string]any{"": "Fedora", "version": "39", "major_version": "39", "release": "", "family": "RedHat"}},
		{"Oracle 8", map[string]string{"/etc/os-release": "NAME=\"Oracle Linux Server\"\nVERSION=\"8.9\"\nID=\"ol\"\nVERSION_ID=\"8.9\"\n", "/etc/oracle-release": "Oracle Linux Server release 8.9\n", "/etc/redhat-release": "Red Hat Enterprise Linux release 8.9 (Ootpa)\n"},
			map[string]any{"": "OracleLinux", "version": "8.9", "major_version": "8", f: "OracleLinux", "family": "RedHat"}},
		{"Amazon 2", map[string]string{"/etc/os-release": "NAME=\"Amazon Linux\"\nVERSION=\"2\"\nVERSION_ID=\"2\"\nID=\"amzn\"\n", "/etc/system-release": "Amazon Linux release 2 (Karoo)\n"},
			map[string]any{"": "Amazon", "version": "2", "major_version": "2", "minor_version": "NA", "family": "RedHat"}},
		{"Alpine", map[string]string{"/etc/os-release": "NAME=\"Alpine Linux\"\nID=alpine\nVERSION_ID=3.18.4\n", "/etc/alpine-release": "3.18.4\n"},
			map[string]any{"": "Alpine", "version": "3.18.4", "major_version": "3", "release": "NA", "family": "Alpine"}},
		{"Arch", map[string]string{"/etc/os-release": "NAME=\"Arch Linux\"\nID=arch\nBUILD_ID=rolling\n", "/etc/arch-release": ""},
			map[string]any{"": "Archlinux", "version": "NA", "family": "Archlinux", f: "Archlinux"}},
		{"openSUSE Leap", map[string]string{"/etc/os-release": "NAME=\"openSUSE Leap\"\nVERSION=\"15.5\"\nID=\"opensuse-leap\"\nID_LIKE=\"suse opensuse\"\nVERSION_ID=\"15.5\"\n"},
			map[string]any{"": "openSUSE Leap", "version": "15.5", "major_version": "15", "release": "5", "family": "Suse", f: "SUSE"}},
		{"SLES", map[string]string{"/etc/os-release": "NAME=\"SLES\"\nVERSION=\"15\"\nVERSION_ID=\"15\"\nPRETTY_NAME=\"SUSE Linux Enterprise Server 15\"\nID=\"sles\"\n"},
			map[string]any{"": "SLES", "version": "15", "release": "0", "family": "Suse"}},
		{"Gentoo", map[string]string{"/etc/os-release": "NAME=Gentoo\nID=gentoo\nVERSION_ID=2.14\n", "/etc/gentoo-release": "Gentoo Base System release 2.14\n"},
			map[string]any{"": "Gentoo", "version": "2.14", "family": "Gentoo", f: "NA"}},
		{"Kali", map[string]string{"/etc/os-release": "PRETTY_NAME=\"Kali GNU/Linux Rolling\"\nNAME=\"Kali GNU/Linux\"\nVERSION_ID=\"2023.3\"\nVERSION_CODENAME=kali-rolling\nID=kali\n"},
			map[string]any{"": "Kali", "version": "2023.3", "release": "kali-rolling", "family": "Debian"}},
		{"Linux Mint", map[string]string{"/etc/os-release": "NAME=\"Linux Mint\"\nVERSION=\"21.2 (Victoria)\"\nID=linuxmint\nVERSION_ID=\"21.2\"\nVERSION_CODENAME=victoria\n"},
			map[string]any{"": "Linux Mint", "version": "21.2", "major_version": "21", "release": "victoria", "family": "Debian"}},
		{"Devuan", map[string]string{"/etc/os-release": "PRETTY_NAME=\"Devuan GNU/Linux 5 (daedalus)\"\nNAME=\"Devuan GNU/Linux\"\nVERSION_ID=\"5\"\nID=devuan\n"},
			map[string]any{"": "Devuan", "version": "5", "release": "daedalus", "family": "Debian"}},
		{"Flatcar", map[string]string{"/etc/os-release": "NAME=\"Flatcar Container Linux by Kinvolk\"\nID=flatcar\nVERSION=3510.2.8\nVERSION_ID=3510.2.8\n"},
			map[string]any{"": "Flatcar", "version": "3510.2.8", "major_version": "3510"}},
		{"unknown", map[string]string{"/etc/os-release": "NAME=\"Some Linux\"\nID=some\nVERSION=\"1.2\"\n"},
			map[string]any{"": "Some Linux", "version": "1.2", "family": "Some Linux", f: "NA"}},
		{"nothing", map[string]string{"/etc/x": ""}, map[string]any{"": "OtherLinux", "version": "NA", "release": "NA", "family": "OtherLinux"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := gatherOf(t, tree(t, tt.files)).gatherDistribution()
			for key, want := range tt.want {
				name := "distribution_" + key
				switch key {
				case "":
					name = "distribution"
				case "family":
					name = "os_family"
				}
				if got[name] != want {
					t.Errorf("%s = %v, want %v", name, got[name], want)
				}
			}
		})
	}
}

func TestParseOSRelease(t *testing.T) {
	got := parseOSRelease("# note\nNAME='A \"b\"'\nVERSION=\"1 (Cat Dog)\"\nBAD='open\nX=1\n")
	want := map[string]string{"name": `A "b"`, "version": "1 (Cat Dog)", "x": "1", "codename": "Cat Dog"}
	if !maps.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

func TestParseReleaseLine(t *testing.T) {
	for text, want := range map[string]releaseLine{
		"CentOS Linux release 7.9.2009 (Core)": {name: "CentOS Linux", version: "7.9.2009", codename: "Core"},
		"Slackware 14.2+":                      {name: "Slackware", version: "14.2+"},
		"Ubuntu 22.04 LTS":                     {name: "Ubuntu", version: "22.04"},
		"Gentoo Base System release 2.14":      {name: "Gentoo Base System", version: "2.14"},
		"Arch":                                 {name: "Arch"},
		"Debian GNU/Linux trixie/sid":          {name: "Debian GNU/Linux trixie/sid"},
		"openSUSE 20231127 (x86_64) something": {name: "openSUSE", version: "20231127", codename: "x86_64"},
	} {
		if got := parseReleaseLine(text); got != want {
			t.Errorf("%q: %+v, want %+v", text, got, want)
		}
	}
}

func FuzzParseOSRelease(f *testing.F) {
	f.Add("NAME=\"x\"\nVERSION='1 (a)'\n")
	f.Add("A=\\\nB=\"")
	f.Fuzz(func(t *testing.T, text string) {
		for name := range parseOSRelease(text) {
			if strings.ToLower(name) != name {
				t.Errorf("name %q is not in lower case", name)
			}
		}
		_ = parseReleaseLine(text)
	})
}
