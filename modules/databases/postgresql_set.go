package databases

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
)

// PostgresSetParams are the parameters of postgresql_set.
type PostgresSetParams struct {
	Name  string  `param:"name,required" doc:"The parameter of the server."`
	Value *string `param:"value" doc:"Its value; default removes it from postgresql.auto.conf."`
	Reset bool    `param:"reset" default:"false" doc:"Set it to the value that the server was built with."`
	DB    string  `param:"db" alias:"login_db" default:"" doc:"The database to connect to."`
	pgLogin
}

// PostgresSetState is a parameter of the server.
type PostgresSetState struct {
	Set   bool   `json:"set"`   // postgresql.auto.conf has it
	Auto  string `json:"auto"`  // its value there
	Value string `json:"value"` // in force, or after the restart that it waits for

	setting pgParameter
}

// PostgresSet manages parameters of the server.
func PostgresSet() modules.Module {
	return modules.State[PostgresSetParams, PostgresSetState]{
		Info: modules.Info{
			Name: "postgresql_set", Summary: "Set parameters of a PostgreSQL server.", Undo: modules.UndoFull,
			Aliases: []string{"community.postgresql.postgresql_set"},
			Notes: "The parameter is written to postgresql.auto.conf, and the server reads it again. One that needs a restart is in force\n" +
				"after one (see restart_required); until then a second run changes nothing. Values are compared as the server does: 1GB is 1024MB.",
			Examples: `- name: Memory for sorting
  postgresql_set: {name: work_mem, value: 32MB}
  become: true
  become_user: postgres
`,
		},
		Validate: func(p *PostgresSetParams) error { return p.validate() },
		Read:     readParameter,
		Want:     wantParameter,
		Apply:    applyParameter,
		Settled: func(_ PostgresSetParams, want, got PostgresSetState) bool {
			return want.Set == got.Set && (!want.Set || got.setting.same(want.Auto, got.Auto))
		},
		Equal:  func(a, b PostgresSetState) bool { return a.Set == b.Set && a.Auto == b.Auto },
		Report: reportParameter,
	}.Module()
}

func (p *PostgresSetParams) validate() error {
	switch {
	case p.Value != nil && p.Reset:
		return fmt.Errorf("%s: value and reset params are mutually exclusive", p.Name)
	case p.Value == nil && !p.Reset:
		return fmt.Errorf("%s: at least one of value or reset param must be specified", p.Name)
	}
	if p.Value != nil {
		*p.Value = unitsAsWritten(*p.Value)
	}
	return p.distrust(&p.Name, p.Value)
}

func readParameter(ctx context.Context, r sys.Reader, p PostgresSetParams) (PostgresSetState, error) {
	var st PostgresSetState
	s, err := p.connect(ctx, r, p.DB) // one that is new has the values of the last reload
	if err != nil {
		return st, err
	}
	defer s.close()
	if st.setting, err = lookUpParameter(ctx, s, p.Name); err != nil {
		return st, err
	}
	st.Value = st.setting.value
	rows, err := s.rows(ctx, `SELECT setting, sourcefile ~ 'postgresql\.auto\.conf$' FROM pg_catalog.pg_file_settings
 WHERE lower(name) = lower($1) ORDER BY seqno`, p.Name)
	if err != nil && pgCode(err) != pgForbidden {
		return st, err
	}
	for _, row := range rows {
		if row[1] == "t" {
			st.Set, st.Auto = true, row[0]
		}
		if st.setting.pending || st.setting.context == pgAtStart {
			st.Value = row[0]
		}
	}
	return st, nil
}

func wantParameter(p PostgresSetParams, now PostgresSetState) (PostgresSetState, error) {
	want, value := now, now.setting.boot
	if p.Value != nil {
		value = *p.Value
	}
	if now.setting.context == "internal" {
		return now, fmt.Errorf("%s: cannot be changed (internal context). See https://www.postgresql.org/docs/current/runtime-config-preset.html", p.Name)
	}
	if p.Value != nil && strings.EqualFold(value, "default") {
		want.Set, want.Auto = false, ""
		return want, nil
	}
	if now.setting.same(value, now.Value) || now.Set && now.setting.same(value, now.Auto) {
		return want, nil
	}
	want.Set, want.Auto, want.Value = true, value, value
	return want, nil
}

