package databases

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// pgParameter is what a server tells of one of its parameters.
type pgParameter struct {
	value   string // in force, in the unit
	shown   string // the same as SHOW has it
	unit    string
	kind    string // bool, integer, real, string or enum
	context string // when it can be changed
	boot    string // the value that the server was built with
	pending bool   // a new value waits for a restart
}

// pgAtStart is the context of parameters that are only read when the server starts.
const pgAtStart = "postmaster"

func lookUpParameter(ctx context.Context, s *pgSession, name string) (pgParameter, error) {
	rows, err := s.rows(ctx, `SELECT setting, current_setting(name), coalesce(unit, ''), vartype, context, coalesce(boot_val, ''), pending_restart
 FROM pg_catalog.pg_settings WHERE lower(name) = lower($1)`, name)
	if err != nil {
		return pgParameter{}, fmt.Errorf("Unable to get %s value due to : %w", name, err) //nolint:staticcheck,revive // Ansible's words
	}
	if len(rows) == 0 {
		return pgParameter{}, fmt.Errorf("No such parameter: %s. Please check its spelling or presence in your PostgreSQL version (https://www.postgresql.org/docs/current/runtime-config.html)", name) //nolint:staticcheck,revive // Ansible's words
	}
	row := rows[0]
	return pgParameter{value: row[0], shown: row[1], unit: row[2], kind: row[3], context: row[4], boot: row[5], pending: row[6] == "t"}, nil
}

// same says whether two values mean the same.
func (v pgParameter) same(a, b string) bool {
	if a == b {
		return true
	}
	switch v.kind {
	case "bool":
		x, okA := pgSwitch(a)
		y, okB := pgSwitch(b)
		return okA && okB && x == y
	case "enum":
		x, okA := pgSwitch(a)
		y, okB := pgSwitch(b)
		return strings.EqualFold(a, b) || okA && okB && x == y
	case "integer", "real":
		x, okA := pgAmount(a, v.unit)
		y, okB := pgAmount(b, v.unit)
		if v.kind == "integer" {
			x, y = math.RoundToEven(x), math.RoundToEven(y)
		}
		return okA && okB && x == y
	}
	return false
}

// pgSwitch reads a bool as the server does: a word, or the start of one that no other has.
func pgSwitch(text string) (on, ok bool) {
	text = strings.ToLower(strings.TrimSpace(text))
	if text == "" {
		return false, false
	}
	switch {
	case text == "1", text == "on", strings.HasPrefix("true", text), strings.HasPrefix("yes", text):
		return true, true
	case text == "0", len(text) > 1 && strings.HasPrefix("off", text), strings.HasPrefix("false", text), strings.HasPrefix("no", text):
		return false, true
	}
	return false, false
}

// pgUnits are sizes in bytes and times in microseconds.
var pgUnits = []struct {
	name  string
	size  bool
	worth float64
}{
	{"B", true, 1}, {"kB", true, 1 << 10}, {"MB", true, 1 << 20}, {"GB", true, 1 << 30}, {"TB", true, 1 << 40},
	{"us", false, 1}, {"ms", false, 1e3}, {"s", false, 1e6}, {"min", false, 60e6}, {"h", false, 3600e6}, {"d", false, 86400e6},
}

// pgAmount reads a number with or without a unit, in the unit of its parameter, such as 8kB.
func pgAmount(text, base string) (float64, bool) {
	text = strings.TrimSpace(text)
	end := strings.LastIndexFunc(text, func(r rune) bool { return r >= '0' && r <= '9' || r == '.' }) + 1
	number, err := strconv.ParseFloat(text[:end], 64)
	if err != nil {
		n, hexErr := strconv.ParseInt(text, 0, 64)
		return float64(n), hexErr == nil
	}
	unit := strings.TrimSpace(text[end:])
	if unit == "" {
		return number, true
	}
	worth, size, ok := unitWorth(unit)
	baseWorth, baseSize, baseOK := baseUnit(base)
	if !ok || !baseOK || size != baseSize {
		return 0, false
	}
	return number * worth / baseWorth, true
}

// baseUnit is a parameter's unit: one of them, maybe several times, such as 8kB.
func baseUnit(base string) (worth float64, size, ok bool) {
	digits := strings.IndexFunc(base, func(r rune) bool { return r < '0' || r > '9' })
	times := 1.0
	if digits > 0 {
		times, _ = strconv.ParseFloat(base[:digits], 64)
		base = base[digits:]
	}
	worth, size, ok = unitWorth(base)
	return worth * times, size, ok
}

func unitWorth(unit string) (worth float64, size, ok bool) {
	for _, u := range pgUnits {
		if u.name == unit {
			return u.worth, u.size, true
		}
	}
	return 0, false, false
}

// unitsAsWritten writes mb, gb, tb and b as the server wants them, and Python's True and False.
func unitsAsWritten(value string) string {
	number := strings.TrimRight(value, "mgtb")
	unit := value[len(number):]
	digits := number != "" && strings.Trim(number, "0123456789") == ""
	switch {
	case digits && (unit == "mb" || unit == "gb" || unit == "tb" || unit == "b"):
		return number + strings.ToUpper(unit)
	case value == "True":
		return "on"
	case value == "False":
		return "off"
	}
	return value
}
