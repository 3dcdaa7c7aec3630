package filters

import (
	"fmt"
	"math"
	"regexp"
	"strings"

	"github.com/musterhq/muster/internal/value"
)

func ansibleMath() map[string]Func {
	return map[string]Func{
		"log":            Strict("logarithm(x, base=2.718281828459045)", logarithm),
		"pow":            Strict("power(x, y)", power),
		"root":           Strict("inversepower(x, base=2)", root),
		"human_readable": Strict("human_readable(size, isbits=False, unit=None)", humanReadable),
		"human_to_bytes": Strict("human_to_bytes(size, default_unit=None, isbits=False)", humanToBytes),
	}
}

// number reads an argument of a mathematical function.
func number(filter string, v any) (float64, error) {
	f, ok := value.Float(v)
	if !ok {
		return 0, errorf("%s() can only be used on numbers: must be real number, not %s", filter, value.TypeName(v))
	}
	return f, nil
}

func logarithm(_ Env, a *value.Args) (any, error) {
	x, err := number("log", a.Any("x"))
	if err != nil {
		return nil, err
	}
	base, err := number("log", a.Any("base"))
	if err != nil {
		return nil, err
	}
	if x <= 0 || base <= 0 {
		return nil, &value.ValueError{Message: "math domain error"}
	}
	if base == 10 {
		return value.Log10(x), nil
	}
	if base == 1 {
		return nil, &value.ArithmeticError{Message: "float division by zero"}
	}
	return value.Log(x) / value.Log(base), nil
}

func power(_ Env, a *value.Args) (any, error) {
	x, err := number("pow", a.Any("x"))
	if err != nil {
		return nil, err
	}
	y, err := number("pow", a.Any("y"))
	if err != nil {
		return nil, err
	}
	return checkedPower(x, y)
}

func checkedPower(x, y float64) (any, error) {
	p := value.Power(x, y)
	switch {
	case math.IsNaN(p) && !math.IsNaN(x) && !math.IsNaN(y), x == 0 && y < 0:
		return nil, &value.ValueError{Message: "math domain error"}
	case math.IsInf(p, 0) && !math.IsInf(x, 0) && !math.IsInf(y, 0):
		return nil, &value.ArithmeticError{Message: "math range error"}
	}
	return p, nil
}

func root(_ Env, a *value.Args) (any, error) {
	x, err := number("root", a.Any("x"))
	if err != nil {
		return nil, err
	}
	base, err := number("root", a.Any("base"))
	if err != nil {
		return nil, err
	}
	switch {
	case base == 0:
		return nil, &value.ArithmeticError{Message: "float division by zero"}
	case base == 2 && x < 0:
		return nil, errorf("root() can only be used on numbers: math domain error")
	case base == 2:
		return math.Sqrt(x), nil
	}
	return checkedPower(x, 1/base)
}

// sizeUnits are the units of sizes, the largest first; each is 1024 of the next.
const sizeUnits = "YZEPTGMKB"

func unitSize(letter byte) (float64, bool) {
	i := strings.IndexByte(sizeUnits, letter)
	if i < 0 {
		return 0, false
	}
	return math.Pow(1024, float64(len(sizeUnits)-1-i)), true
}

func humanReadable(_ Env, a *value.Args) (any, error) {
	size, ok := value.Float(a.Any("size"))
	if !ok {
		return nil, errorf("human_readable() failed on bad input: '>=' not supported between instances of '%s' and 'int'",
			value.TypeName(a.Any("size")))
	}
	base := "Bytes"
	if a.Bool("isbits") {
		base = "bits"
	}
	unit := ""
	if a.Any("unit") != nil {
		unit = strings.ToUpper(a.Str("unit"))
	}
	letter := byte('B')
	for i := range len(sizeUnits) {
		limit, _ := unitSize(sizeUnits[i])
		if unit == "" && a.Any("unit") == nil && size >= limit || unit != "" && unit == sizeUnits[i:i+1] {
			letter = sizeUnits[i]
			break
		}
	}
	limit, _ := unitSize(letter)
	suffix := base
	if letter != 'B' {
		suffix = string(letter) + base[:1]
	}
	return fmt.Sprintf("%.2f %s", size/limit, suffix), nil
}

var sizePattern = regexp.MustCompile(`^\s*(\d*\.?\d*)\s*([A-Za-z]+)?`)

func humanToBytes(_ Env, a *value.Args) (any, error) {
	text := a.Str("size")
	wrong := errorf("human_to_bytes() can't interpret following string: %s", text)
	m := sizePattern.FindStringSubmatch(text)
	size, ok := value.ParseFloat(m[1])
	if !ok {
		return nil, wrong
	}
	unit := m[2]
	if unit == "" {
		if a.Any("default_unit") == nil {
			return wholeOf(math.RoundToEven(size))
		}
		unit = a.Str("default_unit")
	}
	if unit == "" {
		return nil, wrong
	}
	limit, ok := unitSize(strings.ToUpper(unit)[0])
	if !ok {
		return nil, wrong
	}
	class, name := byte('B'), "byte"
	if a.Bool("isbits") {
		class, name = 'b', "bit"
	}
	if len(unit) > 1 && !strings.Contains(strings.ToLower(unit), name) && unit[1] != class {
		return nil, wrong
	}
	return wholeOf(math.RoundToEven(size * limit))
}

func wholeOf(f float64) (any, error) {
	i, _ := wholePart(f)
	return i, nil
}
