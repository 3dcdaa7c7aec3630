package differential

// filtersOf are filters by the kind of their result.
var filtersOf = map[byte][]string{
	'b': {"$x | bool", "$s | bool", "$l | select | list | length > 0"},
	'd': {
		"$d | combine($d)", "$d | combine($d, recursive=true)", "$d | combine($d, {'c': {'x': [1]}}, recursive=true, list_merge='append')",
		"$d | combine($d, list_merge='prepend_rp', recursive=true)", "$r | items2dict", "$r | items2dict(key_name='name', value_name='uid')",
		"$s | urlsplit", "$d | dict2items | items2dict", "jsontext | from_json", "yamltext | from_yaml", "$r | first", "$d | default({})",
		"$r | rekey_on_member('name')", "$d | rekey_on_member('port')", "$l | zip($l) | items2dict(key_name=0, value_name=1)",
	},
	'i': {
		"$x | int", "$s | int(5)", "$s | int(0, 16)", "$l | length", "$d | count", "$s | length", "$l | sum", "$l | max", "$l | min", "$n | round | int",
		"$n | abs", "$s | wordcount", "$r | map(attribute='uid') | sum", "$r | sum(attribute='uid')", "$r | sum('mem', 1)", "$l | map('int') | sum",
		"size | human_to_bytes", "$s | human_to_bytes", "$i | random(seed=$s)", "$s | regex_search('\\d+') | int", "$s | int(base=8)",
	},
	'l': {
		"$l | sort", "$l | sort(reverse=true)", "$s | list", "$l | unique", "$l | reverse | list", "$l | flatten", "$l | flatten(levels=1)",
		"$d | dict2items", "$d | dict2items(key_name='k', value_name='v')", "$l | map('string') | list", "$l | map('upper')", "$l | map('int')",
		"$l | select('string') | list", "$l | reject('none')", "$l | select('gt', $i)", "$l | select('in', $l)", "$l | reject('equalto', $x)", "$s | split", "$s | split($s)",
		"$s | split(',') | map('trim')", "$r | map(attribute='name')", "$r | map(attribute='net.ip', default='-')", "$r | map(attribute='tags') | flatten",
		"$l | batch(2) | list", "$l | batch(3, $s) | list", "$l | slice(2) | list", "$l | slice(3, 'f')", "$l | zip($l) | list", "$l | zip_longest($l, fillvalue=$x) | list",
		"$l | difference($l) | map('string') | sort", "$l | union($l) | map('string') | sort", "$l | intersect($l) | map('string') | sort",
		"$l | symmetric_difference($l) | map('string') | sort", "$s | regex_findall('[a-z]+')", "$s | regex_findall('(\\w)(\\w)')", "$d | dictsort", "$d | dictsort(false, 'value')",
		"$d | dictsort(reverse=true)", "$l | product($l) | list", "$l | combinations(2) | list", "$l | permutations(2) | list",
		"$l | subelements('x', skip_missing=true)", "$r | subelements('groups')", "$r | subelements('tags', skip_missing=True)", "$l | shuffle(seed=$s)", "$l | default([])", "$l | d([1], true)",
		"$l | map('regex_replace', '^', 'p-')", "$l | map('default', 0)", "$l | map('extract', $d)", "$l | map('extract', $l)", "$s | path_join", "('/a', $s) | path_join", "$s | splitext", "$d | items", "$d | list", "$d | items | list",
		"$s | from_yaml", "multi | from_yaml_all | list", "$l | map('pow', 2)", "$l | unique(case_sensitive=true)", "$l | unique(attribute='name')", "$l | select('search', 'a')", "$l | map('ternary', 'y', 'n')",
		"$l | sort(case_sensitive=true)", "$s | wordwrap(10) | split('\n')", "$s | regex_search('(\\w)(.)', '\\1', '\\2')", "$l | map('length') | list", "$d | dict2items | map(attribute='key')",
	},
	'n': {
		"$x | float", "$s | float(1.5)", "$n | round", "$n | round(1)", "$n | round(2, 'floor')", "$n | round(0, 'ceil')", "$n | abs", "$n | pow(2)", "$n | root", "$n | root(3)",
		"$n | log(10)", "$l | max", "$l | min", "$l | sum", "$l | map('float') | sum", "$n | log", "[$n, $n] | max",
	},
	'r': {
		"$r | selectattr('name', 'defined')", "$r | selectattr('uid', 'gt', 1001)", "$r | rejectattr('name', 'equalto', 'bob')", "$r | selectattr('tags')", "$r | sort(attribute='name')",
		"$r | sort(attribute='mem,name', reverse=true)", "$r | unique(attribute='group')", "$r | groupby('group')", "$r | groupby('name', default='z')", "$d | dict2items",
		"$r | map('combine', {'z': 1})", "$r | selectattr('net.ip', 'defined') | list", "$r | rejectattr('tags', 'contains', 'a')", "$r | selectattr('name', 'in', $l)", "$r | selectattr('name', 'match', '^w')",
		"$r | groupby('group') | map('last') | flatten", "$r | reverse | list", "$r | map(attribute='net', default={})", "$r | selectattr('tls')", "$r | groupby(attribute='mem') | list", "$r | selectattr('name', 'in', ['w1', 'bob']) | map(attribute='name')",
	},
	's': {
		"$s | upper", "$s | lower", "$s | title", "$s | capitalize", "$s | trim", "$s | trim('a')", "$s | replace($s, $s)", "$s | replace('o', '0', 1)", "$l | join(',')", "$l | join($s)", "$r | join(', ', attribute='name')",
		"$x | string", "$x | to_json", "$x | to_nice_json", "$x | to_nice_json(indent=2, sort_keys=false)", "$x | to_yaml", "$x | to_nice_yaml", "$x | to_nice_yaml(indent=2)", "$x | to_json(indent=1)", "$x | to_json(ensure_ascii=false)", "$x | tojson", "$x | type_debug", "$s | b64encode", "b64 | b64decode", "$s | b64encode | b64decode",
		"$s | hash('md5')", "$s | hash('sha256')", "$s | sha1", "$s | md5", "$s | checksum", "$s | quote", "$s | regex_replace('o', '0')", "$s | regex_replace('(\\w)(\\w)', '\\2\\1')", "$s | regex_replace('^(?P<a>.)', '<\\g<a>>', count=1)", "$s | regex_replace('L', 'l', ignorecase=True)",
		"$s | regex_search('[a-z]+')", "$s | regex_search('(?<=l)o')", "$s | regex_escape", "$s | regex_escape('posix_basic')", "$s | default('D')", "$s | default($s, true)", "$x | default('')", "$b | ternary($s, $s)", "$b | ternary('t', 'f', 'n')", "$s | basename", "$s | dirname", "$s | realpath", "$s | relpath('/etc')", "$s | expandvars", "$s | splitext | first",
		"$s | center(20)", "$s | indent(2)", "$s | indent(width=3, first=true)", "$s | indent(2, blank=true)", "$s | truncate(10)", "$s | truncate(9, true, '..', 0)", "$s | truncate(5, false, '~', 2)", "$s | wordwrap(10)", "$s | wordwrap(6, false)", "$s | urlencode", "$d | urlencode", "$s | striptags", "$s | escape", "$s | e | upper", "$s | forceescape", "$d | xmlattr", "$s | urlize",
		"$s | comment", "$s | comment('c')", "$s | comment('plain', prefix='\n', postfix='x', decoration='% ')", "$s | comment('xml')", "$s | to_uuid", "$s | urlsplit('hostname')", "$s | urlsplit('query')", "$s | urldecode", "$n | human_readable", "$n | human_readable(isbits=true)", "$i | human_readable(unit='K')", "$n | filesizeformat", "$i | filesizeformat(true)",
		"'%Y-%m-%d %H:%M:%S' | strftime(tall)", "'%j %A %U' | strftime($i)", "stamp | to_datetime | string", "$s | format($s)", "'%s and %s' | format($x, $s)", "'%d|%x|%o|%e' | format($i, num, num, $n)", "$l | first", "$l | last", "$s | first", "$s | last", "$s | reverse", "$l | random(seed=$s)",
		"$x | pprint", "$l | map('upper') | join", "$d | to_nice_yaml(sort_keys=false)", "$s | win_basename", "$s | win_dirname", "$s | win_splitdrive", "$n | string", "$s | password_hash('sha512', 'salt')", "$l | to_json | b64encode", "$x | mandatory", "$x | mandatory('give it')", "$s | lower | replace(' ', '-')", "$s | map('upper') | join('.')", "$x | safe | upper",
	},
	'x': {
		"$i | extract($l)", "$s | extract($d)", "'web' | extract(keyed, 'port')", "'web' | extract(keyed, ['port'])", "$l | first", "$l | last", "$l | max", "$l | min", "$r | max(attribute='uid')", "$r | min(attribute='mem')", "$x | default($x)", "$x | default($x, true)", "$d | attr('a')", "$s | from_json", "$x | to_json | from_json", "$x | to_yaml | from_yaml",
		"$x | mandatory", "$l | shuffle(seed='s') | first", "$l | list | last", "$x | string | from_yaml",
	},
}

