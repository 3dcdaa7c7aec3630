package jinja_test

import (
	"testing"

	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/playbook/jinja"
)

func TestWhitespace(t *testing.T) {
	lstrip := jinja.Syntax{TrimBlocks: true, LstripBlocks: true}
	for _, tt := range []struct {
		name, src string
		syntax    jinja.Syntax
		want      string
	}{
		{"trim_blocks", "a\n{% if true %}\nb\n{% endif %}\nc\n", jinja.Syntax{}, "a\nb\nc\n"},
		{"no trim_blocks", "a\n{% if true %}\nb\n{% endif %}\nc", jinja.Syntax{LstripBlocks: true}, "a\n\nb\n\nc"},
		{"minus signs", "a \n {%- if true -%} \n b \n {%- endif -%} \n c", jinja.Syntax{}, "abc"},
		{"minus in expressions", "a {{- 1 -}} b", jinja.Syntax{}, "a1b"},
		{"plus keeps", "  {%+ if true +%}\nb{% endif %}", lstrip, "  \nb"},
		{"lstrip_blocks", "a\n  {% if true %}\n  b\n  {% endif %}\n", lstrip, "a\n  b\n"},
		{"lstrip leaves expressions", "  {{ 1 }}", lstrip, "  1"},
		{"lstrip leaves text before", "a  {% if true %}b{% endif %}", lstrip, "a  b"},
		{"comments", "a\n  {# x #}\nb{#- y -#} c", lstrip, "a\nbc"},
		{"raw", "{% raw -%} {{ x }} {%- endraw %}\n.", jinja.Syntax{}, "{{ x }}."},
		{"trailing newlines", "a\n\n\n", jinja.Syntax{}, "a\n\n\n"},
		{"trailing newlines are not doubled", "{{ 'a\\n' }}\n", jinja.Syntax{KeepTrailingNewline: true}, "a\n"},
		{"trailing newlines of a statement", "{% if true %}a{% endif %}\n\n", jinja.Syntax{}, "a\n\n"},
		{"carriage returns", "a\r\nb\r{{ 1 }}\r\n", jinja.Syntax{}, "a\nb\n1\n"},
		{"newline_sequence", "a\n{{ 1 }}\n", jinja.Syntax{NewlineSequence: "\r\n"}, "a\r\n1\r\n"},
		{"header", "#jinja2: trim_blocks: False, lstrip_blocks: True\na\n  {% if true %}\nb{% endif %}", jinja.Syntax{}, "a\n\nb"},
		{"header changes delimiters", "#jinja2:variable_start_string:'<<' , variable_end_string:'>>'\n<< 1 >> {{ 2 }}", jinja.Syntax{}, "1 {{ 2 }}"},
		{"header with line statements", "#jinja2: line_statement_prefix: '%', line_comment_prefix: '##'\n% for x in [1, 2]\n  {{ x }} ## no\n\n% endfor\nend", jinja.Syntax{}, "  1\n\n  2\n\nend"},
		{"brackets before the end", "{{ {'a': {'b': 1}} }}", jinja.Syntax{}, "{'a': {'b': 1}}"},
		{"delimiters in strings", "{{ '}}' }}{{ '{{' }}", jinja.Syntax{}, "}}{{"},
		{"other delimiters", "<% if true %>[[ 1 ]]<% endif %>{{ 2 }}",
			jinja.Syntax{BlockStart: "<%", BlockEnd: "%>", VariableStart: "[[", VariableEnd: "]]"}, "1{{ 2 }}"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := file(t, &jinja.Context{}, tt.src, jinja.FileOptions{Syntax: tt.syntax})
			if err != nil || got != tt.want {
				t.Errorf("%q\n got %q, %v\nwant %q", tt.src, got, err, tt.want)
			}
		})
	}
}

func TestEscapes(t *testing.T) {
	e := engine(jinja.Options{})
	for _, tt := range []struct{ src, playbook, file string }{
		{`{{ 'a\nb' }}`, `a\nb`, "a\nb"},
		{`{{ '\d' }}`, `\d`, `\d`},
		{`{{ "\x41\u0042\103\t" }}`, `\x41\u0042\103\t`, "ABC\t"},
		{`{% set x = 'a\tb' %}{{ x }}`, "a\tb", "a\tb"},
		{`{{ 'it\\s' }}`, `it\\s`, `it\s`},
	} {
		got, err := e.Render(&jinja.Context{}, value.Template{Src: tt.src})
		if err != nil || got != tt.playbook {
			t.Errorf("playbook %s: got %q, %v, want %q", tt.src, got, err, tt.playbook)
		}
		inFile, err := e.File(&jinja.Context{}, "t", tt.src, jinja.FileOptions{})
		if err != nil || inFile != tt.file {
			t.Errorf("file %s: got %q, %v, want %q", tt.src, inFile, err, tt.file)
		}
	}
}
