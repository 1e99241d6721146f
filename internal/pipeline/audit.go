package pipeline

import (
	"context"
	"fmt"
	"sync"
	"time"

	"reconcile/internal/audit"
	"reconcile/internal/catalog"
	"reconcile/internal/limiter"
	"reconcile/internal/reconcile"
	"reconcile/internal/selection"
)

// Risks says which dangers an audit looks for that are no findings.
type Risks struct {
	Within time.Duration // restored copies that lapse within it and are missing; 0: none
	All    bool          // copies in a class that needs a restore, and uploads left open
}

// RunAudit compares every object of both sides and writes nothing. The error says
// why the audit is not complete, as Run's does.
func (j *Job) RunAudit(ctx context.Context) (Result, error) {
	result := Result{StartedAt: j.Copy.Now()}
	j.shareDigests()
	j.countRoutes()
	danger := &dangers{risks: j.Risks, now: j.Copy.Now}
	o := j.auditOptions()
	j.works(o.Limiter.InFlight)
	if j.Selected != nil {
		names, err := j.Selected.Reader()
		if err != nil {
			return result, err
		}
		o.Names = &auditNames{j, names}
	}
	a := audit.New(j.Store, o)
	stopWatch := j.watch()
	err := a.Run(ctx, func(o reconcile.Outcome) error {
		danger.see(&o)
		return j.settle(o)
	})
	stopWatch()
	result.Summary, result.Routed = j.Report.Summary(), j.routes()
	if n := a.Gone(); n > 0 {
		result.Notes = append(result.Notes, fmt.Sprintf("%d objects were removed while the audit looked at them, and are in no row", n))
	}
	if n := a.Foreign(); n > 0 {
		result.Notes = append(result.Notes, fmt.Sprintf("%d entries of the catalog are of other buckets, and were not looked at", n))
	}
	if err == nil {
		result.Notes = append(result.Notes, j.unmatched()...)
		result.Notes = append(result.Notes, danger.notes()...)
		result.Notes = append(result.Notes, j.openUploads(ctx)...)
	}
	result.Summary.Requests = j.Store.Requests()
	return result, err
}

// auditOptions are those of the audit, with what is the whole job's.
func (j *Job) auditOptions() audit.Options {
	o, s := j.Audit, j.scanOptions()
	o.Bucket, o.Prefix, o.Router, o.Excluded, o.Retry, o.TempDir = s.Bucket, s.Prefix, s.Router, s.Excluded, s.Retry, s.TempDir
	o.Range, o.ListCost, o.Prefer = s.Range, s.ListCost, s.Prefer
	o.Digests = s.Policy.Digests
	o.ListingOnly = s.Policy.ListingOnly
	if s.Policy.RequireChecksum {
		o.Verify = audit.VerifyChecksum
	}
	o.Limiter = limiter.New(j.Copy.Concurrency, j.Copy.Floor, j.Copy.Ceiling)
	return o
}

// auditNames are the objects that were named, as an audit takes them.
type auditNames struct {
	job   *Job
	names *selection.Reader
}

// Next returns the next name, or io.EOF.
func (n *auditNames) Next() (audit.Name, error) {
	e, err := n.names.Next()
	if err != nil {
		return audit.Name{}, err
	}
	name := audit.Name{Key: e.Key, Version: e.VersionID, Alternate: e.Alternate, Stray: e.Stray}
	if e.Target != "" && n.job.Scan.Router.Route(e.Key).Location().Bucket != e.Target {
		name.Target = e.Target
	}
	if len(e.Granules) > 0 {
		name.Entry = &catalog.Entry{ID: e.Granules[0], Key: e.Key, Size: -1}
	}
	if len(e.Granules) > 1 {
		n.job.shared(e.Key, e.Granules)
	}
	return name, nil
}

// dangers counts what is no finding yet. It is safe for concurrent use.
type dangers struct {
	risks Risks
	now   func() time.Time

	mu     sync.Mutex
	lapse  danger
	frozen danger
}

// danger is so many objects, the first in key order among them.
type danger struct {
	objects int64
	first   reconcile.Location
}

func (d *danger) add(at reconcile.Location) {
	d.objects++
	if d.objects == 1 || at.Key < d.first.Key {
		d.first = at
	}
}

func (d *dangers) see(o *reconcile.Outcome) {
	r := o.Source.Restore
	lapses := o.Status == reconcile.Missing && d.risks.Within > 0 && r.Phase == reconcile.Restored && !r.Expiry.IsZero() && r.Expiry.Sub(d.now()) < d.risks.Within
	frozen := d.risks.All && o.TargetSeen && reconcile.ArchiveClass(o.Target.StorageClass)
	if !lapses && !frozen {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if lapses {
		d.lapse.add(detached(o.Source.Location))
	}
	if frozen {
		d.frozen.add(detached(o.Target.Location))
	}
}

// detached is a location that keeps no page of a listing in memory.
func detached(at reconcile.Location) reconcile.Location {
	return reconcile.Decision{Source: reconcile.Object{Location: at}}.Clone().Source.Location
}

func (d *dangers) notes() (notes []string) {
	if n := d.lapse.objects; n > 0 {
		notes = append(notes, fmt.Sprintf("risk: %d restored copies lapse within %v and are missing from the archive, the first of %s", n, d.risks.Within, d.lapse.first))
	}
	if n := d.frozen.objects; n > 0 {
		notes = append(notes, fmt.Sprintf("risk: %d objects of the archive are in a class that needs a restore, the first %s", n, d.frozen.first))
	}
	return notes
}

// openUploads says how many uploads are open in each archive bucket, and since
// when: their parts cost, and nobody sees them.
func (j *Job) openUploads(ctx context.Context) (notes []string) {
	if !j.Risks.All {
		return nil
	}
	for _, bucket := range j.Scan.Router.Buckets() {
		n, oldest, err := j.uploadsOf(ctx, bucket)
		switch {
		case err != nil:
			notes = append(notes, fmt.Sprintf("risk not looked at: uploads left open in s3://%s: %v", bucket, err))
		case n > 0:
			age := j.Copy.Now().Sub(oldest.Initiated).Round(time.Minute)
			notes = append(notes, fmt.Sprintf("risk: %d uploads are open in s3://%s, the oldest for %v: %s", n, bucket, age, oldest.Target))
		}
	}
	return notes
}

func (j *Job) uploadsOf(ctx context.Context, bucket string) (n int64, oldest reconcile.OpenUpload, err error) {
	var at reconcile.UploadMarker
	for {
		var page []reconcile.OpenUpload
		next := at
		_, err := j.Copy.Retry.Do(ctx, bucket, func() (err error) {
			page, next, err = j.Store.ListUploads(ctx, bucket, "", at)
			return err
		})
		if err != nil {
			return n, oldest, err
		}
		for _, u := range page {
			if n++; n == 1 || u.Initiated.Before(oldest.Initiated) {
				oldest = u
			}
		}
		if next == (reconcile.UploadMarker{}) || next == at {
			return n, oldest, nil
		}
		at = next
	}
}
