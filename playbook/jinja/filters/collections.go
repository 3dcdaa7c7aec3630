package filters

// addCollections adds the filters of the collections under their full names.
func addCollections(all map[string]Func) {}
