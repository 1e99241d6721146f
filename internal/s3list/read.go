package s3list

import (
	"fmt"
	"io"
	"slices"
	"sync"
)

// reader reads a listing while it arrives, a window of it at a time: with
// many requests under way, whole answers of half a MiB each would be most of
// the program's memory.
//
// It tries to decode the next piece of the document with what is there, and
// where that is not enough it goes back, reads on and tries again. See scanner
// for why that gives what the whole document would have given.
type reader struct {
	decoder
	body  io.Reader
	early func(*Answer) // nil: not wanted, or called already
	most  int           // bytes that are read
}

const (
	// maxListing is the size in bytes of the largest answer that is read: 1000
	// keys of 1024 bytes, each sent as three, and what goes with them are 4 MiB.
	maxListing = 64 << 20
	// windowSize is how many bytes of an answer are in memory at a time, unless
	// one piece is longer.
	windowSize = 64 << 10
	// eagerly is up to which byte whatever arrives is looked at at once, to
	// learn where the listing goes on. After that only full windows are.
	eagerly = 4 << 10
	// maxPooled is up to which size in bytes a buffer is kept for the next one.
	maxPooled = 1 << 20
)

var readers = sync.Pool{New: func() any {
	r := new(reader)
	r.doc = make([]byte, 0, windowSize)
	return r
}}

// Read reads an answer to its end and decodes it. early, when not nil,
// is called with what is known of the answer as soon as it has said that it
// goes on, and where, if it says that at all.
func Read(body io.Reader, early func(*Answer)) (Answer, error) {
	r := readers.Get().(*reader)
	defer r.release()
	return r.listing(body, early)
}

func (r *reader) listing(body io.Reader, early func(*Answer)) (Answer, error) {
	return r.upTo(maxListing, body, early)
}

// upTo is listing with another size that an answer may have at most.
func (r *reader) upTo(most int, body io.Reader, early func(*Answer)) (Answer, error) {
	r.body, r.early, r.most = io.LimitReader(body, int64(most)+1), early, most
	if err := r.read(); err != nil {
		return Answer{}, err
	}
	if !r.found {
		return Answer{}, r.discard()
	}
	r.badKey = r.texts.into(r.objects, r.encoding != "")
	return r.Answer, nil
}

// release keeps the memory for the next answer and lets go of all else.
func (r *reader) release() {
	doc, scratch, algorithms, texts := r.doc, r.scratch, r.algorithms, r.texts
	*r = reader{}
	if cap(doc)+cap(scratch)+cap(texts.raw) > maxPooled || cap(texts.lengths) > 2*maxPage {
		return
	}
	r.doc, r.scratch, r.algorithms = doc[:0], scratch[:0], algorithms[:0]
	r.texts = pageTexts{raw: texts.raw[:0], lengths: texts.lengths[:0]}
	readers.Put(r)
}

// read decodes piece after piece.
func (r *reader) read() error {
	for {
		before := r.mark()
		done := r.piece()
		switch {
		case r.err != nil && r.whole:
			return r.failure()
		case r.err != nil:
			r.back(before)
			if err := r.fill(); err != nil {
				return err
			}
		case done:
			return nil
		default:
			r.tellEarly()
		}
	}
}

// tellEarly calls early when there is something to tell. What has been said by
// then cannot be said otherwise behind it: see decoder.once.
func (r *reader) tellEarly() {
	if r.early != nil && r.truncated && r.next != "" {
		early := r.early
		r.early = nil
		early(&r.Answer)
	}
}

// mark is where a decoder was.
type mark struct {
	at, depth     int
	closed, begun bool
	answer        Answer
	raw, lengths  int
}

func (r *reader) mark() mark {
	return mark{r.at, r.depth, r.closed, r.begun, r.Answer, len(r.texts.raw), len(r.texts.lengths)}
}

// back undoes what was done since m.
func (r *reader) back(m mark) {
	r.err = nil
	clear(r.objects[len(m.answer.objects):]) // what is behind them is always zero
	r.at, r.depth, r.closed, r.begun, r.Answer = m.at, m.depth, m.closed, m.begun, m.answer
	r.texts.raw, r.texts.lengths = r.texts.raw[:m.raw], r.texts.lengths[:m.lengths]
}

// fill lets go of what has been decoded and reads on: until the window is full
// or, in the beginning, until anything arrives.
func (r *reader) fill() error {
	r.passed += r.at
	r.doc = r.doc[:copy(r.doc, r.doc[r.at:])]
	r.at = 0
	if len(r.doc) == cap(r.doc) { // one piece fills all of it
		r.doc = slices.Grow(r.doc, cap(r.doc))
	}
	for len(r.doc) < cap(r.doc) {
		n, err := r.body.Read(r.doc[len(r.doc):cap(r.doc)])
		r.doc = r.doc[:len(r.doc)+n]
		switch arrived := r.passed + len(r.doc); {
		case arrived > r.most:
			return fmt.Errorf("a listing of more than %d MiB", r.most>>20)
		case err == io.EOF:
			r.whole = true
			return nil
		case err != nil:
			return err
		case n > 0 && arrived <= eagerly:
			return nil
		}
	}
	return nil
}

// discard reads the rest of an answer that is no listing: its beginning goes
// into the error, and one that breaks off is another error.
func (r *reader) discard() error {
	_, err := io.Copy(io.Discard, r.body)
	return err
}
