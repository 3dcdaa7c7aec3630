// Package files holds the modules that manage files: file, copy, template's host half, lineinfile, blockinfile,
// replace, stat, slurp, find, tempfile, fetch's host half, unarchive and assemble's host half.
//
// # What the controller adds to arguments
//
// Modules that need what the controller holds get hidden parameters, which no documentation shows:
//
//   - _content: {sha256, sha1, md5, size} of the file's content, for copy (src or content in the task), template (the
//     rendered text), assemble (fragments of the controller) and unarchive. The content is pulled by its SHA-256, and only
//     when the host's file differs.
//   - _original_basename: the file's name when dest is a folder, for copy and template.
//   - _tree: a recursive copy in one request, a list of {path, type: file | directory | link, mode, target, content} with paths
//     relative to the source folder, folders before what is in them; _tree_name: the name of the source folder when the folder
//     itself is copied (src without a slash at its end).
//   - _offset and _length of slurp and fetch: read a part of a file. The result then has size, the size of the whole file, and
//     at offset 0 its checksum.
//
// # Where they differ from Ansible on purpose
//
// Check mode predicts the mode and owner that a file will have. Archives are read without tar and unzip: extra_opts knows
// the options that matter, and refuses others. unarchive with keep_newer reports a change only when it makes one, and
// entries that would leave the destination are refused. Undo restores contents, modes, owners, times of change and extended
// attributes.
package files
