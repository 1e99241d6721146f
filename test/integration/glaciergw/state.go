package glaciergw

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// restoreDelay is what every restore takes, whatever its tier.
const restoreDelay = 4 * time.Hour

// clock is the wall clock plus what it was moved forward by.
type clock struct {
	mu     sync.Mutex
	offset time.Duration
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.offset)
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.offset += d
}

// name is what an object is known by. Versions share one state: the class and
// the restore of the latest.
type name struct{ bucket, key string }

// nameOf copies the strings: those of a request are views of a buffer that the
// gateway uses again for the next one.
func nameOf(bucket, key *string) name {
	return name{strings.Clone(*bucket), strings.Clone(*key)}
}

// state is what Glacier knows of one object beside its bytes.
type state struct {
	class  types.StorageClass // "" is STANDARD
	ready  time.Time          // when the restore is done; zero if none was asked for
	expiry time.Time          // when the restored copy lapses
}

// archived reports whether objects of this class need a restore to be read.
func (s state) archived() bool {
	return s.class == types.StorageClassGlacier || s.class == types.StorageClassDeepArchive
}

// asked reports whether a restore is being done or was done and has not lapsed.
func (s state) asked(now time.Time) bool {
	return s.archived() && !s.ready.IsZero() && now.Before(s.expiry)
}

func (s state) restoring(now time.Time) bool { return s.asked(now) && now.Before(s.ready) }

func (s state) readable(now time.Time) bool {
	return !s.archived() || (s.asked(now) && !s.restoring(now))
}

// header is the value of x-amz-restore, nil where there is nothing to say.
func (s state) header(now time.Time) *string {
	var h string
	switch {
	case s.restoring(now):
		h = `ongoing-request="true"`
	case s.asked(now):
		h = fmt.Sprintf(`ongoing-request="false", expiry-date="%s"`, s.expiry.Format(http.TimeFormat))
	default:
		return nil
	}
	return &h
}

// status is the RestoreStatus of a listing, nil where there is nothing to say.
func (s state) status(now time.Time) *types.RestoreStatus {
	if !s.asked(now) {
		return nil
	}
	ongoing := s.restoring(now)
	status := &types.RestoreStatus{IsRestoreInProgress: &ongoing}
	if !ongoing {
		status.RestoreExpiryDate = &s.expiry
	}
	return status
}

// midnightAfter is the midnight UTC that so many days are rounded up to.
func midnightAfter(t time.Time, days int32) time.Time {
	const day = 24 * time.Hour
	return t.UTC().Add(time.Duration(days)*day + day - 1).Truncate(day)
}

// states are the states of all objects that have one.
type states struct {
	mu      sync.Mutex
	objects map[name]state
	uploads map[string]types.StorageClass // by upload id
}

func (s *states) get(n name) state {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.objects[n]
}

// put records a new object; of an old one under the name nothing is left.
func (s *states) put(n name, class types.StorageClass) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if class == types.StorageClassStandard {
		class = ""
	}
	s.objects[n] = state{class: class}
}

func (s *states) drop(n name) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.objects, n)
}

// begin records the class that an upload was created with; end takes it out.
func (s *states) begin(uploadID string, class types.StorageClass) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.uploads[strings.Clone(uploadID)] = class
}

func (s *states) end(uploadID string) types.StorageClass {
	s.mu.Lock()
	defer s.mu.Unlock()
	class := s.uploads[uploadID]
	delete(s.uploads, uploadID)
	return class
}

// restore asks for a copy of an object and reports whether that is new work.
func (s *states) restore(n name, days int32, now time.Time) (accepted bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o := s.objects[n]
	switch {
	case !o.archived():
		return false, errNotArchived
	case o.restoring(now):
		return false, errRestoring
	case o.asked(now):
		o.expiry = midnightAfter(now, days)
	default:
		accepted = true
		o.ready = now.Add(restoreDelay)
		o.expiry = midnightAfter(o.ready, days)
	}
	s.objects[n] = o
	return accepted, nil
}
