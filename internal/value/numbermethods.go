package value

import (
	"math"
	"math/big"
	"strconv"
	"strings"
)

func newFloatMethods() methodsOf[float64] {
	return table(
		of("is_integer()", func(f float64, _ *Args) (any, error) { return f == math.Trunc(f) && !math.IsInf(f, 0), nil }),
		of("as_integer_ratio()", func(f float64, _ *Args) (any, error) {
			r := new(big.Rat).SetFloat64(f)
			if r == nil {
				return nil, &ValueError{"cannot convert " + FloatText(f) + " to integer ratio"}
			}
			return &Tuple{Items: []any{FromBig(r.Num()), FromBig(r.Denom())}}, nil
		}),
		of("hex()", func(f float64, _ *Args) (any, error) {
			s := strconv.FormatFloat(f, 'x', 13, 64)
			mantissa, exponent, _ := strings.Cut(s, "p")
			n, _ := strconv.Atoi(exponent)
			if n >= 0 {
				return mantissa + "p+" + strconv.Itoa(n), nil
			}
			return mantissa + "p" + strconv.Itoa(n), nil
		}),
		of("conjugate()", func(f float64, _ *Args) (any, error) { return f, nil }),
	)
}

func floatAttr(f float64, name string) (any, bool) {
	switch name {
	case "real":
		return f, true
	case "imag":
		return 0.0, true
	}
	return tables.ready().float.bind(f, name)
}

func newIntMethods() methodsOf[*big.Int] {
	return table(
		of("bit_length()", func(b *big.Int, _ *Args) (any, error) { return b.BitLen(), nil }),
		of("bit_count()", func(b *big.Int, _ *Args) (any, error) {
			return strings.Count(new(big.Int).Abs(b).Text(2), "1"), nil
		}),
		of("conjugate()", func(b *big.Int, _ *Args) (any, error) { return FromBig(b), nil }),
		of("as_integer_ratio()", func(b *big.Int, _ *Args) (any, error) { return &Tuple{Items: []any{FromBig(b), 1}}, nil }),
		of("to_bytes(length=1, byteorder='big', signed=False)", func(b *big.Int, a *Args) (any, error) {
			n := a.Int("length")
			if b.Sign() < 0 || n < 0 || (b.BitLen()+7)/8 > n || n > maxWidth {
				return nil, &ArithmeticError{"int too big to convert"}
			}
			out := b.FillBytes(make([]byte, n))
			if a.Text("byteorder") == "little" {
				for i, j := 0, n-1; i < j; i, j = i+1, j-1 {
					out[i], out[j] = out[j], out[i]
				}
			}
			return Bytes(out), nil
		}),
	)
}

func intAttr(v any, name string) (any, bool) {
	b, _ := BigInt(v)
	switch name {
	case "real", "numerator":
		return FromBig(b), true
	case "imag":
		return 0, true
	case "denominator":
		return 1, true
	}
	return tables.ready().int.bind(b, name)
}
