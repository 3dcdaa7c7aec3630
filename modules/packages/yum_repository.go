package packages

import (
	"context"
	"fmt"
	"maps"
	"path"
	"reflect"
	"slices"
	"strings"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
	"github.com/musterhq/muster/modules/tree"
)

// YumRepositoryParams are the parameters of yum_repository.
type YumRepositoryParams struct {
	Name        string  `param:"name,required" doc:"The id of the repository."`
	Description *string `param:"description" doc:"Its name for people; needed with state=present."`
	State       string  `param:"state" choices:"present,absent" default:"present" doc:"Whether the repository should be there."`
	File        *string `param:"file" doc:"The file's name without .repo; by default the id."`
	ReposDir    string  `param:"reposdir" type:"path" default:"/etc/yum.repos.d" doc:"The folder of the file."`
	repoOptions
	tree.Attrs
}

// repoOptions are the options of a repository, which are written as they are named.
type repoOptions struct {
	Async                      *bool    `param:"async" doc:"Whether metadata may be fetched in the background."`
	Bandwidth                  *string  `param:"bandwidth" doc:"The most bandwidth to use, bytes a second."`
	BaseURL                    []string `param:"baseurl" elements:"str" doc:"Where the repository is."`
	Cost                       *string  `param:"cost" doc:"The cost in comparison with others."`
	DeltarpmMetadataPercentage *string  `param:"deltarpm_metadata_percentage" doc:"How large metadata of delta packages may be."`
	DeltarpmPercentage         *string  `param:"deltarpm_percentage" doc:"How large a delta package may be."`
	Enabled                    *bool    `param:"enabled" doc:"Whether it is used."`
	EnableGroups               *bool    `param:"enablegroups" doc:"Whether its groups of packages are used."`
	Exclude                    []string `param:"exclude" elements:"str" doc:"Packages that are left out."`
	FailoverMethod             *string  `param:"failovermethod" choices:"roundrobin,priority" doc:"How the next address is chosen."`
	GPGCAKey                   *string  `param:"gpgcakey" doc:"The key that signs keys."`
	GPGCheck                   *bool    `param:"gpgcheck" doc:"Whether packages must be signed."`
	GPGKey                     []string `param:"gpgkey" elements:"str" doc:"The keys that sign packages."`
	HTTPCaching                *string  `param:"http_caching" choices:"all,packages,none" doc:"What proxies may keep."`
	Include                    *string  `param:"include" doc:"A file with more settings."`
	IncludePkgs                []string `param:"includepkgs" elements:"str" doc:"The only packages that are used."`
	IPResolve                  *string  `param:"ip_resolve" choices:"4,6,IPv4,IPv6,whatever" doc:"Which addresses names are resolved to."`
	KeepAlive                  *bool    `param:"keepalive" doc:"Whether connections are kept."`
	KeepCache                  *string  `param:"keepcache" choices:"0,1" doc:"Whether packages are kept after installing."`
	MetadataExpire             *string  `param:"metadata_expire" doc:"How long metadata is good."`
	MetadataExpireFilter       *string  `param:"metadata_expire_filter" choices:"never,read-only:past,read-only:present,read-only:future" doc:"Which commands take old metadata."`
	Metalink                   *string  `param:"metalink" doc:"Address of a metalink file."`
	MirrorList                 *string  `param:"mirrorlist" doc:"Address of a list of mirrors."`
	MirrorListExpire           *string  `param:"mirrorlist_expire" doc:"How long the list of mirrors is good."`
	ModuleHotfixes             *bool    `param:"module_hotfixes" doc:"Whether modules do not hide its packages."`
	Password                   *string  `param:"password,secret" doc:"The password for it."`
	Priority                   *string  `param:"priority" doc:"Its priority; lower comes first."`
	Protect                    *bool    `param:"protect" doc:"Whether its packages are not replaced by others."`
	Proxy                      *string  `param:"proxy" doc:"Address of a proxy, or _none_."`
	ProxyPassword              *string  `param:"proxy_password,secret" doc:"The password for the proxy."`
	ProxyUsername              *string  `param:"proxy_username" doc:"The user for the proxy."`
	RepoGPGCheck               *bool    `param:"repo_gpgcheck" doc:"Whether metadata must be signed."`
	Retries                    *string  `param:"retries" doc:"How often a download is tried."`
	S3Enabled                  *bool    `param:"s3_enabled" doc:"Whether it is in S3 and private."`
	SkipIfUnavailable          *bool    `param:"skip_if_unavailable" doc:"Whether to go on without it."`
	SSLCACert                  *string  `param:"sslcacert" alias:"ca_cert" doc:"Authorities to trust."`
	SSLCheckCertPermissions    *bool    `param:"ssl_check_cert_permissions" doc:"Whether files of certificates must be readable."`
	SSLClientCert              *string  `param:"sslclientcert" alias:"client_cert" doc:"The client's certificate."`
	SSLClientKey               *string  `param:"sslclientkey" alias:"client_key" doc:"The file of the client's key."`
	SSLVerify                  *bool    `param:"sslverify" alias:"validate_certs" doc:"Whether the server's certificate is checked."`
	Throttle                   *string  `param:"throttle" doc:"The most bandwidth to use."`
	Timeout                    *string  `param:"timeout" doc:"Seconds to wait for a connection."`
	UIRepoIDVars               *string  `param:"ui_repoid_vars" doc:"Variables that are shown with the id."`
	Username                   *string  `param:"username" doc:"The user for it."`
}

