package access

import (
	"context"
	"fmt"
	"strings"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
)

// LocaleGenParams are the parameters of locale_gen.
type LocaleGenParams struct {
	Name  string `param:"name,required" doc:"The locale with its encoding, such as de_CH.UTF-8."`
	State string `param:"state" choices:"absent,present" default:"present" doc:"Whether the system should have it."`
}

// LocaleGenState is whether a system has a locale, and the list of those that it is to have.
type LocaleGenState struct {
	Present bool      `json:"present"`
	List    *keptFile `json:"list"`
}

// Where systems list the locales they are to have, and those that they could have.
const (
	localeList       = "/etc/locale.gen"
	ubuntuLocaleDir  = "/var/lib/locales/supported.d"
	ubuntuLocaleList = ubuntuLocaleDir + "/local"
	ubuntuLocales    = "/usr/share/i18n/SUPPORTED"
)

// LocaleGen makes and removes locales.
func LocaleGen() modules.Module {
	return modules.State[LocaleGenParams, LocaleGenState]{
		Info: modules.Info{
			Name: "locale_gen", Summary: "Make and remove locales.", Undo: modules.UndoFull,
			Notes:   "It needs the package locales. Removing one makes all others anew.",
			Aliases: []string{"community.general.locale_gen"},
			Examples: `- name: Swiss German
  locale_gen:
    name: de_CH.UTF-8
`,
		},
		Read: readLocale,
		Want: func(p LocaleGenParams, now LocaleGenState) (LocaleGenState, error) {
			now.Present = p.State == "present"
			return now, nil
		},
		Apply: applyLocale,
		Report: func(p LocaleGenParams, _, _ LocaleGenState, _ bool) modules.Result {
			return modules.Result{"name": p.Name}
		},
		Equal: func(a, b LocaleGenState) bool { return a.Present == b.Present },
		Same: func(post, now LocaleGenState) bool {
			return post.Present == now.Present && sameFile(post.List, now.List)
		},
		Beside: func(from, now LocaleGenState) bool { return !sameFile(from.List, now.List) },
	}.Module()
}

func sameFile(a, b *keptFile) bool { return a == b || a != nil && b != nil && *a == *b }

func readLocale(ctx context.Context, r sys.Reader, p LocaleGenParams) (LocaleGenState, error) {
	var s LocaleGenState
	list, known := localeFiles(r)
	could, err := optionalFile(r, known)
	if err != nil {
		return s, err
	}
	if could == nil {
		return s, fmt.Errorf("%s is missing. Is the package \"locales\" installed?", known)
	}
	if !listsLocale(could.Text, p.Name) {
		return s, modules.Fail(modules.Result{}, "The locale you've entered is not available on your system.")
	}
	if s.List, err = optionalFile(r, list); err != nil {
		return s, err
	}
	out, err := r.Query(ctx, sys.Command{Argv: []string{"locale", "-a"}})
	if err != nil {
		return s, fmt.Errorf("locale: %w", err)
	}
	for line := range strings.Lines(string(out.Stdout)) {
		s.Present = s.Present || plainLocale(strings.TrimSpace(line)) == plainLocale(p.Name)
	}
	return s, nil
}

// localeFiles returns the list of the locales that a system is to have, and that of those it could have.
func localeFiles(r sys.Reader) (list, known string) {
	if _, err := r.Stat(ubuntuLocaleDir); err == nil {
		return ubuntuLocaleList, ubuntuLocales
	}
	return localeList, localeList
}

// listsLocale says whether a list has a locale, be it commented out.
func listsLocale(text, name string) bool {
	for line := range strings.Lines(text) {
		words := strings.Fields(strings.TrimPrefix(line, "#"))
		if len(words) == 2 && words[0] == name {
			return true
		}
	}
	return false
}

// plainLocale writes the encoding of a locale as locale -a does: de_CH.utf8 for de_CH.UTF-8.
func plainLocale(name string) string {
	language, encoding, _ := strings.Cut(name, ".")
	encoding, variant, _ := strings.Cut(encoding, "@")
	return language + "." + strings.ToLower(strings.ReplaceAll(encoding, "-", "")) + "@" + variant
}

func applyLocale(ctx context.Context, s sys.System, p LocaleGenParams, _, to LocaleGenState) error {
	list, known := localeFiles(s)
	ubuntu := list != known
	argv := []string{"locale-gen"}
	switch {
	case modules.Undoing(ctx):
		if err := restoreFile(s, list, to.List); err != nil {
			return err
		}
		if ubuntu {
			argv = append(argv, "--purge")
		}
	case ubuntu && to.Present: // it writes the list itself
		argv = append(argv, p.Name)
	case ubuntu:
		if err := editLocales(s, list, p.Name, func(string) string { return "" }); err != nil {
			return err
		}
		argv = append(argv, "--purge")
	default:
		mark := "# "
		if to.Present {
			mark = ""
		}
		if err := editLocales(s, list, p.Name, func(entry string) string { return mark + entry + "\n" }); err != nil {
			return err
		}
	}
	return program(ctx, s, modules.Result{}, nil, sys.Command{Argv: argv})
}

// editLocales puts other lines in place of those of a locale; edit gets an entry without its mark of a comment.
func editLocales(s sys.System, list, name string, edit func(entry string) string) error {
	now, err := optionalFile(s, list)
	if err != nil || now == nil {
		return err
	}
	var text strings.Builder
	for line := range strings.Lines(now.Text) {
		if listsLocale(line, name) {
			line = edit(strings.Join(strings.Fields(strings.TrimPrefix(line, "#")), " "))
		}
		text.WriteString(line)
	}
	return writeKeeping(s, list, text.String())
}
