package scan

import (
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"sort"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"reconcile/internal/reconcile"
)

// spaces are ways in which people name a million objects.
var spaces = []struct {
	name string
	key  func(i int) string
}{
	{"one flat run of numbers", func(i int) string { return fmt.Sprintf("%012d", i) }},
	{"numbers without padding", func(i int) string { return fmt.Sprint(i) }},
	{"a folder for each thousand", func(i int) string { return fmt.Sprintf("MOD09GQ/%03d/granule.%07d.hdf", i/1000, i) }},
	{"UUIDs", func(i int) string { return uuid(i) }},
	{"UUIDs behind one deep prefix", func(i int) string { return "archive/v2/collections/MOD09GQ___006/" + uuid(i) + ".hdf" }},
	{"dates", func(i int) string {
		t := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(i) * 11 * time.Minute)
		return t.Format("2006/01/02/") + fmt.Sprintf("scene-%s.tif", t.Format("150405"))
	}},
	{"products and dates", func(i int) string {
		products := []string{"AQUA/MYD021KM", "TERRA/MOD021KM", "TERRA/MOD09GQ", "VIIRS/VNP02"}
		t := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(i/4) * 44 * time.Minute)
		return products[i%4] + t.Format("/2006.01.02/") + fmt.Sprintf("A%s.%04d.hdf", t.Format("2006002.1504"), i%7)
	}},
	{"words that are not ASCII", func(i int) string {
		letters := []rune("абвгдежзийклмнопрстуфхцчшщъыьэюя")
		n, word := uint32(i)*2654435761, ""
		for range 6 {
			word += string(letters[n%32])
			n /= 32
		}
		return "спутник/" + word + fmt.Sprint("/", i)
	}},
	{"a few names and one hot prefix", func(i int) string {
		if i < 2000 {
			return fmt.Sprintf("%c/readme-%04d.txt", 'a'+rune(i%26), i)
		}
		return fmt.Sprintf("m/hot/%s", uuid(i))
	}},
	{"each folder twice as large as the one before", func(i int) string {
		f := 0
		for n := i; n > 0; n /= 2 {
			f++
		}
		return fmt.Sprintf("level-%02d/%08d", f, i)
	}},
	{"hashes with a slash after each byte", func(i int) string {
		u := uuid(i)
		return u[:2] + "/" + u[2:4] + "/" + u[4:]
	}},
}

func uuid(i int) string {
	h := sha256.Sum256([]byte(fmt.Sprint(i)))
	return fmt.Sprintf("%x-%x-%x-%x-%x", h[:4], h[4:6], h[6:8], h[8:10], h[10:16])
}

// slow answers each page after 40 ms.
type slow struct {
	keys  []string
	quick bool
	all   func(string) reconcile.Object // nil: online
	mu    sync.Mutex
	sent  []reconcile.ListRequest
}

func (s *slow) List(ctx context.Context, req reconcile.ListRequest) (reconcile.Page, error) {
	s.mu.Lock()
	s.sent = append(s.sent, req)
	s.mu.Unlock()
	if !s.quick {
		time.Sleep(40 * time.Millisecond)
	}
	after := req.StartAfter
	if req.Token != "" {
		after = req.Token
	}
	i, found := slices.BinarySearch(s.keys, after)
	if found {
		i++
	}
	page := reconcile.Page{Objects: make([]reconcile.Object, 0, min(1000, len(s.keys)-i))}
	for ; i < len(s.keys) && len(page.Objects) < 1000; i++ {
		object := online
		if s.all != nil {
			object = s.all
		}
		page.Objects = append(page.Objects, object(s.keys[i]))
	}
	if i < len(s.keys) {
		page.Next = s.keys[i-1]
	}
	return page, ctx.Err()
}

// Every way to name keys is divided among the workers, without hints: the time
// is not far from what so many workers need at best, and the price are few
// requests beyond one for a thousand keys.
func TestIntervalsShareTheWork(t *testing.T) {
	t.Parallel()
	for _, space := range spaces {
		for _, n := range []int{300, 20_000, 100_000, 1_000_000} {
			if n > amount(20_000, 1_000_000) {
				continue
			}
			s := &slow{}
			for i := range n {
				s.keys = append(s.keys, space.key(i))
			}
			sort.Strings(s.keys)
			s.keys = slices.Compact(s.keys)
			t.Run(fmt.Sprint(space.name, "/", n), func(t *testing.T) { checkShared(t, s) })
		}
	}
}

func checkShared(t *testing.T, s *slow) {
	const streams = 16
	floor := (len(s.keys) + 999) / 1000
	synctest.Test(t, func(t *testing.T) {
		o := options(t)
		o.Streams = streams
		began := time.Now()
		var mu sync.Mutex
		n := 0
		err := New(once(s), o).Run(t.Context(), func(reconcile.Decision) error {
			mu.Lock()
			defer mu.Unlock()
			n++
			return nil
		})
		if err != nil || n != len(s.keys) {
			t.Errorf("%d of %d keys: %v", n, len(s.keys), err)
		}
		rounds := int(time.Since(began) / (40 * time.Millisecond))
		t.Logf("%d requests (floor %d), %d rounds (one stream: %d)", len(s.sent), floor, rounds, floor)
		if extra := len(s.sent) - floor; float64(extra) > 2+wasteFor(len(s.sent))*5/4 {
			t.Errorf("%d requests beyond the floor of %d", extra, floor)
		}
	})
}
