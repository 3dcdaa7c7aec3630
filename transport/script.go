package transport

import (
	"fmt"
	"strconv"
	"strings"
)

// The scripts below run under any /bin/sh, handed over by any login shell: they hold no single quote, no backslash, no
// exclamation mark and no line feed, which csh and fish treat in ways of their own. A test keeps it so.

// Lines that the scripts print. Whatever else is printed comes from login files.
const (
	markStart = "MUSTER-START" // the runner is about to take over
	markProbe = "MUSTER-PROBE" // there is none; a report follows. On standard error as well, to see where output leads
	markOK    = "MUSTER-OK"
	markFail  = "MUSTER-FAIL"
)

// startScript starts the first runner that it finds among its arguments' digests; else it reports on the host.
// Arguments: preferred folder or "-", KiB that a runner needs, root's cache, folders where everybody may write, digests.
const startScript = `r=$1; n=$2; s=$3; w=$4; shift 4; H=$*; ` +
	`t() { if [ -L "$1" ]; then return; fi; for h in $H; do if [ -x "$1/$h/runner" ] && [ -O "$1" ] && [ -O "$1/$h" ] && [ -O "$1/$h/runner" ]; ` +
	`then echo ` + markStart + `; exec "$1/$h/runner" runner; fi; done; }; ` +
	`case "$r" in *[$]*) eval "r=$r";; "~") r=$HOME;; "~/"*) r=$HOME/${r#??};; esac; k=${XDG_CACHE_HOME:-$HOME/.cache}; ` +
	`if [ "$r" = - ]; then :; else t "$r/muster"; fi; t "$s/muster"; t "$k/muster"; u=$(id -u); ` +
	`for d in $w; do t "$d/muster-$u"; done; t "/run/user/$u/muster"; ` +
	`echo ` + markProbe + ` >&2; echo; echo ` + markProbe + `; echo "os $(uname -s)"; echo "arch $(uname -m)"; echo "uid $u"; ` +
	`for p in gzip sha256sum shasum openssl; do if command -v $p >/dev/null 2>&1; then echo "tool $p"; fi; done; ` +
	`umask 022; ` + candidateFunction +
	`if [ "$r" = - ]; then a=1; else c "$r/muster"; a=$?; fi; ` +
	`if [ $a = 1 ] && [ "$u" = 0 ]; then c "$s/muster"; a=$?; fi; ` +
	`if [ $a = 1 ]; then c "$k/muster"; a=$?; fi; ` +
	`for d in $w; do if [ $a = 1 ]; then c "$d/muster-$u"; a=$?; fi; done; ` +
	`if [ $a = 1 ] && [ -d "/run/user/$u" ]; then c "/run/user/$u/muster"; fi; ` +
	`echo end; exit 0`

// candidateFunction defines c FOLDER: it succeeds where a runner can be installed and says why where it cannot. A folder
// that it made for nothing is removed.
const candidateFunction = `c() { v=$1; p=${v%/*}; ` +
	`case "$v" in /*) ;; *) echo "no $v: not an absolute path"; return 1;; esac; ` +
	`[ -d "$p" ] || (umask 077; mkdir -p "$p") 2>/dev/null; ` +
	`if [ -L "$v" ]; then echo "no $v: it is a symbolic link"; return 1; fi; ` +
	`q=$p; [ -d "$v" ] && q=$v; set -- $(df -Pk "$q" 2>/dev/null | tail -n 1); ` +
	`if [ "${4:-$n}" -lt "$n" ] 2>/dev/null; then echo "full $v: $4 KiB free, $n needed"; return 1; fi; ` +
	`mkdir "$v" 2>/dev/null; ` +
	`if [ -d "$v" ]; then :; else echo "no $v: it cannot be made"; return 1; fi; ` +
	`if [ -O "$v" ]; then :; else echo "no $v: it belongs to somebody else"; return 1; fi; ` +
	`chmod 755 "$v" 2>/dev/null; f=$v/.probe$$; ` +
	`if (echo exit 0 >"$f") 2>/dev/null; then :; else rm -f "$f" 2>/dev/null; rmdir "$v" 2>/dev/null; echo "no $v: it cannot be written"; return 1; fi; ` +
	`chmod 700 "$f"; if "$f" >/dev/null 2>&1; then x=1; else x=; fi; rm -f "$f"; ` +
	`if [ -z "$x" ]; then rmdir "$v" 2>/dev/null; echo "no $v: programs there cannot be executed (mounted noexec?)"; return 1; fi; ` +
	`echo "yes $v"; return 0; }; `

// installScript writes its input to a temporary name, verifies it and renames it. Arguments: folder, digest, random
// word, program that unpacks (gzip -dc, or cat), tool that hashes.
const installScript = `umask 022; b=$1; d=$1/$2; f=$d/.runner-$3; ` +
	`mkdir "$d" 2>/dev/null; if [ -d "$d" ] && [ -O "$d" ]; then :; else df -Pk "$b" | tail -n 1; echo "` + markFail + ` mkdir"; exit 1; fi; ` +
	`if $4 >"$f"; then :; else rm -f "$f"; rmdir "$d" 2>/dev/null; echo; echo "` + markFail + ` write"; exit 1; fi; ` +
	`chmod 755 "$f"; case "$5" in ` +
	`sha256sum) s=$(sha256sum <"$f");; shasum) s=$(shasum -a 256 <"$f");; openssl) s=$(openssl dgst -sha256 -r <"$f");; ` +
	`*) s=$("$f" runner digest);; esac; ` +
	`case "$s" in "$2"*) ;; *) rm -f "$f"; rmdir "$d" 2>/dev/null; echo; echo "` + markFail + ` digest $s"; exit 1;; esac; ` +
	`if mv -f "$f" "$d/runner"; then echo; echo ` + markOK + `; else rm -f "$f"; rmdir "$d" 2>/dev/null; echo; echo "` + markFail + ` rename"; exit 1; fi`

// shellLine wraps a script for a login shell of any kind.
func shellLine(shell, script string, args ...string) (string, error) {
	if shell == "" {
		shell = "/bin/sh"
	}
	words := append([]string{shell}, args...)
	for i, w := range words {
		q, err := quoteAnywhere(w)
		if err != nil {
			return "", err
		}
		words[i] = q
	}
	return "exec " + words[0] + " -c '" + script + "' muster " + strings.Join(words[1:], " "), nil
}

// quoteAnywhere quotes a word so that sh, csh and fish read it alike.
func quoteAnywhere(w string) (string, error) {
	if strings.ContainsAny(w, "'\\!\n\r\x00") {
		return "", fmt.Errorf("%s: quotes, backslashes, exclamation marks and line ends cannot be part of it", strconv.Quote(w))
	}
	return "'" + w + "'", nil
}
