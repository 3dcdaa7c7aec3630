package packages

import (
	"fmt"
	"strings"
)

type aptParams struct {
	Package                []string `param:"package" alias:"pkg,name" doc:"Packages, such as nginx, nginx=1.22*, nginx>=1.22 or lib*; '*' with state=latest upgrades all."`
	State                  string   `param:"state" choices:"absent,build-dep,fixed,latest,present" default:"present" doc:"What should be of the packages."`
	UpdateCache            *bool    `param:"update_cache" alias:"update-cache" doc:"Reads the package index again before anything else."`
	UpdateCacheRetries     int      `param:"update_cache_retries" default:"5" doc:"How often reading the index is tried."`
	UpdateCacheRetryMax    int      `param:"update_cache_retry_max_delay" default:"12" doc:"The longest wait between two tries, in seconds."`
	CacheValidTime         int      `param:"cache_valid_time" default:"0" doc:"Reads the index only where it is older than this many seconds."`
	Purge                  bool     `param:"purge" default:"false" doc:"Removes configuration files too."`
	Deb                    *string  `param:"deb" type:"path" doc:"A package file on the host, or the URL of one."`
	DefaultRelease         string   `param:"default_release" alias:"default-release" doc:"The release that versions are taken from."`
	InstallRecommends      *bool    `param:"install_recommends" alias:"install-recommends" doc:"Whether recommended packages come too; by default what the host is set to."`
	Force                  bool     `param:"force" default:"false" doc:"Lets apt do what it warns of; dangerous."`
	Upgrade                string   `param:"upgrade" choices:"dist,full,no,safe,yes" default:"no" doc:"Upgrades all packages; dist and full may remove some."`
	DpkgOptions            string   `param:"dpkg_options" default:"force-confdef,force-confold" doc:"Options for dpkg, separated by commas."`
	Autoremove             bool     `param:"autoremove" default:"false" doc:"Removes packages that were installed as dependencies and are needed no more."`
	Autoclean              bool     `param:"autoclean" default:"false" doc:"Deletes downloaded package files that are outdated."`
	FailOnAutoremove       bool     `param:"fail_on_autoremove" default:"false" doc:"Fails rather than removes any package."`
	PolicyRcD              *int     `param:"policy_rc_d" doc:"The exit code of policy-rc.d while packages are installed; 101 keeps services from starting."`
	OnlyUpgrade            bool     `param:"only_upgrade" default:"false" doc:"Leaves packages alone that are not installed."`
	ForceAptGet            bool     `param:"force_apt_get" default:"false" doc:"Accepted; apt-get is used in any case."`
	Clean                  bool     `param:"clean" default:"false" doc:"Deletes all downloaded package files."`
	AllowUnauthenticated   bool     `param:"allow_unauthenticated" alias:"allow-unauthenticated" default:"false" doc:"Accepts packages without a valid signature."`
	AllowDowngrade         bool     `param:"allow_downgrade" alias:"allow-downgrade,allow_downgrades,allow-downgrades" default:"false" doc:"Accepts an older version than the installed one."`
	AllowChangeHeldPackage bool     `param:"allow_change_held_packages" default:"false" doc:"Accepts changes to packages on hold."`
	LockTimeout            int      `param:"lock_timeout" default:"60" doc:"How many seconds to wait for another package manager."`
}

// validateApt normalises names and refuses what apt could not read.
func validateApt(p *aptParams) error {
	names := make([]string, 0, len(p.Package))
	all := false
	for _, n := range p.Package {
		if n == "*" {
			all = true
			continue
		}
		n = strings.TrimSpace(n)
		if n == "" && p.State == "absent" {
			continue
		}
		if n == "" {
			return fmt.Errorf("No package matching '' is available")
		}
		if strings.Count(n, "=") > 1 {
			return fmt.Errorf("invalid package spec: %s", n)
		}
		if strings.HasPrefix(n, "-") || strings.ContainsAny(n, " \t\n/;|&$`\"'\\") {
			return fmt.Errorf("%q is no package name", n)
		}
		names = append(names, n)
	}
	p.Package = names
	if p.Deb != nil && p.State != "present" {
		return fmt.Errorf("deb only supports state=present")
	}
	if p.State == "latest" && all {
		if len(names) > 0 {
			return fmt.Errorf("unable to install additional packages when upgrading all installed packages")
		}
		p.Upgrade = "yes"
	}
	return nil
}

// cacheOnly reports whether the task is done once the index is up to date.
func (p aptParams) cacheOnly() bool {
	return p.wantsCache() && len(p.Package) == 0 && p.Upgrade == "no" && p.Deb == nil
}

func (p aptParams) wantsCache() bool {
	return p.UpdateCache != nil && *p.UpdateCache || p.CacheValidTime != 0
}

// splitSpec takes "name>=1.2" apart; the operator is "", "=" or ">=".
func splitSpec(spec string) (name, operator, version string) {
	i := strings.IndexByte(spec, '=')
	switch {
	case i < 0:
		return spec, "", ""
	case i > 0 && spec[i-1] == '>':
		return spec[:i-1], ">=", spec[i+1:]
	default:
		return spec[:i], "=", spec[i+1:]
	}
}
