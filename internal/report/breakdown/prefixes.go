package breakdown

import (
	"strings"
	"unicode/utf8"
)

// prefixes have the shares of all prefixes of one kind: the finest kind of
// which there are not too many. Where there are too many it goes on with the
// next coarser kind. Which one it ends with does not depend on the order in
// which keys come.
type prefixes struct {
	kind   int // in kinds
	shares map[string]*share
}

// kinds are what a key's folders are cut to, the finest first. Each of them can
// be made of the one before.
var kinds = []func(prefix string) string{
	func(prefix string) string { return prefix },
	func(prefix string) string { return folders(prefix, 2) },
	func(prefix string) string { return folders(prefix, 1) },
	func(prefix string) string { return characters(prefix, 2) },
	func(prefix string) string { return characters(prefix, 1) },
	func(string) string { return "" },
}

// maxLevels is how many folders a prefix has at most.
const maxLevels = 3

// folders is the key's first levels, without its own name.
func folders(key string, levels int) string {
	end := 0
	for range levels {
		i := strings.IndexByte(key[end:], '/')
		if i < 0 {
			break
		}
		end += i + 1
	}
	return key[:end]
}

// characters is the beginning of the first folder's name.
func characters(prefix string, n int) string {
	if first := folders(prefix, 1); first != "" {
		prefix = first
	}
	end := 0
	for range n {
		_, size := utf8.DecodeRuneInString(prefix[end:])
		end += size
	}
	return prefix[:end]
}

// of returns the share that a key is counted in.
func (p *prefixes) of(key string) *share { return p.in(folders(key, maxLevels)) }

// in returns the share that a prefix is counted in.
func (p *prefixes) in(prefix string) *share {
	for {
		cut := kinds[p.kind](prefix)
		if s := p.shares[cut]; s != nil {
			return s
		}
		if len(p.shares) < maxPrefixes {
			s := &share{}
			p.shares[strings.Clone(cut)] = s
			return s
		}
		p.coarsen()
	}
}

// coarsen goes on with the next kind.
func (p *prefixes) coarsen() {
	before := p.shares
	p.kind++
	p.shares = map[string]*share{}
	for prefix, s := range before {
		s.addTo(p.in(prefix))
	}
}

func (p *prefixes) addTo(to *prefixes) {
	for to.kind < p.kind {
		to.coarsen()
	}
	for prefix, s := range p.shares {
		s.addTo(to.in(prefix))
	}
}

func (p *prefixes) list() []Prefix {
	all := []Prefix{}
	for _, prefix := range sorted(p.shares) {
		all = append(all, Prefix{Prefix: prefix, Share: p.shares[prefix].share()})
	}
	return all
}
