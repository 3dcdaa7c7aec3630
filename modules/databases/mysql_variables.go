package databases

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
)

// mysqlVariableParams are the parameters of mysql_variables.
type mysqlVariableParams struct {
	Variable string  `param:"variable,required" doc:"The variable's name."`
	Value    *string `param:"value" doc:"Its value; without one the present value is returned as msg."`
	Mode     string  `param:"mode" choices:"global,persist,persist_only" default:"global" doc:"Whether the server has it now, keeps it over a restart as well, or has it after a restart only."`
	mysqlLogin
}

// mysqlVariable is what a variable is, and what it will be after a restart; nil where the server keeps nothing.
type mysqlVariable struct {
	Now  string  `json:"now"`
	Kept *string `json:"kept"`
}

// MySQLVariables sets global variables of a server.
func MySQLVariables() modules.Module {
	return modules.State[mysqlVariableParams, mysqlVariable]{
		Info: modules.Info{
			Name: "mysql_variables", Summary: "Sets global variables of MySQL and MariaDB.", Undo: modules.UndoFull,
			Aliases: []string{"community.mysql.mysql_variables", "ansible.mysql.mysql_variables"},
			Notes:   "With mode persist the server keeps the value in a file of its own, which MySQL 8 has and MariaDB has not.",
			Examples: `- name: Look closer at slow queries
  mysql_variables:
    variable: long_query_time
    value: "1"
    login_unix_socket: /run/mysqld/mysqld.sock
`,
		},
		Validate: func(p *mysqlVariableParams) error {
			if !regexp.MustCompile(`^[0-9A-Za-z_.]+$`).MatchString(p.Variable) {
				return fmt.Errorf("invalid variable name \"%s\"", p.Variable)
			}
			return nil
		},
		Within: withServer,
		Skip: func(ctx context.Context, r sys.Reader, p mysqlVariableParams) (modules.Result, error) {
			if p.Value != nil {
				return nil, nil
			}
			now, err := readVariable(ctx, r, p)
			return modules.Result{"changed": false, "msg": now.Now}, err
		},
		Read: readVariable,
		Want: func(p mysqlVariableParams, now mysqlVariable) (mysqlVariable, error) {
			if p.Mode != "persist_only" && !sameVariable(now.Now, *p.Value) {
				now.Now = *p.Value
			}
			if p.Mode != "global" && (now.Kept == nil || !sameVariable(*now.Kept, *p.Value)) {
				now.Kept = p.Value
			}
			return now, nil
		},
		Apply:   applyVariable,
		Equal:   func(a, b mysqlVariable) bool { return a.Now == b.Now && sameKept(a.Kept, b.Kept) },
		Settled: func(mysqlVariableParams, mysqlVariable, mysqlVariable) bool { return true }, // servers round what they are given
		Same:    func(a, b mysqlVariable) bool { return a.Now == b.Now && sameKept(a.Kept, b.Kept) },
		Report: func(p mysqlVariableParams, from, _ mysqlVariable, changed bool) modules.Result {
			switch {
			case changed:
				set, value := setVariable(p.Mode, p.Variable), literal(*p.Value)
				return modules.Result{"msg": "Variable change succeeded prev_value=" + from.Now, "queries": []string{set + strings.Trim(value, "'")}}
			case p.Mode == "persist_only":
				return modules.Result{"msg": "Variable is already stored into mysqld-auto.cnf with requested value."}
			case p.Mode == "persist":
				return modules.Result{"msg": "Variable is already set to requested value globally and stored into mysqld-auto.cnf file."}
			}
			return modules.Result{"msg": "Variable is already set to requested value."}
		},
	}.Module()
}

func sameKept(a, b *string) bool { return a == b || a != nil && b != nil && *a == *b }

func readVariable(ctx context.Context, r sys.Reader, p mysqlVariableParams) (mysqlVariable, error) {
	var v mysqlVariable
	conn, err := connection(ctx, r, session{login: p.mysqlLogin, database: "mysql", missing: "unable to find %s. Exception message: %v"})
	if err != nil {
		return v, err
	}
	found, err := rowsOf(ctx, conn, "SHOW GLOBAL VARIABLES WHERE Variable_name = ?", p.Variable)
	if err != nil {
		return v, err
	}
	if len(found) != 1 {
		return v, modules.Fail(nil, "Variable not available \"%s\"", p.Variable)
	}
	v.Now = found[0]["value"]
	if p.Mode == "global" {
		return v, nil
	}
	kept, err := rowsOf(ctx, conn, "SELECT VARIABLE_VALUE FROM performance_schema.persisted_variables WHERE VARIABLE_NAME = ?", p.Variable)
	switch {
	case err != nil && strings.Contains(err.Error(), "persisted_variables"):
		return v, modules.Fail(nil, "Server version must be 8.0 or greater.")
	case err != nil:
		return v, err
	case len(kept) == 1:
		value := kept[0]["variable_value"]
		v.Kept = &value
	}
	return v, nil
}

func applyVariable(ctx context.Context, s sys.System, p mysqlVariableParams, from, to mysqlVariable) error {
	conn, err := connection(ctx, s, session{login: p.mysqlLogin, database: "mysql"})
	if err != nil {
		return err
	}
	var statements []string
	switch {
	case p.Mode == "persist_only" && to.Kept != nil:
		statements = append(statements, setVariable(p.Mode, p.Variable)+literal(*to.Kept))
	case p.Mode == "persist" && to.Kept != nil:
		statements = append(statements, setVariable("persist", p.Variable)+literal(to.Now))
	case from.Now != to.Now:
		statements = append(statements, setVariable("global", p.Variable)+literal(to.Now))
	}
	if from.Kept != nil && to.Kept == nil {
		statements = append(statements, "RESET PERSIST "+quoteName(p.Variable))
	}
	for _, statement := range statements {
		if _, err := conn.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}

func setVariable(mode, name string) string {
	parts := strings.Split(name, ".")
	for i, part := range parts {
		parts[i] = quoteName(part)
	}
	return "SET " + strings.ToUpper(mode) + " " + strings.Join(parts, ".") + " = "
}

// literal writes a value as a number where it is one: servers refuse '8' for a number.
func literal(value string) string {
	if _, err := strconv.ParseFloat(value, 64); err == nil {
		return value
	}
	return quoteText(value)
}

// sameVariable compares what a server shows with what a task says: numbers by their value, and ON as 1.
func sameVariable(now, want string) bool {
	if now == want {
		return true
	}
	a, errA := strconv.ParseFloat(switched(now), 64)
	b, errB := strconv.ParseFloat(switched(want), 64)
	return errA == nil && errB == nil && a == b
}

func switched(v string) string {
	switch strings.ToUpper(v) {
	case "ON":
		return "1"
	case "OFF":
		return "0"
	}
	return v
}
