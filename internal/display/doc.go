// Package display makes text from outside fit to be shown on a terminal or in
// a log: without secrets, and without characters that act instead of standing
// there; and numbers as people read them. It is a package of its own because
// config, s3store, report and cmd show such text, and the rule must be the same
// for all of them.
package display