// How long a server may take to read its files again, and how often it is asked.
const (
	pgReloadPatience = 10 * time.Second
	pgReloadInterval = 20 * time.Millisecond
)

func applyParameter(ctx context.Context, r sys.System, p PostgresSetParams, from, to PostgresSetState) error {
	s, err := p.session(ctx, r, p.DB)
	if err != nil {
		return err
	}
	name := strings.ReplaceAll(pgNames(strings.Split(p.Name, ".")), ", ", ".")
	sql := "ALTER SYSTEM RESET " + name
	if to.Set {
		sql = "ALTER SYSTEM SET " + name + " TO " + parameterValue(p.Name, to.Auto)
	}
	if err := s.exec(ctx, sql); err != nil {
		return fmt.Errorf("Unable to get %s value due to : %w", p.Name, err) //nolint:staticcheck,revive // Ansible's words
	}
	before, err := s.value(ctx, "SELECT pg_conf_load_time()")
	if err == nil {
		err = s.exec(ctx, "SELECT pg_reload_conf()")
	}
	if err != nil {
		return err
	}
	return p.reloaded(ctx, r, before)
}

// reloaded waits until the server has read its files again; a new connection then has the new values.
func (p PostgresSetParams) reloaded(ctx context.Context, r sys.Reader, before string) error {
	ctx, cancel := context.WithTimeout(ctx, pgReloadPatience)
	defer cancel()
	for {
		s, err := p.connect(ctx, r, p.DB)
		if err != nil {
			return err
		}
		now, err := s.value(ctx, "SELECT pg_conf_load_time()")
		s.close()
		if err != nil || now != before {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the server did not read its configuration again within %s", pgReloadPatience)
		case <-time.After(pgReloadInterval):
		}
	}
}

// pgNameLists are the parameters that are lists of names, each of which is quoted.
var pgNameLists = []string{"local_preload_libraries", "search_path", "session_preload_libraries", "shared_preload_libraries",
	"temp_tablespaces", "unix_socket_directories"}

// parameterValue writes a value for ALTER SYSTEM.
func parameterValue(name, value string) string {
	if !slices.Contains(pgNameLists, strings.ToLower(name)) {
		return pgText(value)
	}
	var items []string
	for _, item := range pgList(value) {
		items = append(items, pgText(strings.ReplaceAll(strings.Trim(item, `"`), `""`, `"`)))
	}
	if len(items) == 0 {
		return "''"
	}
	return strings.Join(items, ", ")
}

func reportParameter(p PostgresSetParams, from, to PostgresSetState, changed bool) modules.Result {
	restart := from.setting.context == pgAtStart
	pretty := to.setting.shown
	if changed && to.Set && (restart || to.setting.shown == from.setting.shown) {
		pretty = to.Auto
	}
	res := modules.Result{"name": p.Name, "context": from.setting.context, "prev_val_pretty": from.setting.shown, "value_pretty": pretty,
		"value": to.setting.plain(), "restart_required": restart && changed}
	if restart && changed {
		res["warnings"] = []any{"Restart of PostgreSQL is required for setting " + p.Name}
	}
	return res
}

// plain is a value in bytes where it is a size.
func (v pgParameter) plain() map[string]any {
	n, err := strconv.Atoi(v.value)
	unit := v.unit
	var value any = v.value
	if factor, ok := map[string]int{"kB": 1 << 10, "MB": 1 << 20}[unit]; ok && err == nil {
		unit, value = "b", n
		if n > 0 {
			value = n * factor
		}
	}
	if unit == "" {
		return map[string]any{"value": value, "unit": nil}
	}
	return map[string]any{"value": value, "unit": unit}
}
