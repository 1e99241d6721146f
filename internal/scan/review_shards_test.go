package scan

import (
	"context"
	"runtime"
	"strings"
	"testing"

	"reconcile/internal/reconcile"
)

// oneText lists keys that share the text of their page, as s3store's do; each
// page is said to be of 64 KiB.
type oneText struct{ generated }

func (o oneText) List(ctx context.Context, req reconcile.ListRequest) (reconcile.Page, error) {
	page, err := o.generated.List(ctx, req)
	var text strings.Builder
	for _, o := range page.Objects {
		text.WriteString(o.Key)
	}
	text.WriteString(strings.Repeat(" ", max(64<<10-text.Len(), 0)))
	all, at := text.String(), 0
	for i := range page.Objects {
		n := len(page.Objects[i].Key)
		page.Objects[i].Key = all[at:][:n]
		at += n
	}
	return page, err
}

// What is remembered of each sampled region is where it stands, not its page:
// ten thousand shards are allowed, and each process finds all of them out.
func TestShardsTakeLittleMemory(t *testing.T) {
	const n, most = 64, 4 << 20
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	s := sampler{ctx: t.Context(), lister: oneText{generated{100_000_000}}, opts: options(t)}
	if err := s.sample(samplesPerShard * n); err != nil {
		t.Fatal(err)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > most {
		t.Errorf("%d shards: %d regions keep %d MiB", n, len(s.regions), grown>>20)
	}
	runtime.KeepAlive(&s)
}
