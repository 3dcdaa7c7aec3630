package playbook

import (
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/internal/yaml11"
)

// groupPrefix begins the keys of module_defaults that mean groups of modules.
const groupPrefix = "group/"

// ActionGroup returns the name of the group that a key of module_defaults means; false for the name of a module.
func ActionGroup(key string) (string, bool) { return strings.CutPrefix(key, groupPrefix) }

// builtinGroups are the groups that need no collection's name: each is those of collections.
var builtinGroups = map[string][]string{
	"aws": {"amazon.aws.aws", "community.aws.aws"}, "acme": {"community.crypto.acme"}, "azure": {"azure.azcollection.azure"},
	"cpm": {"wti.remote.cpm"}, "docker": {"community.general.docker", "community.docker.docker"}, "gcp": {"google.cloud.gcp"},
	"k8s": {"community.kubernetes.k8s", "community.general.k8s", "community.kubevirt.k8s", "community.okd.k8s", "kubernetes.core.k8s"},
	"os":  {"openstack.cloud.os"}, "ovirt": {"ovirt.ovirt.ovirt", "community.general.ovirt"}, "vmware": {"community.vmware.vmware"},
}

// actionGroups are the groups of collections, read when they are first asked for. It is used concurrently.
type actionGroups struct {
	mu   sync.Mutex
	read map[string]*value.Dict // by the collection's folder
}

// GroupMembers returns the names of the modules of a group of module_defaults: those that a collection's meta/runtime.yml lists under
// action_groups, and those of groups that it extends. Collections are found beside the playbook in playDir, then in the collections
// path. It returns false where nothing defines the group.
func (l *Loader) GroupMembers(name, playDir string) ([]string, bool) {
	return l.groupMembers(name, playDir, 0)
}

func (l *Loader) groupMembers(name, playDir string, depth int) (members []string, ok bool) {
	parts := strings.Split(name, ".")
	if len(parts) > 2 && parts[0] == "ansible" {
		name, parts = parts[2], parts[2:]
	}
	if len(parts) != 3 {
		more, ok := builtinGroups[name]
		return l.groupsMembers(more, playDir, depth), ok
	}
	root, ok := l.collectionRoot(parts[0], parts[1], playDir)
	if !ok || depth > maxIncludeDepth {
		return nil, false
	}
	list, ok := mustGet(l.groups.of(root), parts[2]).(*value.List)
	if !ok {
		return nil, false
	}
	for _, item := range list.Items {
		if text, isText := item.(string); isText {
			members = append(members, qualified(text, parts[0]+"."+parts[1]))
			continue
		}
		entry, _ := item.(*value.Dict)
		about, _ := mustGet(entry, "metadata").(*value.Dict)
		for _, other := range listOf(mustGet(about, "extend_group")) {
			members = append(members, l.groupsMembers([]string{qualified(text(other), parts[0]+"."+parts[1])}, playDir, depth)...)
		}
	}
	return members, true
}

func (l *Loader) groupsMembers(names []string, playDir string, depth int) []string {
	var all []string
	for _, n := range names {
		found, _ := l.groupMembers(n, playDir, depth+1)
		all = append(all, found...)
	}
	return all
}

// qualified is a name with the collection that it is of, which a short name takes from where it stands.
func qualified(name, collection string) string {
	if strings.Contains(name, ".") {
		return name
	}
	return collection + "." + name
}

// of returns the action_groups of a collection, nil where there are none.
func (g *actionGroups) of(root string) *value.Dict {
	g.mu.Lock()
	defer g.mu.Unlock()
	if groups, ok := g.read[root]; ok {
		return groups
	}
	var groups *value.Dict
	file := filepath.Join(root, "meta", "runtime.yml")
	if src, err := os.ReadFile(file); err == nil {
		if v, err := yaml11.Load(file, src, yaml11.Untrusted); err == nil {
			runtime, _ := v.(*value.Dict)
			groups, _ = mustGet(runtime, "action_groups").(*value.Dict)
		}
	}
	if g.read == nil {
		g.read = map[string]*value.Dict{}
	}
	g.read[root] = groups
	return groups
}
