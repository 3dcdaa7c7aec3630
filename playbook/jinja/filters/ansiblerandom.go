package filters

import (
	"math/big"

	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/internal/value/pyrandom"
)

func ansibleRandom() map[string]Func {
	return map[string]Func{
		"random":  Strict("rand(end, start=None, step=None, seed=None)", random),
		"shuffle": Strict("randomize_list(mylist, seed=None)", shuffle),
	}
}

func random(_ Env, a *value.Args) (any, error) {
	r, err := pyrandom.Seeded(a.Any("seed"))
	if err != nil {
		return nil, err
	}
	end := a.Any("end")
	if isInteger(end) {
		if _, tooBig := end.(*big.Int); tooBig {
			return nil, errorf("random: %s is too large", value.Str(end))
		}
		start, step := 0, 1
		if value.Truth(a.Any("start")) {
			start = a.Int("start")
		}
		if value.Truth(a.Any("step")) {
			step = a.Int("step")
		}
		if a.Err() != nil {
			return nil, a.Err()
		}
		return r.Range(start, a.Int("end"), step)
	}
	items, err := value.Iterate(end)
	if _, mapping := end.(*value.Dict); mapping || err != nil {
		return nil, errorf("random can only be used on sequences and integers")
	}
	if value.Truth(a.Any("start")) || value.Truth(a.Any("step")) {
		return nil, errorf("start and step can only be used with integer values")
	}
	if len(items) == 0 {
		return nil, &value.IndexError{Message: "Cannot choose from an empty sequence"}
	}
	return items[r.Below(len(items))], nil
}

// shuffle returns what cannot be shuffled as it is, as Ansible does.
func shuffle(_ Env, a *value.Args) (any, error) {
	items, err := value.Iterate(a.Any("mylist"))
	if err != nil {
		return a.Any("mylist"), nil
	}
	out := append([]any{}, items...)
	r := pyrandom.System()
	if value.Truth(a.Any("seed")) {
		if r, err = pyrandom.Seeded(a.Any("seed")); err != nil {
			return list(out), nil
		}
	}
	r.Shuffle(out)
	return list(out), nil
}