// YumRepository manages files of repositories for yum and dnf.
func YumRepository() modules.Module {
	return modules.State[YumRepositoryParams, tree.State]{
		Info: modules.Info{
			Name: "yum_repository", Summary: "Adds and removes repositories of RPM packages.", Undo: modules.UndoFull,
			Examples: `- name: EPEL
  yum_repository:
    name: epel
    description: Extra Packages for Enterprise Linux
    metalink: https://mirrors.fedoraproject.org/metalink?repo=epel-$releasever&arch=$basearch
    gpgkey: https://dl.fedoraproject.org/pub/epel/RPM-GPG-KEY-EPEL-9
`,
		},
		Validate: validateYumRepository,
		Read:     readYumRepository,
		Want:     wantYumRepository,
		Apply: func(ctx context.Context, s sys.System, p YumRepositoryParams, from, to tree.State) error {
			return tree.Change{Unsafe: p.UnsafeWrites}.Apply(ctx, s, from, to)
		},
		Report: func(p YumRepositoryParams, _, _ tree.State, _ bool) modules.Result {
			return modules.Result{"repo": p.Name, "state": p.State}
		},
		Diff: func(_ context.Context, _ sys.Reader, p YumRepositoryParams, from, to tree.State) (any, error) {
			d := map[string]any{"before_header": p.path(), "after_header": p.path()}
			for key, state := range map[string]tree.State{"before": from, "after": to} {
				n := state.Main()
				f, err := parseRepoFile(string(n.Data()))
				if err != nil {
					return nil, err
				}
				d[key] = f.dump()
			}
			return d, nil
		},
		Equal:   tree.Equal,
		Settled: func(_ YumRepositoryParams, want, got tree.State) bool { return tree.Settled(want, got) },
		Same:    tree.Same,
		Keep: func(ctx context.Context, r sys.Reader, _ YumRepositoryParams, from *tree.State, want tree.State, keep modules.KeepFunc) error {
			return tree.Keep(ctx, r, from, want, keep)
		},
		Carry: func(ctx context.Context, r sys.Reader, known tree.State, got *tree.State) error {
			return tree.Carry(ctx, r, known, got)
		},
	}.Module()
}

func validateYumRepository(p *YumRepositoryParams) error {
	if strings.ContainsAny(p.Name, "]\r\n") || p.File != nil && strings.ContainsAny(*p.File, "/\x00") {
		return fmt.Errorf("name and file must be plain names")
	}
	if p.State == "absent" {
		return nil
	}
	if p.BaseURL == nil && p.Metalink == nil && p.MirrorList == nil {
		return fmt.Errorf("Parameter 'baseurl', 'metalink' or 'mirrorlist' is required.") //nolint:staticcheck // the words users know
	}
	if p.Description == nil {
		return fmt.Errorf("Parameter 'description' is required.") //nolint:staticcheck // the words users know
	}
	return nil
}

// path is the file of the repository.
func (p YumRepositoryParams) path() string {
	name := p.Name
	if p.File != nil {
		name = *p.File
	}
	return path.Join(p.ReposDir, name+".repo")
}

func readYumRepository(ctx context.Context, r sys.Reader, p YumRepositoryParams) (tree.State, error) {
	if st, err := r.Stat(p.ReposDir); err != nil || !st.IsDir() {
		return tree.State{}, modules.Fail(nil, "Repo directory '%s' does not exist.", p.ReposDir)
	}
	s, err := tree.Begin(ctx, r, p.Attrs, p.path())
	if err != nil {
		return s, err
	}
	n, err := tree.ReadNode(ctx, r, p.path(), tree.Look{Load: true}.For(p.Attrs))
	s.Nodes = []tree.Node{n}
	return s, err
}

func wantYumRepository(p YumRepositoryParams, now tree.State) (tree.State, error) {
	want := now.Clone()
	n := &want.Nodes[0]
	was, err := parseRepoFile(string(n.Data()))
	if err != nil {
		return want, fmt.Errorf("%s: %w", p.path(), err)
	}
	is := was.without(p.Name)
	if p.State == "present" {
		is = append(is, repoSection{name: p.Name, options: p.options()})
	}
	switch {
	case is.dump() == was.dump(): // order and comments do not count
	case len(is) == 0:
		n.Remove()
		return want, nil
	default:
		if !n.Exists() {
			n.Make(tree.File)
		}
		n.SetData([]byte(is.text()))
		want.Rewrite(n)
	}
	if n.Exists() {
		want.Attributes(p.Attrs, n)
	}
	return want, nil
}

// options are the lines of the repository, sorted.
func (p YumRepositoryParams) options() []repoOption {
	values := map[string]string{}
	if p.Description != nil {
		values["name"] = *p.Description
	}
	v := reflect.ValueOf(p.repoOptions)
	for i := range v.NumField() {
		name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("param"), ",")
		switch x := v.Field(i).Interface().(type) {
		case *string:
			if x != nil {
				values[name] = *x
			}
		case *bool:
			if x != nil {
				values[name] = map[bool]string{true: "1", false: "0"}[*x]
			}
		case []string:
			separator := " "
			if name == "baseurl" || name == "gpgkey" {
				separator = "\n"
			}
			if x != nil {
				values[name] = strings.Join(x, separator)
			}
		}
	}
	var out []repoOption
	for _, name := range slices.Sorted(maps.Keys(values)) {
		out = append(out, repoOption{name, values[name]})
	}
	return out
}
