package value

import (
	"fmt"
	"math"
	"math/big"
)

// ArithmeticError is a division by zero or a number too large, worded as Python words it.
type ArithmeticError struct{ Message string }

// Error is Python's message.
func (e *ArithmeticError) Error() string { return e.Message }

func arithmetic(op string, a, b any) (any, error) {
	if x, ok := Integer(a); ok {
		if y, ok := Integer(b); ok {
			if v, done := smallArithmetic(op, x, y); done {
				return v, nil
			}
		}
	}
	x, xInt := BigInt(a)
	y, yInt := BigInt(b)
	if xInt && yInt {
		return bigArithmetic(op, x, y)
	}
	fx, _ := Float(a)
	fy, _ := Float(b)
	return floatArithmetic(op, fx, fy)
}

// smallArithmetic answers when neither the operands nor the result need more than an int.
func smallArithmetic(op string, x, y int) (any, bool) {
	switch op {
	case "+":
		s := x + y
		return s, (s > x) == (y > 0)
	case "-":
		s := x - y
		return s, (s < x) == (y > 0)
	case "*":
		if x == 0 || y == 0 {
			return 0, true
		}
		p := x * y
		return p, p/y == x && !(x == -1 && y == math.MinInt) && !(y == -1 && x == math.MinInt)
	case "//":
		if y == 0 || x == math.MinInt && y == -1 {
			return nil, false
		}
		q := x / y
		if x%y != 0 && (x < 0) != (y < 0) {
			q--
		}
		return q, true
	case "%":
		if y == 0 || y == -1 {
			return 0, y == -1
		}
		m := x % y
		if m != 0 && (m < 0) != (y < 0) {
			m += y
		}
		return m, true
	case "/":
		const exactInt = 1 << 53
		if y != 0 && int64(x) > -exactInt && int64(x) < exactInt && int64(y) > -exactInt && int64(y) < exactInt {
			return float64(x) / float64(y), true
		}
	}
	return nil, false
}

// maxBits bounds the integers that a template may make.
const maxBits = 1 << 22

func bigArithmetic(op string, x, y *big.Int) (any, error) {
	var z big.Int
	switch op {
	case "+":
		return FromBig(z.Add(x, y)), nil
	case "-":
		return FromBig(z.Sub(x, y)), nil
	case "*":
		if x.BitLen()+y.BitLen() > maxBits {
			return nil, &ArithmeticError{"the result of the multiplication is too large"}
		}
		return FromBig(z.Mul(x, y)), nil
	case "**":
		return bigPower(x, y)
	}
	if y.Sign() == 0 {
		return nil, zeroDivision(op)
	}
	if op == "/" {
		f, _ := new(big.Rat).SetFrac(x, y).Float64()
		if f == 0 && y.Sign() < 0 {
			f = math.Copysign(0, -1)
		}
		if math.IsInf(f, 0) {
			return nil, &ArithmeticError{"integer division result too large for a float"}
		}
		return f, nil
	}
	quotient, rest := z.QuoRem(x, y, new(big.Int))
	if rest.Sign() != 0 && rest.Sign() != y.Sign() {
		quotient.Sub(quotient, big.NewInt(1))
		rest.Add(rest, y)
	}
	if op == "//" {
		return FromBig(quotient), nil
	}
	return FromBig(rest), nil
}

func zeroDivision(op string) error {
	if op == "/" {
		return &ArithmeticError{"division by zero"}
	}
	return &ArithmeticError{"integer division or modulo by zero"}
}

func bigPower(x, y *big.Int) (any, error) {
	if y.Sign() < 0 {
		fx, _ := Float(x)
		fy, _ := Float(y)
		return floatArithmetic("**", fx, fy)
	}
	if x.IsInt64() && (x.Int64() == 0 || x.Int64() == 1 || x.Int64() == -1) {
		return smallBasePower(x.Int64(), y), nil
	}
	if !y.IsInt64() || int64(x.BitLen())*y.Int64() > maxBits || y.Int64() > maxBits {
		return nil, &ArithmeticError{"the result of the power is too large"}
	}
	return FromBig(new(big.Int).Exp(x, y, nil)), nil
}

func smallBasePower(base int64, y *big.Int) any {
	switch {
	case y.Sign() == 0, base == 1:
		return 1
	case base == 0:
		return 0
	case y.Bit(0) == 0:
		return 1
	}
	return -1
}

func floatArithmetic(op string, x, y float64) (any, error) {
	switch op {
	case "+":
		return x + y, nil
	case "-":
		return x - y, nil
	case "*":
		return x * y, nil
	case "/":
		if y == 0 {
			return nil, &ArithmeticError{"float division by zero"}
		}
		return x / y, nil
	case "**":
		return floatPower(x, y)
	}
	if y == 0 {
		if op == "//" {
			return nil, &ArithmeticError{"float floor division by zero"}
		}
		return nil, &ArithmeticError{"float modulo"}
	}
	quotient, rest := floatDivMod(x, y)
	if op == "//" {
		return quotient, nil
	}
	return rest, nil
}

// floatDivMod divides so that the rest has the sign of the divisor and quotient*y + rest is x as nearly as can be.
func floatDivMod(x, y float64) (quotient, rest float64) {
	rest = math.Mod(x, y)
	div := (x - rest) / y
	switch {
	case rest == 0:
		rest = math.Copysign(0, y)
	case (y < 0) != (rest < 0):
		rest += y
		div--
	}
	if div == 0 {
		return math.Copysign(0, x/y), rest
	}
	quotient = math.Floor(div)
	if div-quotient > 0.5 {
		quotient++
	}
	return quotient, rest
}

func floatPower(x, y float64) (any, error) {
	if x == 0 && y < 0 {
		return nil, &ArithmeticError{"0.0 cannot be raised to a negative power"}
	}
	if x < 0 && y != math.Floor(y) && !math.IsInf(y, 0) {
		return nil, &ArithmeticError{"a negative number cannot be raised to a fractional power"}
	}
	p := Power(x, y)
	if math.IsInf(p, 0) && !math.IsInf(x, 0) && !math.IsInf(y, 0) {
		return nil, &ArithmeticError{"(34, 'Numerical result out of range')"}
	}
	return p, nil
}

// Neg is -v.
func Neg(v any) (any, error) {
	if i, ok := Integer(v); ok && i != math.MinInt {
		return -i, nil
	}
	if b, ok := BigInt(v); ok {
		return FromBig(new(big.Int).Neg(b)), nil
	}
	switch x := v.(type) {
	case float64:
		return -x, nil
	case TimeDelta:
		return -x, nil
	}
	return nil, unary("-", v)
}

// Plus is +v.
func Plus(v any) (any, error) {
	if i, ok := Integer(v); ok {
		return i, nil
	}
	switch v.(type) {
	case *big.Int, float64, TimeDelta:
		return v, nil
	}
	return nil, unary("+", v)
}

func unary(op string, v any) error {
	if err := Defined(v); err != nil {
		return err
	}
	return &TypeError{fmt.Sprintf("bad operand type for unary %s: '%s'", op, TypeName(v))}
}
