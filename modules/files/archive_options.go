package files

import (
	"path"
	"strconv"
	"strings"

	"github.com/musterhq/muster/internal/value/pyregex"
	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/tree"
)

// archiveOptions are the extra_opts that are known, of tar and of unzip.
type archiveOptions struct {
	strip     int
	junk      bool // only the last part of names
	lower     bool
	keepOld   bool // never replace
	keepNewer bool
	touch     bool // files get the present time
	noOwner   bool
	sameOwner bool
	umasked   bool
	topLevel  string
	include   []string
	exclude   []string
	rename    []func(string) (string, error)
}

// ignoredOptions change nothing that is seen here: what is printed, or what is done anyway.
var ignoredOptions = []string{
	"-v", "-q", "-qq", "-o", "-z", "-j", "-J", "-p", "-x", "--verbose", "--gzip", "--gunzip", "--ungzip", "--bzip2", "--xz", "--zstd", "--overwrite",
	"--preserve-permissions", "--same-permissions", "--no-same-permissions", "--preserve-order", "--no-overwrite-dir", "--auto-compress",
	"--no-wildcards", "--wildcards", "--keep-directory-symlink", "--no-acls", "--no-xattrs", "--no-selinux", "--numeric-owner", "--unlink-first", "--recursion",
}

// parseArchiveOptions reads extra_opts; an option that is not known is an error, as it would silently not be honoured.
func parseArchiveOptions(opts []string, isZip bool) (archiveOptions, error) {
	var o archiveOptions
	for i := 0; i < len(opts); i++ {
		name, val, joined := strings.Cut(opts[i], "=")
		takes := false
		next := func() string {
			takes = true
			if !joined && i+1 < len(opts) {
				return opts[i+1]
			}
			return val
		}
		ok, err := o.set(name, val, joined, isZip, next)
		if err != nil {
			return o, err
		}
		if !ok {
			return o, modules.Fail(nil, "extra_opts: %q is not known here; archives are read without tar and unzip, which take it", opts[i])
		}
		if takes && !joined {
			i++
		}
	}
	return o, nil
}

func (o *archiveOptions) set(name, val string, joined, isZip bool, next func() string) (bool, error) {
	switch {
	case isZip && name == "-j":
		o.junk = true
	case isZip && (name == "-n" || name == "-on"):
		o.keepOld = true
	case isZip && (name == "-L" || name == "-LL"):
		o.lower = true
	case isZip && (name == "-u" || name == "-f"):
		o.keepNewer = true
	case isZip && name == "-x":
		o.exclude = append(o.exclude, next())
	case !isZip && name == "-o" || name == "--no-same-owner":
		o.noOwner = true
	case name == "--no-same-permissions":
		o.umasked = true
	case name == "--same-owner":
		o.sameOwner = true
	case name == "--strip-components" || name == "--strip" || name == "--strip-path":
		n, err := strconv.Atoi(next())
		if err != nil || n < 0 {
			return false, modules.Fail(nil, "extra_opts: --strip-components takes a number")
		}
		o.strip = n
	case name == "-k" || name == "--keep-old-files" || name == "--skip-old-files":
		o.keepOld = true
	case name == "--keep-newer-files":
		o.keepNewer = true
	case name == "-m" || name == "--touch":
		o.touch = true
	case name == "--exclude":
		o.exclude = append(o.exclude, next())
	case name == "--transform" || name == "--xform":
		rename, err := sedExpression(next())
		if err != nil {
			return false, err
		}
		o.rename = append(o.rename, rename)
	case name == "--one-top-level" && joined:
		o.topLevel = val
	case strings.HasPrefix(name, "--warning") || strings.HasPrefix(name, "--checkpoint"):
	default:
		return !strings.HasPrefix(name, "-") && o.member(name) || contains(ignoredOptions, name), nil
	}
	return true, nil
}

// member takes a bare word as the name of a member to extract, as tar does.
func (o *archiveOptions) member(name string) bool {
	o.include = append(o.include, name)
	return name != ""
}

func contains(list []string, s string) bool {
	for _, item := range list {
		if item == s {
			return true
		}
	}
	return false
}

// sedExpression reads s/pattern/replacement/flags.
func sedExpression(s string) (func(string) (string, error), error) {
	bad := modules.Fail(nil, "extra_opts: --transform takes s/pattern/replacement/: %q", s)
	if len(s) < 4 || s[0] != 's' {
		return nil, bad
	}
	parts := strings.Split(s[2:], s[1:2])
	if len(parts) != 3 || strings.Trim(parts[2], "gix") != "" {
		return nil, bad
	}
	pattern := parts[0]
	if !strings.Contains(parts[2], "x") {
		pattern = basicToExtended(pattern)
	}
	re, err := compileFor("extra_opts", pattern, pyregex.Flags{IgnoreCase: strings.Contains(parts[2], "i")})
	if err != nil {
		return nil, err
	}
	count := 1
	if strings.Contains(parts[2], "g") {
		count = 0
	}
	replacement := strings.ReplaceAll(strings.ReplaceAll(parts[1], `\&`, "\x00"), "&", `\g<0>`)
	replacement = strings.ReplaceAll(replacement, "\x00", "&")
	return func(name string) (string, error) {
		out, _, err := re.Sub(replacement, name, count)
		return out, err
	}, nil
}

// basicToExtended swaps the meaning of \( and ( (and of { } + ? |) between basic and extended expressions.
func basicToExtended(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\' && i+1 < len(s) && strings.IndexByte("(){}+?|", s[i+1]) >= 0:
			i++
			b.WriteByte(s[i])
		case s[i] == '\\' && i+1 < len(s):
			b.WriteString(s[i : i+2])
			i++
		case strings.IndexByte("(){}+?|", s[i]) >= 0:
			b.WriteByte('\\')
			b.WriteByte(s[i])
		default:
			b.WriteByte(s[i])
		}
	}
	return b.String()
}

// target is the path below the destination that a member goes to; "." is the destination itself, "" drops it. A name that leads out is an error.
func (o archiveOptions) target(m member) (string, error) {
	name := strings.TrimLeft(m.name, "/")
	for _, rename := range o.rename {
		var err error
		if name, err = rename(name); err != nil {
			return "", err
		}
	}
	parts := []string{}
	for _, part := range strings.Split(name, "/") {
		switch part {
		case "", ".":
		case "..":
			return "", modules.Fail(nil, "the archive is refused: its entry %q leads out of the destination", m.name)
		default:
			parts = append(parts, part)
		}
	}
	if strings.IndexByte(name, 0) >= 0 {
		return "", modules.Fail(nil, "the archive is refused: the name %q is invalid", m.name)
	}
	if len(parts) == 0 && o.strip == 0 && !o.junk && o.topLevel == "" && m.kind == tree.Directory {
		return ".", nil
	}
	if o.strip >= len(parts) {
		if o.strip > 0 {
			return "", nil
		}
	} else {
		parts = parts[o.strip:]
	}
	if o.junk {
		if m.kind == tree.Directory || len(parts) == 0 {
			return "", nil
		}
		parts = parts[len(parts)-1:]
	}
	name = path.Join(parts...)
	if o.lower {
		name = strings.ToLower(name)
	}
	if o.topLevel != "" && name != "" {
		if !plainName(o.topLevel) {
			return "", modules.Fail(nil, "extra_opts: --one-top-level takes the name of a folder")
		}
		name = path.Join(o.topLevel, name)
	}
	return name, nil
}
