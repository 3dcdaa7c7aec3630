package jinja

import (
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"
)

type startKind int

// The kinds of tags, in the order in which equally long delimiters are tried.
const (
	startVariable startKind = iota
	startLineStatement
	startLineComment
	startComment
	startBlock
)

type starter struct {
	delimiter string
	kind      startKind
}

// starters lists the start delimiters, longest first: of two that match at one place the longer one is meant.
func starters(s Syntax) []starter {
	list := []starter{
		{s.CommentStart, startComment}, {s.BlockStart, startBlock}, {s.VariableStart, startVariable},
	}
	if s.LineStatementPrefix != "" {
		list = append(list, starter{s.LineStatementPrefix, startLineStatement})
	}
	if s.LineCommentPrefix != "" {
		list = append(list, starter{s.LineCommentPrefix, startLineComment})
	}
	sort.SliceStable(list, func(i, j int) bool { return len(list[i].delimiter) > len(list[j].delimiter) })
	return list
}

// occurrence is where a start delimiter comes next; at is negative when it does not come any more.
type occurrence struct{ at, end int }

// nextStart finds the next tag at or after from: where it begins, where its delimiter ends, and its kind. What was found
// for one delimiter is kept until it has been passed, so that a long text is searched once.
func (l *lexer) nextStart(from int) (at, end int, kind startKind) {
	at = -1
	for i, s := range l.starts {
		if i >= len(l.ahead) {
			l.ahead = append(l.ahead, l.find(from, s))
		} else if o := l.ahead[i]; o.at >= 0 && o.at < from {
			l.ahead[i] = l.find(from, s)
		}
		if o := l.ahead[i]; o.at >= 0 && (at < 0 || o.at < at) {
			at, end, kind = o.at, o.end, s.kind
		}
	}
	return at, end, kind
}

func (l *lexer) find(from int, s starter) occurrence {
	var o occurrence
	switch s.kind {
	case startLineStatement:
		o.at, o.end = l.findLineStatement(from, s.delimiter)
	case startLineComment:
		o.at, o.end = l.findLineComment(from, s.delimiter)
	default:
		if o.at = strings.Index(l.src[from:], s.delimiter); o.at >= 0 {
			o.at += from
			o.end = o.at + len(s.delimiter)
		}
	}
	return o
}

// findLineStatement finds a line that begins with the prefix, white space before it aside.
func (l *lexer) findLineStatement(from int, prefix string) (int, int) {
	for i := from; i < len(l.src); {
		if i == 0 || l.src[i-1] == '\n' {
			j := i
			for j < len(l.src) && (l.src[j] == ' ' || l.src[j] == '\t' || l.src[j] == '\v') {
				j++
			}
			if strings.HasPrefix(l.src[j:], prefix) {
				return i, j + len(prefix)
			}
		}
		n := strings.IndexByte(l.src[i:], '\n')
		if n < 0 {
			break
		}
		i += n + 1
	}
	return -1, 0
}

// findLineComment finds the prefix of a comment that runs to the end of its line, with the blanks before it. Blanks that
// another tag has already eaten do not count.
func (l *lexer) findLineComment(from int, prefix string) (int, int) {
	for i := from; ; {
		n := strings.Index(l.src[i:], prefix)
		if n < 0 {
			return -1, 0
		}
		at := i + n
		start := at
		for start > from {
			r, size := utf8.DecodeLastRuneInString(l.src[:start])
			if r == '\n' || !unicode.IsSpace(r) {
				break
			}
			start -= size
		}
		if start == 0 || l.src[start-1] == '\n' || !endsInSpace(l.src[:start]) {
			return start, at + len(prefix)
		}
		i = at + len(prefix)
	}
}

func endsInSpace(s string) bool {
	r, _ := utf8.DecodeLastRuneInString(s)
	return unicode.IsSpace(r)
}