// Nothing loops over growing and table, which methods change: a list that grows while it is looped over never ends in Python.
//
// methodsOf are methods of Python's values by the kind of their result.
var methodsOf = map[byte][]string{
	'b': {"$s.startswith($s)", "$s.endswith('a')", "$s.isdigit()", "$s.isalpha()", "$s.isupper()", "$s.startswith(('a', 'w'))", "$s.islower()", "$s.isspace()", "$s.isidentifier()"},
	'd': {"$d.copy()", "dict($d.items())"},
	'i': {"$s.find($s)", "$s.count('o')", "$l.count(1)", "$l.index(1)", "$s.index('a')", "$i.bit_length()", "$s.rfind('o')"},
	'l': {"$s.split(',')", "$s.split()", "$s.rsplit('/', 1)", "$d.keys() | list", "$d.values() | list", "$d.items() | list", "$s.splitlines()", "$s.partition(',')", "$l.copy()", "$d.keys() | sort", "$s.split(',', 1)", "$s.rpartition('/') | list"},
	'n': {"$n.is_integer()"},
	'r': {"$r.copy()"},
	's': {"$s.upper()", "$s.strip()", "$s.replace('a', 'b')", "'{} {}'.format($x, $s)", "'{0}-{name}-{1[0]}'.format($x, $l, name=$s)", "'{:>8}|{:<4}|{:^6}'.format($s, $s, $s)", "'{:05d} {:.2f} {:,}'.format($i, $n, $i)", "$s.join($l)", "','.join(strs)", "$s.title()", "$s.zfill(8)", "$s.ljust(8, '.')", "$s.rjust(9)", "$s.center(7)", "$s.lstrip('a')", "$s.rstrip()", "$s.swapcase()", "$s.capitalize()", "$s.casefold()", "$s.expandtabs(2)", "$s.removeprefix('w')", "$s.encode('utf-8') | string", "$s.format($s)"},
	'x': {"$d.get($s)", "$d.get('a', $x)", "$d.get('zz', 5)", "growing.append($x)", "growing.pop()", "table.update({'q': $x})", "growing.extend([1])", "table.setdefault('n', 1)", "table.pop('a')", "$s.nope()", "$d.nope.deeper", "growing.sort()", "$d['a'].real"},
}

