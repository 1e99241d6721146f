package s3sim

import (
	"hash/crc32"
	"hash/crc64"
)

// crc is a reflected cyclic redundancy check of 32 or 64 bits, started at all
// ones and inverted at the end, as the three that S3 knows all are. Values of
// 32 bits are kept in the low half.
type crc struct {
	poly   uint64 // reflected
	bits   uint
	update func(sum uint64, p []byte) uint64
	powers [64]uint64 // powers[k] is x^(2^k) modulo the polynomial
}

var (
	castagnoli = crc32.MakeTable(crc32.Castagnoli)
	nvme       = crc64.MakeTable(nvmePoly)

	crcIEEE = newCRC(crc32.IEEE, 32, func(sum uint64, p []byte) uint64 {
		return uint64(crc32.Update(uint32(sum), crc32.IEEETable, p))
	})
	crcCastagnoli = newCRC(crc32.Castagnoli, 32, func(sum uint64, p []byte) uint64 {
		return uint64(crc32.Update(uint32(sum), castagnoli, p))
	})
	crcNVMe = newCRC(nvmePoly, 64, func(sum uint64, p []byte) uint64 {
		return crc64.Update(sum, nvme, p)
	})
)

// nvmePoly is the polynomial of CRC-64/NVME, reflected.
const nvmePoly = 0x9a6c9329ac4bc9b5

func newCRC(poly uint64, bits uint, update func(uint64, []byte) uint64) *crc {
	c := &crc{poly: poly, bits: bits, update: update}
	c.powers[0] = c.one() >> 1 // x^1; the highest bit is x^0
	for k := 1; k < len(c.powers); k++ {
		c.powers[k] = c.multiply(c.powers[k-1], c.powers[k-1])
	}
	return c
}

func (c *crc) one() uint64 { return 1 << (c.bits - 1) }

// multiply returns a·b modulo the polynomial.
func (c *crc) multiply(a, b uint64) uint64 {
	var product uint64
	for bit := c.one(); bit != 0 && a != 0; bit >>= 1 {
		if a&bit != 0 {
			product ^= b
			a &^= bit
		}
		if b&1 != 0 {
			b = b>>1 ^ c.poly
		} else {
			b >>= 1
		}
	}
	return product
}

// shift returns x^(8n) modulo the polynomial: the factor by which n bytes that
// follow move a sum.
func (c *crc) shift(n int64) uint64 {
	factor := c.one()
	for k := 3; n != 0; k, n = k+1, n>>1 {
		if n&1 != 0 {
			factor = c.multiply(factor, c.powers[k])
		}
	}
	return factor
}

// combine returns the sum of A followed by B from the sums of both and the
// length of B in bytes.
func (c *crc) combine(a, b uint64, lenB int64) uint64 {
	return c.multiply(a, c.shift(lenB)) ^ b
}

// repeat returns the sum of a block of n bytes with the given sum, written
// times times.
func (c *crc) repeat(sum uint64, n, times int64) uint64 {
	var out uint64 // the sum of nothing
	for ; times > 0; times >>= 1 {
		if times&1 != 0 {
			out = c.combine(out, sum, n)
		}
		sum = c.combine(sum, sum, n)
		n *= 2
	}
	return out
}

// of returns the sum of a content, in time that does not grow with the size of
// its synthetic parts.
func (c *crc) of(body *content) uint64 {
	var sum uint64
	for _, f := range body.frags {
		if f.data != nil {
			sum = c.update(sum, f.data)
			continue
		}
		sum = c.synthetic(sum, f)
	}
	return sum
}

// synthetic continues sum with a synthetic fragment.
func (c *crc) synthetic(sum uint64, f fragment) uint64 {
	block := make([]byte, min(f.n, period))
	f.fill(block, 0)
	if f.n <= period {
		return c.update(sum, block)
	}
	// The content repeats from f.off on just as it does from its start.
	times, rest := f.n/period, f.n%period
	whole := c.repeat(c.update(0, block), period, times)
	sum = c.combine(sum, whole, times*period)
	return c.update(sum, block[:rest])
}
