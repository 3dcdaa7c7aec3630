package jinja

import (
	"errors"

	"github.com/musterhq/muster/internal/value"
)

// attribute is obj.name: a method or an attribute, or else the item of that name.
func (f *frame) attribute(obj any, name string) (any, error) {
	ev := f.ev
	if err := ev.step(); err != nil {
		return nil, err
	}
	switch x := obj.(type) {
	case *value.Undefined:
		return undefinedAccess(x)
	case nativeText:
		obj = string(x)
	case *value.Dict:
		if v, ok := value.GetAttr(x, name); ok {
			// a method works on what the templates inside stand for
			if ev.hasTemplates(x, 0) {
				return f.methodOf(x, name)
			}
			return v, nil
		}
		if v, ok := x.Get(name); ok {
			return ev.force(v, name)
		}
		return missingAttribute(obj, name), nil
	case value.Mapping:
		return f.mappingAttribute(x, name)
	case *value.List, *value.Tuple:
		return f.methodOf(x, name)
	}
	if v, ok := value.GetAttr(obj, name); ok {
		return ev.force(v, name)
	}
	if v, ok, err := value.GetItem(obj, name); ok && err == nil {
		return ev.force(v, name)
	}
	return missingAttribute(obj, name), nil
}

// methodOf binds a method to a list or mapping with everything in it rendered.
func (f *frame) methodOf(obj any, name string) (any, error) {
	obj, err := f.ev.argument(obj)
	if err != nil {
		return nil, err
	}
	if u, ok := obj.(*value.Undefined); ok {
		return u, nil
	}
	if v, ok := value.GetAttr(obj, name); ok {
		return v, nil
	}
	return missingAttribute(obj, name), nil
}

func (f *frame) mappingAttribute(m value.Mapping, name string) (any, error) {
	if v, ok := value.GetAttr(m, name); ok {
		return v, nil
	}
	if v, ok := mappingMethod(m, name); ok {
		return v, nil
	}
	v, ok, err := m.Item(name)
	if err != nil || ok {
		return v, err
	}
	return missingAttribute(m, name), nil
}

// undefinedAccess is an attribute or item of something undefined: still that, so that the message names the first
// thing that is missing. What an inline if without else yields fails instead, as in Jinja2.
func undefinedAccess(u *value.Undefined) (any, error) {
	if u.Lenient {
		return nil, undefinedError(u)
	}
	return u, nil
}

func missingAttribute(obj any, name string) *value.Undefined {
	if _, hosts := obj.(*hostMapping); hosts {
		name = "hostvars[" + value.Repr(name) + "]"
		return &value.Undefined{Name: name, Hint: value.Repr(name) + " is undefined"}
	}
	return &value.Undefined{Name: name, Hint: value.Repr(objectName(obj)) + " has no attribute " + value.Repr(name)}
}

// objectName is how Jinja2 names the type of a value in its messages.
func objectName(v any) string {
	if v == nil {
		return "None"
	}
	switch v.(type) {
	case *hostMapping, *scopeMapping:
		if name := value.TypeName(v); name != "dict" {
			return "ansible.vars.hostvars." + name + " object"
		}
	}
	return value.TypeName(v) + " object"
}

// item is obj[key]: an item, or else the attribute of that name.
func (f *frame) item(obj, key any) (any, error) {
	ev := f.ev
	if err := ev.step(); err != nil {
		return nil, err
	}
	key, err := ev.argument(key)
	if err != nil {
		return nil, err
	}
	if u, ok := obj.(*value.Undefined); ok {
		return undefinedAccess(u)
	}
	if err := needed(key); err != nil {
		return nil, err
	}
	if n, ok := obj.(nativeText); ok {
		obj = string(n)
	}
	v, ok, err := itemOf(obj, key)
	if err == nil && ok {
		return ev.force(v, "")
	}
	if err != nil && !isLookupError(err) {
		return nil, err
	}
	if name, ok := key.(string); ok {
		if _, isMapping := obj.(value.Mapping); isMapping {
			if v, ok := value.GetAttr(obj, name); ok {
				return v, nil
			}
			return missingAttribute(obj, name), nil
		}
		return f.methodOf(obj, name)
	}
	return &value.Undefined{Hint: objectName(obj) + " has no element " + value.Repr(key)}, nil
}

func itemOf(obj, key any) (any, bool, error) {
	if m, ok := obj.(value.Mapping); ok {
		return m.Item(key)
	}
	return value.GetItem(obj, key)
}

// isLookupError tells whether an access failed because there is nothing there or the type has no items.
func isLookupError(err error) bool {
	var t *value.TypeError
	var k *value.KeyError
	return errors.As(err, &t) || errors.As(err, &k)
}

func (f *frame) slice(obj, start, stop, step any) (any, error) {
	obj, err := f.ev.argument(obj)
	if err != nil {
		return nil, err
	}
	if u, ok := obj.(*value.Undefined); ok {
		return undefinedAccess(u)
	}
	bounds := []any{start, stop, step}
	if err := f.ev.argumentsOf(bounds); err != nil {
		return nil, err
	}
	if err := needed(bounds...); err != nil {
		return nil, err
	}
	return value.Slice(obj, bounds[0], bounds[1], bounds[2])
}
