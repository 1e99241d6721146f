package scan

import (
	"context"
	"errors"
	"fmt"
	"sort"

	"reconcile/internal/listing"
	"reconcile/internal/reconcile"
)

// Shards divides the keys of the source into n ranges that are expected to hold
// about as many objects each, and that together hold every key exactly once.
// It asks for a few pages here and there, up to 8 for each range: the same
// pages always give the same ranges.
//
// Of o the bucket, the prefix, the range and the retrying are used. The ranges
// are in order; where there are fewer pages than ranges, the last ones hold
// nothing.
func Shards(ctx context.Context, lister Lister, o Options, n int) ([]Range, error) {
	s := sampler{ctx: ctx, lister: lister, opts: o}
	if err := s.sample(samplesPerShard * n); err != nil {
		return nil, err
	}
	return s.divide(n), nil
}

const (
	samplesPerShard = 8
	worthDividing   = 1 // page that a region must be expected to have left
)

// nothing is a range that holds no keys.
var nothing = Range{After: string(rune(maxRune)), Until: string(rune(maxRune))}

// Empty reports whether no key can be in the range.
func (r Range) Empty() bool { return r.Until != "" && r.After >= r.Until }

// CheckShards returns an error unless the ranges hold every key exactly once.
func CheckShards(ranges []Range) error {
	end, held := "", false
	for i, r := range ranges {
		switch {
		case r.Empty():
			continue
		case held && end == "" || r.After != end:
			return fmt.Errorf("range %d begins after %q, the one before it ends at %q", i, r.After, end)
		}
		end, held = r.Until, true
	}
	if !held {
		return errors.New("no range holds any key")
	}
	if end != "" {
		return fmt.Errorf("no range holds what comes after %q", end)
	}
	return nil
}

// sampler knows a page of each of some regions of the source.
type sampler struct {
	ctx     context.Context
	lister  Lister
	opts    Options
	samples keySamples
	regions []*region
}

// region is a key range of which the first pages are known.
type region struct {
	*keyRange
	c       *listing.Cursor
	read    int  // objects of the pages that are known
	pages   int  // those pages
	through bool // they are all there is
}

// sample divides the region that is expected to hold most, again and again.
// Where none can be divided by what is known, one is read on.
func (s *sampler) sample(most int) error {
	err := s.add(newKeyRange(s.opts.Range))
	for range most - 1 {
		if err != nil {
			return err
		}
		r, at := s.largest()
		if r != nil && at.pages > worthDividing {
			err = s.add(r.split(at))
		} else if r = s.leastRead(); r != nil {
			err = s.readOn(r)
		}
	}
	sort.Slice(s.regions, func(i, j int) bool { return s.regions[i].lo < s.regions[j].lo })
	return err
}

// add takes up a key range.
func (s *sampler) add(kr *keyRange) error {
	r := &region{keyRange: kr}
	r.c = listing.New(s.lister, reconcile.ListRequest{Bucket: s.opts.Bucket, Prefix: s.opts.Prefix, StartAfter: kr.lo})
	s.regions = append(s.regions, r)
	return s.readOn(r)
}

// readOn lists the next page of a region.
func (s *sampler) readOn(r *region) error {
	mine, err := r.c.Read(s.ctx, "")
	if err != nil {
		return err
	}
	all := len(mine)
	if r.hi != "" {
		mine = mine[:sort.Search(len(mine), func(i int) bool { return mine[i].Key > r.hi })]
	}
	if len(mine) > 0 {
		r.note(mine)
		s.samples.see(mine)
	}
	// There may be thousands of them, and a key is a part of the text of its page.
	r.c.Release()
	r.read += len(mine)
	r.pages++
	r.through = r.c.End || len(mine) < all
	return nil
}

// leastRead returns the region of which least is known.
func (s *sampler) leastRead() (least *region) {
	for _, r := range s.regions {
		if !r.through && (least == nil || r.pages < least.pages) {
			least = r
		}
	}
	return least
}

// largest returns the region that is expected to hold most, and where to divide
// it.
func (s *sampler) largest() (r *region, at split) {
	for _, one := range s.regions {
		if one.through {
			continue
		}
		if c, ok := s.place(one.keyRange); ok && (r == nil || c.pages > at.pages) {
			r, at = one, c
		}
	}
	return r, at
}

// place returns where to split a key range. With many regions not all of them are
// looked at anew because one of them has changed.
func (s *sampler) place(kr *keyRange) (split, bool) {
	if len(s.regions) > manyRegions {
		return s.samples.look(kr, len(s.opts.Prefix))
	}
	return s.samples.split(kr, len(s.opts.Prefix))
}

const manyRegions = 256

// mass is how many pages a region is expected to hold.
func (s *sampler) mass(r *region) float64 {
	read := float64(r.read) / keysPerPage
	if r.through {
		return read
	}
	c, _ := s.samples.split(r.keyRange, len(s.opts.Prefix))
	return read + c.pages
}

// divide joins neighbouring regions to n ranges.
func (s *sampler) divide(n int) []Range {
	var all float64
	for _, r := range s.regions {
		all += s.mass(r)
	}
	ranges := []Range{{After: s.opts.Range.After}}
	var passed float64
	for i, r := range s.regions {
		for i > 0 && len(ranges) < n && passed >= all*float64(len(ranges))/float64(n) {
			ranges[len(ranges)-1].Until = r.lo
			ranges = append(ranges, Range{After: r.lo})
			break
		}
		passed += s.mass(r)
	}
	ranges[len(ranges)-1].Until = s.opts.Range.Until
	for len(ranges) < n {
		ranges = append(ranges, nothing)
	}
	return ranges
}
