package breakdown

import "math/bits"

// SizeClass are the objects of a size between two bounds.
type SizeClass struct {
	From    int64 `json:"from"`  // bytes
	Below   int64 `json:"below"` // bytes
	Objects int64 `json:"objects"`
	Bytes   int64 `json:"bytes"`
}

// sizes are the classes: nothing, less than 1 KiB, and from there by powers of
// 4. The last one holds more than the largest object that S3 takes, 50 TB.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingObjects.html
type sizes [21]struct{ objects, bytes int64 }

// classOf returns the class of a size.
func classOf(size int64) int {
	switch {
	case size <= 0:
		return 0
	case size < 1<<10:
		return 1
	}
	return min(2+(bits.Len64(uint64(size))-11)/2, len(sizes{})-1)
}

// floorOf is the smallest size of a class.
func floorOf(class int) int64 {
	switch class {
	case 0:
		return 0
	case 1:
		return 1
	}
	return 1 << (10 + 2*(class-2))
}

func (s *sizes) add(size int64) {
	c := &s[classOf(size)]
	c.objects++
	c.bytes += size
}

func (s *sizes) addTo(to *sizes) {
	for i, c := range s {
		to[i].objects += c.objects
		to[i].bytes += c.bytes
	}
}

// list has the classes from the first to the last that have objects.
func (s *sizes) list() []SizeClass {
	all, end := []SizeClass{}, 0
	for i, c := range s {
		if c.objects == 0 && len(all) == 0 {
			continue
		}
		all = append(all, SizeClass{From: floorOf(i), Below: floorOf(i + 1), Objects: c.objects, Bytes: c.bytes})
		if c.objects > 0 {
			end = len(all)
		}
	}
	return all[:end]
}
