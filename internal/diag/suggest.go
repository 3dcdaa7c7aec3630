package diag

// Suggest returns the candidate nearest to word by edit distance, or "" when none is near enough to be a likely typo.
// Of several equally near the one that shares most letters wins, then the first in the alphabet.
func Suggest(word string, candidates []string) string {
	best, bestDistance := "", len([]rune(word))/3+2
	for _, c := range candidates {
		d := distance([]rune(word), []rune(c), bestDistance+1)
		if d < bestDistance || d == bestDistance && best != "" && nearer(word, c, best) {
			best, bestDistance = c, d
		}
	}
	return best
}

// Typo is Suggest for words that most likely are misspelled: one slip away, or two in a long word.
func Typo(word string, candidates []string) string {
	near := Suggest(word, candidates)
	slips := 1
	if len([]rune(word)) >= 8 {
		slips = 2
	}
	if near == "" || distance([]rune(word), []rune(near), slips+1) > slips {
		return ""
	}
	return near
}

// nearer reports whether a is the better of two equally distant candidates.
func nearer(word, a, b string) bool {
	if sa, sb := shared(word, a), shared(word, b); sa != sb {
		return sa > sb
	}
	return a < b
}

// shared counts the letters that two words have in common, in any order.
func shared(a, b string) int {
	count := map[rune]int{}
	for _, r := range a {
		count[r]++
	}
	n := 0
	for _, r := range b {
		if count[r] > 0 {
			count[r]--
			n++
		}
	}
	return n
}

// distance is the Damerau-Levenshtein distance (adjacent swaps count once); it may stop early and return limit.
func distance(a, b []rune, limit int) int {
	if len(a)-len(b) >= limit || len(b)-len(a) >= limit {
		return limit
	}
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}
