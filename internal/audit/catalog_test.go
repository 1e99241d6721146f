package audit_test

import (
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"

	"reconcile/internal/catalog"
	"reconcile/internal/reconcile"
)

func catalogOf(t *testing.T, lines ...string) *catalog.Catalog {
	t.Helper()
	c := catalog.New(t.TempDir())
	t.Cleanup(func() { c.Close() })
	if err := c.Add(strings.NewReader(strings.Join(lines, "\n")+"\n"), "catalog.csv"); err != nil {
		t.Fatal(err)
	}
	if err := c.Check(); err != nil {
		t.Fatal(err)
	}
	return c
}

// TestCatalog: what should be there and is nowhere, what is there and should not
// be, and what is otherwise than it should be; under swapped prefixes too, and
// however the keys are divided.
func TestCatalog(t *testing.T) {
	t.Parallel()
	for _, divide := range []int{0, 1} {
		w := newWorld(2)
		r := router(t, reconcile.Rule{Prefix: "old/", FromPrefix: "old/", ToPrefix: "new/"})
		for _, key := range []string{"a.hdf", "b.hdf", "c.hdf", "d.hdf", "old/a.hdf", "old/b.hdf", "z.hdf"} {
			w.put(source, key, key)
			w.put(protected, r.Route(key).Key, key)
		}
		w.remove(protected, "d.hdf")
		w.put(protected, "kept.hdf", "x") // catalogued, and in an archive bucket alone
		sum := md5.Sum([]byte("x"))
		o := options(r)
		o.DivideAfter = divide
		o.Catalog = catalogOf(t, "key,size,hash,hashType",
			"a.hdf,5,,", "b.hdf,6,,", "d.hdf,7,,", "gone.hdf,9,,", "kept.hdf,1,,", "old/a.hdf,9,,", "old/b.hdf,10,,", "old/gone.hdf,1,,",
			"z.hdf,5,"+hex.EncodeToString(sum[:])+",md5")
		got, err := run(t, t.Context(), w, o)
		if err != nil {
			t.Fatal(err)
		}
		want := []string{
			`differs "b.hdf" at "protected/b.hdf"`,
			`differs "old/b.hdf" at "protected/new/b.hdf"`,
			`differs "z.hdf" at "protected/z.hdf"`,
			`missing "d.hdf" at "protected/d.hdf"`,
			`orphan "" at "protected/kept.hdf"`,
			`phantom "gone.hdf" at ""`,
			`phantom "old/gone.hdf" at ""`,
			`present "a.hdf" at "protected/a.hdf"`,
			`present "c.hdf" at "protected/c.hdf"`,
			`present "old/a.hdf" at "protected/new/a.hdf"`,
			`uncatalogued "c.hdf" at ""`,
		}
		if words := inWords(got); !slices.Equal(words, want) {
			t.Errorf("got\n%s\nwant\n%s", strings.Join(words, "\n"), strings.Join(want, "\n"))
		}
		for _, one := range got {
			size := one.Compared[reconcile.AspectSize] == reconcile.Disagrees
			if mismatch := fmt.Sprint(one.Message); (one.Source.Key == "b.hdf" || one.Source.Key == "d.hdf") && (!size || !strings.Contains(mismatch, "catalog.csv:")) {
				t.Errorf("%s: compared %s, %q", one.Source.Key, one.Compared, mismatch)
			}
		}
	}
}
