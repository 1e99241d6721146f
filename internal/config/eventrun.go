package config

import (
	"fmt"
	"maps"
	"slices"

	"reconcile/internal/reconcile"
)

// LoadEventRun gathers and checks the settings of a whole run that an event
// asks for: its options win over flags, which are those that the program was
// started with. An event is data from elsewhere. It may choose among the archive
// buckets that the program was started with, but not have files written to
// others, or to a bucket where the program would only put what is public, nor
// bring other buckets' objects or withdrawn ones there.
func (l Loader) LoadEventRun(flags []*Flag, options map[string]any) (Settings, error) {
	with, err := WithOptions(flags, options)
	if err != nil {
		return Settings{}, asMistake(err)
	}
	s, err := l.Load("run", with)
	if err != nil || len(options) == 0 {
		return s, err
	}
	deployed, err := l.Load("event", flags)
	if err == nil {
		err = asMistake(deployed.allows(s))
	}
	return s, err
}

// publicExtensions are those that the built-in rule takes for public, and none,
// which stands for every other.
var publicExtensions = []string{"", ".txt", ".xml", ".met", ".cmr", ".json", ".jpg", ".jpeg", ".png", ".gif", ".md5", ".sha256", ".html", ".pdf"}

// allows compares where an event's run would write with where the program that
// was started would, and what it would read. The rules of the config file are the
// same for both.
func (s Settings) allows(run Settings) error {
	switch {
	case s.Scan.Bucket != "" && run.Scan.Bucket != s.Scan.Bucket:
		return fmt.Errorf("the event names s3://%s, and the source that this program was started with is s3://%s", run.Scan.Bucket, s.Scan.Bucket)
	case s.ExcludeKeys != "" && run.ExcludeKeys != s.ExcludeKeys:
		return fmt.Errorf("the event names %s, and what was withdrawn stands in the list that this program was started with", run.ExcludeKeys)
	}
	known := s.Scan.Router.Buckets()
	for _, b := range run.Scan.Router.Buckets() {
		if !slices.Contains(known, b) {
			return fmt.Errorf("the event names s3://%s, which is no archive bucket that this program was started with", b)
		}
	}
	ours, theirs := s.byExtension(), run.byExtension()
	extensions := slices.Concat(publicExtensions, slices.Collect(maps.Keys(s.Archives.Map)), slices.Collect(maps.Keys(run.Archives.Map)))
	slices.Sort(extensions)
	for _, ext := range slices.Compact(extensions) {
		if b := theirs(ext); b != "" && b != ours(ext) && s.open(b) {
			return fmt.Errorf("the event would send %s to s3://%s, where this program puts what is public", files(ext), b)
		}
	}
	return nil
}

func files(ext string) string {
	if ext == "" || ext == "other" {
		return "files of unknown kinds"
	}
	return ext + " files"
}

// byExtension returns where files of an extension go that no rule names.
func (s Settings) byExtension() func(ext string) string {
	router, err := reconcile.NewRouter(nil, s.Archives)
	if err != nil {
		return func(string) string { return "" }
	}
	return func(ext string) string {
		if ext == "other" {
			ext = ""
		}
		return router.Route("x" + ext).Cursor.Bucket
	}
}

// open reports whether a bucket has what is public, and is not the one for
// files that nobody knows.
func (s Settings) open(bucket string) bool {
	if openACLs[s.Store.Buckets[bucket].ACL] {
		return true
	}
	to := s.byExtension()
	return bucket != to("") && slices.ContainsFunc(publicExtensions, func(ext string) bool { return to(ext) == bucket })
}