// testsOf are tests.
var testsOf = []string{
	"$x is defined", "$x is undefined", "$x is not defined", "$x is none", "$x is string", "$x is number", "$x is mapping", "$x is sequence", "$x is iterable", "$x is boolean", "$x is integer", "$x is float", "$x is true",
	"$x is false", "$i is even", "$i is odd", "$i is divisibleby 2", "$i is divisibleby($i)", "$x is in $l", "$x is not in [1, 2]", "$x is sameas none", "$x is eq $x", "$i is gt $i", "$n is lessthan 3", "$x is ne 1", "$s is search('o')", "$s is match('H')", "$s is not match('^w', ignorecase=true)", "$s is regex('\\d')", "$s is regex('^W', ignorecase=True, match_type='match')", "$s is search('^two', multiline=true)",
	"$s is version('2.1', '>=')", "$s is version($s, '<')", "ver is version('2.10.3', 'eq', strict=true)", "ver is version('2.9', '>', version_type='loose')", "'1.2.3-rc1' is version(ver, 'lt', version_type='semver')", "$l is contains($x)", "$l is subset($l)", "$l is superset($l)", "$l is all", "$l is any", "$s is lower", "$s is upper", "$x is callable", "$x is truthy", "$x is falsy", "$x is truthy(convert_bool=True)", "$s is abs", "$s is url", "$s is uri", "$s is uri(schemes=['http'])", "$s is urn",
	"$x is escaped", "'upper' is filter", "'nope' is filter", "'defined' is test", "$n is nan", "$d is failed", "{'changed': $b} is changed", "{'failed': $b} is succeeded", "{'skipped': true} is skipped", "$d is contains('a')", "$s is exists", "'/etc' is directory", "'/etc/passwd' is file", "$s is link", "{'rc': 1, 'failed': true} is failed", "$s is vault_encrypted", "$l is issubset $l", "$x is not none",
}

// lookupsOf are lookups that depend on nothing but their arguments and the variables.
var lookupsOf = []string{
	"lookup('vars', $s)", "lookup('vars', 'num')", "lookup('vars', 'nosuch', default=$x)", "query('vars', 'name', 'lst')", "query('dict', $d)", "lookup('dict', $d)", "q('items', $l, $l)", "query('list', $l)", "lookup('items', $l)", "query('indexed_items', $l)", "query('nested', $l, $l)", "query('together', $l, $l)", "query('sequence', 'start=1 end=4')", "query('sequence', 'count=3 format=h%02d')", "lookup('sequence', 'end=3', wantlist=true)", "query('subelements', users, 'groups')", "query('subelements', hosts, 'tags', {'skip_missing': true})", "query('varnames', '^t.*t$')", "lookup('env', 'NO_SUCH_VARIABLE')", "lookup('file', 'lines.txt')", "query('file', 'lines.txt', 'nosuch.txt', errors='ignore')", "lookup('template', 'part.j2')", "lookup('template', 'part.j2', template_vars={'i': $x})", "query('lines', 'echo a; echo b')", "lookup('pipe', 'printf x')", "lookup('first_found', ['nosuch', 'lines.txt']) | basename", "lookup('items', $l, wantlist=True)", "lookup('ansible.builtin.vars', 'd')", "lookup('nosuch', $x)",
}

func (g *grammar) lookup(depth int) string {
	return g.applied(lookupsOf[g.random.IntN(len(lookupsOf))], depth)
}
