package value

import (
	"math"
	"math/big"
)

// precision is that of the intermediate results: enough that rounding them gives the nearest float.
const precision = 256

func wide(f float64) *big.Float   { return new(big.Float).SetPrec(precision).SetFloat64(f) }
func wideInt(i int64) *big.Float  { return new(big.Float).SetPrec(precision).SetInt64(i) }
func narrow(b *big.Float) float64 { f, _ := b.Float64(); return f }

// Power is x ** y rounded to the nearest float, as the C library gives it; Go's own is off in the last digits.
func Power(x, y float64) float64 {
	p := math.Pow(x, y)
	if math.IsNaN(p) || math.IsInf(p, 0) || p == 0 || x == 0 || math.IsInf(x, 0) || math.IsInf(y, 0) {
		return p
	}
	exponent := new(big.Float).SetPrec(precision).Mul(wide(y), logarithm(math.Abs(x)))
	return math.Copysign(narrow(exponential(exponent)), p)
}

// Log is the natural logarithm, rounded to the nearest float.
func Log(x float64) float64 {
	if f := math.Log(x); math.IsNaN(f) || math.IsInf(f, 0) || f == 0 {
		return f
	}
	return narrow(logarithm(x))
}

// Log10 is the decimal logarithm, rounded to the nearest float.
func Log10(x float64) float64 {
	if f := math.Log10(x); math.IsNaN(f) || math.IsInf(f, 0) || x == 1 {
		return f
	}
	return narrow(new(big.Float).SetPrec(precision).Quo(logarithm(x), logarithm(10)))
}

// logarithm computes ln(x) for x > 0: x is m * 2**e, and ln(m) a quick series for m near 1.
func logarithm(x float64) *big.Float {
	m, e := math.Frexp(x)
	if m < math.Sqrt2/2 {
		m *= 2
		e--
	}
	ln := artanh(new(big.Float).SetPrec(precision).Quo(wide(0).Sub(wide(m), wide(1)), wide(0).Add(wide(m), wide(1))))
	return ln.Add(ln, wide(0).Mul(wideInt(int64(e)), ln2()))
}

func ln2() *big.Float {
	return artanh(new(big.Float).SetPrec(precision).Quo(wide(1), wide(3)))
}

// artanh returns 2 * artanh(z) by its series, for small z.
func artanh(z *big.Float) *big.Float {
	square := wide(0).Mul(z, z)
	power := wide(0).Set(z)
	sum := wide(0)
	for n := int64(1); n < 2*precision; n += 2 {
		term := wide(0).Quo(power, wideInt(n))
		sum.Add(sum, term)
		if term.Sign() == 0 || sum.MantExp(nil)-term.MantExp(nil) > precision {
			break
		}
		power.Mul(power, square)
	}
	return sum.Add(sum, sum)
}

// exponential computes e**r: the whole powers of two are taken out, the rest is halved until its series is quick.
func exponential(r *big.Float) *big.Float {
	l := ln2()
	k := int(math.Round(narrow(wide(0).Quo(r, l))))
	rest := wide(0).Sub(r, wide(0).Mul(wideInt(int64(k)), l))
	const halvings = 10
	rest.SetMantExp(rest, -halvings)
	sum, term := wide(1), wide(1)
	for n := int64(1); n < 64; n++ {
		term.Mul(term, rest)
		term.Quo(term, wideInt(n))
		sum.Add(sum, term)
		if term.Sign() == 0 || sum.MantExp(nil)-term.MantExp(nil) > precision {
			break
		}
	}
	for range halvings {
		sum.Mul(sum, sum)
	}
	return sum.SetMantExp(sum, k)
}
