package facts

import (
	"strconv"
	"strings"
)

func (g *gathering) env() map[string]any {
	facts := map[string]any{}
	for name, value := range g.environ() {
		facts[name] = value
	}
	return map[string]any{"env": facts}
}

func (g *gathering) environ() map[string]string {
	env := map[string]string{}
	for _, pair := range g.r.Environ() {
		if name, value, ok := strings.Cut(pair, "="); ok && name != "" {
			env[name] = strings.ToValidUTF8(value, "\ufffd")
		}
	}
	return env
}

func (g *gathering) loadavg() map[string]any {
	if g.k != nil {
		if l, ok := g.k.loads(); ok {
			return loadFacts(l)
		}
	}
	l, ok := parseLoadavg(g.text("/proc/loadavg"))
	if !ok {
		return nil
	}
	return loadFacts(l)
}

func loadFacts(l [3]float64) map[string]any {
	return map[string]any{"loadavg": map[string]any{"1m": l[0], "5m": l[1], "15m": l[2]}}
}

func parseLoadavg(text string) (l [3]float64, ok bool) {
	fields := strings.Fields(text)
	if len(fields) < 3 {
		return l, false
	}
	for i := range l {
		v, err := strconv.ParseFloat(fields[i], 64)
		if err != nil {
			return l, false
		}
		l[i] = v
	}
	return l, true
}

// user describes who the facts are gathered as, by the name in the environment as login programs set it.
func (g *gathering) user() map[string]any {
	id := identity{uid: g.r.Getuid(), euid: g.r.Getuid()}
	if g.k != nil {
		id = g.k.identity()
	}
	name := ""
	env := g.environ()
	for _, key := range []string{"LOGNAME", "USER", "LNAME", "USERNAME"} {
		if env[key] != "" {
			name = env[key]
			break
		}
	}
	account, found := g.account(name, id.uid)
	if name == "" {
		name = account.name
	}
	facts := map[string]any{"user_id": name, "real_user_id": id.uid, "effective_user_id": id.euid,
		"real_group_id": id.gid, "effective_group_id": id.egid}
	if found {
		facts["user_uid"], facts["user_gid"] = account.uid, account.gid
		facts["user_gecos"], facts["user_dir"], facts["user_shell"] = account.gecos, account.home, account.shell
		if g.k == nil {
			facts["real_group_id"], facts["effective_group_id"] = account.gid, account.gid
		}
	}
	return facts
}

// account is a line of passwd.
type account struct {
	name               string
	uid, gid           int
	gecos, home, shell string
}

// account finds a user by name, else by id, in /etc/passwd or wherever else the machine keeps them.
func (g *gathering) account(name string, uid int) (account, bool) {
	file := g.lines("/etc/passwd")
	byName := func(a account) bool { return a.name == name }
	byID := func(a account) bool { return a.uid == uid }
	if name != "" {
		if a, ok := findAccount(file, byName); ok {
			return a, true
		}
		if out, ok := g.query("getent", "passwd", name); ok {
			return findAccount(lines(out), byName)
		}
	}
	if a, ok := findAccount(file, byID); ok {
		return a, true
	}
	out, _ := g.query("getent", "passwd", strconv.Itoa(uid))
	return findAccount(lines(out), byID)
}

func findAccount(text []string, match func(account) bool) (account, bool) {
	for _, line := range text {
		f := strings.Split(line, ":")
		if len(f) != 7 {
			continue
		}
		uid, err1 := strconv.Atoi(f[2])
		gid, err2 := strconv.Atoi(f[3])
		a := account{name: f[0], uid: uid, gid: gid, gecos: f[4], home: f[5], shell: f[6]}
		if err1 == nil && err2 == nil && match(a) {
			return a, true
		}
	}
	return account{}, false
}
