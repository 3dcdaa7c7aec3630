package modules

import (
	"fmt"
	"reflect"
)

// Unmarshaler is implemented by the pointer of a parameter's type that reads the raw value itself.
type Unmarshaler interface{ UnmarshalParam(v any) error }

var unmarshalerType = reflect.TypeFor[Unmarshaler]()

// setter stores a coerced value in a field of the parameter struct.
type setter func(dst reflect.Value, v any) error

func setterFor(t reflect.Type) (setter, error) {
	if reflect.PointerTo(t).Implements(unmarshalerType) {
		return func(dst reflect.Value, v any) error {
			return dst.Addr().Interface().(Unmarshaler).UnmarshalParam(v)
		}, nil
	}
	switch t.Kind() {
	case reflect.Pointer:
		return pointerSetter(t)
	case reflect.Interface:
		return func(dst reflect.Value, v any) error { dst.Set(reflect.ValueOf(v)); return nil }, nil
	case reflect.String, reflect.Bool, reflect.Int, reflect.Int64, reflect.Float64:
		return setScalar, nil
	case reflect.Slice:
		return sliceSetter(t)
	case reflect.Map:
		return mapSetter(t)
	case reflect.Struct:
		return nil, nil // filled by the sub spec
	default:
		return nil, fmt.Errorf("unsupported Go type %s", t)
	}
}

func pointerSetter(t reflect.Type) (setter, error) {
	inner, err := setterFor(t.Elem())
	if err != nil || inner == nil {
		return nil, err
	}
	return func(dst reflect.Value, v any) error {
		p := reflect.New(t.Elem())
		if err := inner(p.Elem(), v); err != nil {
			return err
		}
		dst.Set(p)
		return nil
	}, nil
}

func setScalar(dst reflect.Value, v any) error {
	switch x := v.(type) {
	case string:
		if dst.Kind() == reflect.String {
			dst.SetString(x)
			return nil
		}
	case bool:
		if dst.Kind() == reflect.Bool {
			dst.SetBool(x)
			return nil
		}
	case int:
		switch dst.Kind() {
		case reflect.Int, reflect.Int64:
			dst.SetInt(int64(x))
			return nil
		case reflect.Float64:
			dst.SetFloat(float64(x))
			return nil
		}
	case float64:
		if dst.Kind() == reflect.Float64 {
			dst.SetFloat(x)
			return nil
		}
	}
	return fmt.Errorf("%s does not fit %s", pyType(v), dst.Type())
}

func sliceSetter(t reflect.Type) (setter, error) {
	inner, err := setterFor(t.Elem())
	if err != nil || inner == nil {
		return nil, err
	}
	return func(dst reflect.Value, v any) error {
		items, ok := v.([]any)
		if !ok {
			return fmt.Errorf("%s is no list", pyType(v))
		}
		out := reflect.MakeSlice(t, len(items), len(items))
		for i, item := range items {
			if item == nil {
				continue
			}
			if err := inner(out.Index(i), item); err != nil {
				return err
			}
		}
		dst.Set(out)
		return nil
	}, nil
}

func mapSetter(t reflect.Type) (setter, error) {
	if t.Key().Kind() != reflect.String {
		return nil, fmt.Errorf("keys of %s are no strings", t)
	}
	texts := t.Elem().Kind() == reflect.String
	return func(dst reflect.Value, v any) error {
		m, ok := v.(map[string]any)
		if !ok {
			return fmt.Errorf("%s is no dict", pyType(v))
		}
		out := reflect.MakeMapWithSize(t, len(m))
		for k, item := range m {
			switch {
			case texts:
				out.SetMapIndex(reflect.ValueOf(k).Convert(t.Key()), reflect.ValueOf(PyStr(item)))
			case item == nil:
				out.SetMapIndex(reflect.ValueOf(k).Convert(t.Key()), reflect.Zero(t.Elem()))
			default:
				out.SetMapIndex(reflect.ValueOf(k).Convert(t.Key()), reflect.ValueOf(item))
			}
		}
		dst.Set(out)
		return nil
	}, nil
}
