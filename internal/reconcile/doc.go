// Package reconcile holds the nouns of the program as values and the rules
// that decide about them: what may be read (restore state), where an object
// belongs (routing), and whether two objects are the same (comparing).
//
// It does no input or output, imports the standard library only, and is given
// the time: every rule here can be tested with a table. The words are those of
// the report, the logs and the documentation.
package reconcile
