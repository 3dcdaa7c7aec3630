// Package all is the one list of modules.
package all

import (
	"fmt"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/access"
	"github.com/musterhq/muster/modules/commands"
	"github.com/musterhq/muster/modules/files"
	"github.com/musterhq/muster/modules/network"
	"github.com/musterhq/muster/modules/packages"
	"github.com/musterhq/muster/modules/services"
	"github.com/musterhq/muster/modules/services/systemd"
	"github.com/musterhq/muster/modules/sources"
)

// All returns every module. It panics when two modules share a name or a parameter struct is wrong, which the
// tests of this package rule out.
func All() *modules.Registry {
	r, err := modules.NewRegistry(append(list(), rare()...)...)
	if err != nil {
		panic(fmt.Sprintf("modules/all: %v", err))
	}
	return r
}

// list names the constructors of what every runner has, one a line, in the order of the modules' names.
func list() []modules.Module {
	bus := systemd.NewBus()
	return []modules.Module{
		access.Alternatives(),
		access.AuthorizedKey(),
		access.Cron(),
		access.Group(),
		access.Hostname(),
		access.KnownHosts(),
		access.LocaleGen(),
		access.Modprobe(),
		access.Mount(),
		access.OpensshKeypair(),
		access.SEBoolean(),
		access.SELinux(),
		access.Sysctl(),
		access.Timezone(),
		access.UFW(),
		access.User(),
		commands.Command(),
		commands.Foreign(),
		commands.Raw(),
		commands.Script(),
		commands.Setup(),
		commands.Shell(),
		files.Assemble(),
		files.BlockInFile(),
		files.Copy(),
		files.Fetch(),
		files.File(),
		files.Find(),
		files.IniFile(),
		files.LineInFile(),
		files.PamLimits(),
		files.Pamd(),
		files.Replace(),
		files.Slurp(),
		files.Stat(),
		files.TempFile(),
		files.Template(),
		files.Unarchive(),
		network.Firewalld(),
		network.GetURL(),
		network.Getent(),
		network.HAProxy(),
		network.Iptables(),
		network.Ping(),
		network.URI(),
		network.WaitFor(),
		packages.APK(),
		packages.Apt(),
		packages.AptKey(),
		packages.AptRepository(),
		packages.DNF(),
		packages.Debconf(),
		packages.DpkgDivert(),
		packages.DpkgSelections(),
		packages.Package(),
		packages.PackageFacts(),
		packages.Pacman(),
		packages.Yum(),
		packages.YumRepository(),
		packages.Zypper(),
		services.Service(bus),
		services.ServiceFacts(bus),
		services.Systemd(bus),
		services.Sysvinit(),
		sources.Git(),
		sources.Pip(),
	}
}
