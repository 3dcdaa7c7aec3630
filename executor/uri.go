package executor

import (
	"context"

	"github.com/musterhq/muster/internal/value"
)

// prepareURI finds the files of the controller that uri sends: the one of src, or those that the fields of a
// form-multipart body name. With remote_src the host has them all.
func prepareURI(_ context.Context, c *call) (*prepared, *itemResult) {
	src := c.text("src")
	switch {
	case c.bool("remote_src", false):
	case src != "":
		return c.uriSource(src)
	case c.text("body_format") == "form-multipart":
		return c.uriForm()
	}
	return &prepared{module: "uri", args: c.args}, nil
}

func (c *call) uriSource(src string) (*prepared, *itemResult) {
	k, d, err := c.uriFile(src)
	if err != nil {
		return nil, failedResult("%s", err)
	}
	args := without(c.args, "src")
	args.Set("_content", d.ref())
	return &prepared{module: "uri", args: args, content: []content{k}}, nil
}

// uriForm gives the host the digests of the files that fields name without giving their content.
func (c *call) uriForm() (*prepared, *itemResult) {
	body, _ := c.args.Get("body")
	fields, ok := body.(*value.Dict)
	if !ok {
		return nil, failedResult("body must be mapping, cannot be type %s", value.TypeName(body))
	}
	files := value.NewDict()
	var contents []content
	for _, v := range fields.All() {
		field, ok := v.(*value.Dict)
		if !ok {
			continue
		}
		given, _ := field.Get("content")
		named, _ := field.Get("filename")
		name, ok := named.(string)
		if !ok || name == "" || value.Truth(given) {
			continue
		}
		k, d, err := c.uriFile(name)
		if err != nil {
			return nil, failedResult("%s", err)
		}
		files.Set(name, d.ref())
		contents = append(contents, k)
	}
	args := c.args.Clone()
	if files.Len() > 0 {
		args.Set("_files", files)
	}
	return &prepared{module: "uri", args: args, content: contents}, nil
}

func (c *call) uriFile(name string) (content, digests, error) {
	path, err := c.scope.findFile("files", name)
	if err != nil {
		return content{}, digests{}, err
	}
	return c.t.x.files.file(path, c.t.x.plain)
}
