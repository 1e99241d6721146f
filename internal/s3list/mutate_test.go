package s3list

import (
	"maps"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// pieces of a document: tags, references, and what is between them.
var pieces = regexp.MustCompile(`<[^<>]*>|&[^;]*;|[^<>&]+|.`)

// TestListingMutated damages answers the way servers, proxies and broken
// connections do: pieces that are gone, doubled, moved, changed.
func TestListingMutated(t *testing.T) {
	all := recorded(t)
	names := slices.Sorted(maps.Keys(all))
	var refused int
	rounds := 1000 * *long
	for seed := range uint64(rounds) {
		r := rand.New(rand.NewPCG(seed, 2))
		parts := pieces.FindAllString(all[names[r.IntN(len(names))]], -1)
		for range 1 + r.IntN(3) {
			parts = mutate(r, parts)
		}
		if _, err := sameAsSDK(t, strings.Join(parts, "")); err != nil {
			refused++
		}
	}
	if refused < rounds/4 || refused > rounds*99/100 {
		t.Errorf("%d of %d refused: nothing to compare", refused, rounds)
	}
}

func mutate(r *rand.Rand, parts []string) []string {
	if len(parts) == 0 {
		return parts
	}
	i, j := r.IntN(len(parts)), r.IntN(len(parts))
	if i > j {
		i, j = j, i
	}
	parts = slices.Clone(parts)
	switch r.IntN(9) {
	case 0: // gone
		return slices.Delete(parts, i, i+1)
	case 1: // a piece of the middle is gone
		return slices.Delete(parts, i, min(j, i+20)+1)
	case 2: // doubled
		return slices.Insert(parts, i, parts[i:min(i+1+r.IntN(8), len(parts))]...)
	case 3: // moved
		parts[i], parts[j] = parts[j], parts[i]
	case 4: // another of its kind
		parts[i] = parts[j]
	case 5: // one byte is another one
		b := []byte(parts[i])
		b[r.IntN(len(b))] ^= 1 << r.IntN(8)
		parts[i] = string(b)
	case 6: // one byte is gone
		k := r.IntN(len(parts[i]))
		parts[i] = parts[i][:k] + parts[i][k+1:]
		if len(parts[i]) == 0 {
			parts[i] = " "
		}
	default: // what is not expected there
		parts[i] += unexpected[r.IntN(len(unexpected))]
	}
	return parts
}

var unexpected = []string{
	"<!-- c -->", "<?p i?>", "<![CDATA[c]]>", "<![CDATA[", "]]>", "<!DOCTYPE d>", "&#x1;", "&amp;", "&none;", "\x00", "\r\n", "\r", "\xff", "ä",
	"<a/>", "<a>", "</a>", "<a b='c'>", "<a b='c'/>", "<Key>", "</Key>", "<Contents>", "</Contents>", "<Key/>", "<Size>1</Size>", "/", "<", ">", " ", "\"",
	"<a xmlns='n'><Key>x</Key></a>", "<x:Key xmlns:x='n'>x</x:Key>", "<EncodingType>url</EncodingType>", "%zz", "-", ".5",
}
