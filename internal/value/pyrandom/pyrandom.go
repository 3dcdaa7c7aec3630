// Package pyrandom gives the numbers that Python's random gives: the Mersenne Twister for a seed, and the system's
// random numbers without one.
package pyrandom

import (
	"crypto/rand"
	"crypto/sha512"
	"encoding/binary"
	"math"
	"math/big"
	"math/bits"

	"github.com/musterhq/muster/internal/value"
)

const (
	size  = 624
	shift = 397
)

// Random is a source of numbers. It is not safe for concurrent use.
type Random struct {
	state  [size]uint32
	at     int
	system bool
}

// System is a source that nobody can predict.
func System() *Random { return &Random{system: true} }

// Seeded is Python's random.Random(seed) for text, numbers and none, where none means System.
func Seeded(seed any) (*Random, error) {
	switch x := seed.(type) {
	case nil:
		return System(), nil
	case string:
		return fromBytes([]byte(x)), nil
	case value.Bytes:
		return fromBytes([]byte(x)), nil
	case float64:
		return fromInt(new(big.Int).SetUint64(uint64(hashFloat(x)))), nil
	}
	if n, ok := value.BigInt(seed); ok {
		return fromInt(n), nil
	}
	return nil, &value.TypeError{Message: "The only supported seed types are: None,\nint, float, str, bytes, and bytearray."}
}

// fromBytes seeds with the text and its SHA-512 read as one number.
func fromBytes(b []byte) *Random {
	sum := sha512.Sum512(b)
	return fromInt(new(big.Int).SetBytes(append(append([]byte{}, b...), sum[:]...)))
}

func fromInt(n *big.Int) *Random {
	b := new(big.Int).Abs(n).Bytes()
	for len(b)%4 != 0 || len(b) == 0 {
		b = append([]byte{0}, b...)
	}
	key := make([]uint32, len(b)/4)
	for i := range key {
		key[i] = binary.BigEndian.Uint32(b[len(b)-4*(i+1):])
	}
	r := &Random{}
	r.seedArray(key)
	return r
}

// hashFloat is Python's hash of a float: the number modulo the prime 2**61 - 1.
func hashFloat(f float64) int64 {
	const prime = 1<<61 - 1
	switch {
	case math.IsInf(f, 1):
		return 314159
	case math.IsInf(f, -1):
		return -314159
	case math.IsNaN(f):
		return 0
	}
	p := big.NewInt(prime)
	r := new(big.Rat).SetFloat64(math.Abs(f))
	h := new(big.Int).ModInverse(r.Denom(), p)
	h.Mul(h, r.Num()).Mod(h, p)
	n := h.Int64()
	if f < 0 {
		n = -n
	}
	if n == -1 {
		return -2
	}
	return n
}

func (r *Random) seedNumber(s uint32) {
	r.state[0] = s
	for i := 1; i < size; i++ {
		prev := r.state[i-1]
		r.state[i] = 1812433253*(prev^prev>>30) + uint32(i)
	}
	r.at = size
}

func (r *Random) seedArray(key []uint32) {
	r.seedNumber(19650218)
	i, j := 1, 0
	for range max(size, len(key)) {
		prev := r.state[i-1]
		r.state[i] = (r.state[i] ^ (prev^prev>>30)*1664525) + key[j] + uint32(j)
		i, j = i+1, j+1
		if i >= size {
			r.state[0] = r.state[size-1]
			i = 1
		}
		if j >= len(key) {
			j = 0
		}
	}
	for range size - 1 {
		prev := r.state[i-1]
		r.state[i] = (r.state[i] ^ (prev^prev>>30)*1566083941) - uint32(i)
		if i++; i >= size {
			r.state[0] = r.state[size-1]
			i = 1
		}
	}
	r.state[0] = 0x80000000
}

func (r *Random) refill() {
	for i := range size {
		y := r.state[i]&0x80000000 | r.state[(i+1)%size]&0x7fffffff
		next := r.state[(i+shift)%size] ^ y>>1
		if y&1 != 0 {
			next ^= 0x9908b0df
		}
		r.state[i] = next
	}
	r.at = 0
}

func (r *Random) word() uint32 {
	if r.system {
		var b [4]byte
		_, _ = rand.Read(b[:]) // it never fails: the runtime ends the program first
		return binary.LittleEndian.Uint32(b[:])
	}
	if r.at >= size {
		r.refill()
	}
	y := r.state[r.at]
	r.at++
	y ^= y >> 11
	y ^= y << 7 & 0x9d2c5680
	y ^= y << 15 & 0xefc60000
	return y ^ y>>18
}

// Below returns a number from 0 to n-1, and 0 when n is not positive.
func (r *Random) Below(n int) int {
	if n <= 0 {
		return 0
	}
	k := bits.Len(uint(n))
	for {
		var v uint64
		for got := 0; got < k; got += 32 {
			w := r.word()
			if left := k - got; left < 32 {
				w >>= 32 - left
			}
			v |= uint64(w) << got
		}
		if v < uint64(n) {
			return int(v)
		}
	}
}

// Range is randrange(start, stop, step).
func (r *Random) Range(start, stop, step int) (int, error) {
	width := stop - start
	n := 0
	switch {
	case step == 1:
		n = width
	case step > 0:
		n = (width + step - 1) / step
	case step < 0:
		n = (width + step + 1) / step
	default:
		return 0, &value.ValueError{Message: "zero step for randrange()"}
	}
	if n <= 0 {
		return 0, &value.ValueError{Message: "empty range for randrange()"}
	}
	return start + step*r.Below(n), nil
}

// Shuffle brings the items into another order.
func (r *Random) Shuffle(items []any) {
	for i := len(items) - 1; i > 0; i-- {
		j := r.Below(i + 1)
		items[i], items[j] = items[j], items[i]
	}
}
