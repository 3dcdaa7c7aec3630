package view

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Wrap breaks text into lines of at most width columns where Python's textwrap does: at blanks, after hyphens within
// words and around dashes; longer words are cut. trim drops the blanks where lines are broken.
func Wrap(text string, width int, trim bool) string {
	chunks := chunksOf(blanks.Replace(text))
	var lines []string
	for len(chunks) > 0 {
		if trim && strings.TrimSpace(chunks[0]) == "" && len(lines) > 0 {
			if chunks = chunks[1:]; len(chunks) == 0 {
				break
			}
		}
		var line []string
		used := 0
		for len(chunks) > 0 && used+utf8.RuneCountInString(chunks[0]) <= width {
			used += utf8.RuneCountInString(chunks[0])
			line, chunks = append(line, chunks[0]), chunks[1:]
		}
		if len(chunks) > 0 && utf8.RuneCountInString(chunks[0]) > width {
			head, rest := cutRunes(chunks[0], max(1, width-used))
			line, chunks[0] = append(line, head), rest
		}
		if n := len(line); trim && n > 0 && strings.TrimSpace(line[n-1]) == "" {
			line = line[:n-1]
		}
		if len(line) > 0 {
			lines = append(lines, strings.Join(line, ""))
		}
	}
	return strings.Join(lines, "\n")
}

// blanks turns every blank into a space; a tab, like Python's, would reach to the next multiple of eight, which no
// message of a run depends on.
var blanks = strings.NewReplacer("\n", " ", "\r", " ", "\v", " ", "\f", " ", "\t", " ")

func cutRunes(s string, n int) (string, string) {
	for i := range s {
		if n == 0 {
			return s[:i], s[i:]
		}
		n--
	}
	return s, ""
}

// chunksOf splits text where a line may be broken.
func chunksOf(text string) []string {
	r := []rune(text)
	var out []string
	for i := 0; i < len(r); {
		n := chunkLength(r, i)
		out = append(out, string(r[i:i+n]))
		i += n
	}
	return out
}

// chunkLength is the length of the chunk that starts at i: blanks, a dash between words, or a word up to where it may
// be broken.
func chunkLength(r []rune, i int) int {
	if r[i] == ' ' {
		return runOf(r, i, ' ')
	}
	if n := runOf(r, i, '-'); n >= 2 && i > 0 && isWordPart(r[i-1]) && i+n < len(r) && isWord(r[i+n]) {
		return n
	}
	for j := i + 1; ; j++ {
		switch {
		case j >= len(r) || r[j] == ' ':
			return j - i
		case r[j-1] == '-' && breaksAfterHyphen(r, i, j):
			return j - i
		case isWordPart(r[j-1]) && dashAhead(r, j):
			return j - i
		}
	}
}

func runOf(r []rune, i int, c rune) int {
	n := 0
	for i+n < len(r) && r[i+n] == c {
		n++
	}
	return n
}

// breaksAfterHyphen reports whether the word that starts at i may be broken at j, after a hyphen: two letters before
// it (or a letter, a hyphen and one character), a letter and another after it.
func breaksAfterHyphen(r []rune, i, j int) bool {
	h := j - 1 // of the hyphen
	before := h-2 >= 0 && isLetter(r[h-1]) && isLetter(r[h-2]) || h-3 >= 0 && isWordPart(r[h-1]) && r[h-2] == '-' && isLetter(r[h-3])
	if !before || h == i || j >= len(r) || !isLetter(r[j]) {
		return false
	}
	next := j + 1
	if next < len(r) && r[next] == '-' {
		next++
	}
	return next < len(r) && isLetter(r[next])
}

// dashAhead reports whether two hyphens or more and then a word follow.
func dashAhead(r []rune, j int) bool {
	n := runOf(r, j, '-')
	return n >= 2 && j+n < len(r) && isWord(r[j+n])
}

func isLetter(c rune) bool { return isWord(c) && !unicode.IsDigit(c) }

func isWord(c rune) bool { return c == '_' || unicode.IsLetter(c) || unicode.IsNumber(c) }

func isWordPart(c rune) bool { return isWord(c) || strings.ContainsRune("!\"'&.,?", c) }
