package filters

import (
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"

	"github.com/musterhq/muster/internal/value"
)

func jinjaNumbers() map[string]Func {
	return map[string]Func{
		"abs":            Strict("abs(x, /)", abs),
		"int":            Strict("do_int(value, default=0, base=10)", toInt),
		"float":          Strict("do_float(value, default=0.0)", toFloat),
		"round":          Strict("do_round(value, precision=0, method='common')", round),
		"filesizeformat": Strict("do_filesizeformat(value, binary=False)", fileSize),
	}
}

func abs(_ Env, a *value.Args) (any, error) {
	v := a.Any("x")
	if f, ok := v.(float64); ok {
		return math.Abs(f), nil
	}
	if b, ok := value.BigInt(v); ok {
		return value.FromBig(new(big.Int).Abs(b)), nil
	}
	if d, ok := v.(value.TimeDelta); ok {
		return max(d, -d), nil
	}
	return nil, &value.TypeError{Message: "bad operand type for abs(): '" + value.TypeName(v) + "'"}
}

// wholePart is Python's int(f); false for numbers that have none.
func wholePart(f float64) (any, bool) {
	r := new(big.Rat).SetFloat64(f)
	if r == nil {
		return nil, false
	}
	return value.FromBig(new(big.Int).Quo(r.Num(), r.Denom())), true
}

func intOf(f float64, fallback any) (any, error) {
	if math.IsInf(f, 0) {
		return nil, &value.ArithmeticError{Message: "cannot convert float infinity to integer"}
	}
	if i, ok := wholePart(f); ok {
		return i, nil
	}
	return fallback, nil
}

func toInt(_ Env, a *value.Args) (any, error) {
	v := a.Any("value")
	switch x := v.(type) {
	case string:
		base := a.Int("base")
		if base != 0 && (base < 2 || base > 36) {
			break
		}
		if i, ok := value.ParseInt(x, base); ok {
			return i, nil
		}
		if f, ok := value.ParseFloat(x); ok {
			return intOf(f, a.Any("default"))
		}
		return a.Any("default"), nil
	case float64:
		return intOf(x, a.Any("default"))
	}
	if b, ok := value.BigInt(v); ok {
		return value.FromBig(b), nil
	}
	return a.Any("default"), nil
}

func toFloat(_ Env, a *value.Args) (any, error) {
	if s, ok := a.Any("value").(string); ok {
		if f, ok := value.ParseFloat(s); ok {
			return f, nil
		}
		return a.Any("default"), nil
	}
	if f, ok := value.Float(a.Any("value")); ok {
		return f, nil
	}
	return a.Any("default"), nil
}

func round(_ Env, a *value.Args) (any, error) {
	v, precision := a.Any("value"), a.Int("precision")
	if a.Err() != nil {
		return nil, a.Err()
	}
	if !value.IsNumber(v) {
		return nil, &value.TypeError{Message: "type " + value.TypeName(v) + " doesn't define __round__ method"}
	}
	f, _ := value.Float(v)
	switch a.Any("method") {
	case "common":
		if b, ok := value.BigInt(v); ok {
			return roundInt(b, precision), nil
		}
		return roundFloat(f, precision), nil
	case "ceil":
		scale := math.Pow10(precision)
		return (math.Ceil(f*scale) + 0) / scale, nil // + 0: never -0.0, as Python's ceil is a whole number
	case "floor":
		scale := math.Pow10(precision)
		return (math.Floor(f*scale) + 0) / scale, nil
	}
	return nil, errorf("method must be common, ceil or floor")
}

// roundFloat rounds to a number of decimal places, halves to the even digit, as Python's round does.
func roundFloat(f float64, precision int) float64 {
	if math.IsNaN(f) || math.IsInf(f, 0) || precision > 323 {
		return f
	}
	if precision >= 0 {
		rounded, _ := strconv.ParseFloat(strconv.FormatFloat(f, 'f', precision, 64), 64)
		return rounded
	}
	if precision < -308 {
		return math.Copysign(0, f)
	}
	scale := math.Pow10(-precision)
	return math.RoundToEven(f/scale) * scale
}

func roundInt(b *big.Int, precision int) any {
	if precision >= 0 {
		return value.FromBig(b)
	}
	if -precision > 4300 {
		return 0
	}
	scale := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(-precision)), nil)
	quotient, rest := new(big.Int).DivMod(b, scale, new(big.Int))
	twice := rest.Lsh(rest, 1).Cmp(scale)
	if twice > 0 || twice == 0 && quotient.Bit(0) == 1 {
		quotient.Add(quotient, big.NewInt(1))
	}
	return value.FromBig(quotient.Mul(quotient, scale))
}

func fileSize(_ Env, a *value.Args) (any, error) {
	size, ok := value.Float(a.Any("value"))
	if s, isText := a.Any("value").(string); isText {
		size, ok = value.ParseFloat(s)
	}
	if !ok {
		return nil, &value.ValueError{Message: "could not convert " + value.Repr(a.Any("value")) + " to float"}
	}
	base, units := 1000.0, strings.Fields("kB MB GB TB PB EB ZB YB")
	if a.Bool("binary") {
		base, units = 1024, strings.Fields("KiB MiB GiB TiB PiB EiB ZiB YiB")
	}
	if size == 1 {
		return "1 Byte", nil
	}
	if size < base {
		return fmt.Sprintf("%.0f Bytes", math.Trunc(size)+0), nil
	}
	unit := base
	for i, name := range units {
		unit *= base
		if size < unit || i == len(units)-1 {
			return fmt.Sprintf("%.1f %s", base*size/unit, name), nil
		}
	}
	return nil, nil
}
