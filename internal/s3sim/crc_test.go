package s3sim

import (
	"hash/crc32"
	"hash/crc64"
	"math/rand/v2"
	"testing"
)

func TestCRCOfSyntheticContentIsThatOfItsBytes(t *testing.T) {
	for _, size := range []int64{0, 1, 7, 8, 4096, 4097, period - 1, period, period + 1, 3*period + 17, 5 << 20} {
		for _, off := range []int64{0, 3, period - 5} {
			body := synthetic(42, off+size+9).slice(off, size)
			raw := body.bytes()
			for _, c := range []struct {
				name      string
				got, want uint64
			}{
				{"CRC32", crcIEEE.of(body), uint64(crc32.ChecksumIEEE(raw))},
				{"CRC32C", crcCastagnoli.of(body), uint64(crc32.Checksum(raw, crc32.MakeTable(crc32.Castagnoli)))},
				{"CRC64NVME", crcNVMe.of(body), crc64.Checksum(raw, crc64.MakeTable(nvmePoly))},
			} {
				if c.got != c.want {
					t.Errorf("%s of %d bytes at %d: got %x, want %x", c.name, size, off, c.got, c.want)
				}
			}
		}
	}
}

// The check values of the CRC catalogue.
// https://reveng.sourceforge.io/crc-catalogue/all.htm
func TestCRCCheckValues(t *testing.T) {
	body := literal([]byte("123456789"))
	for _, c := range []struct {
		crc  *crc
		want uint64
	}{{crcIEEE, 0xcbf43926}, {crcCastagnoli, 0xe3069283}, {crcNVMe, 0xae8b14860a799888}} {
		if got := c.crc.of(body); got != c.want {
			t.Errorf("got %x, want %x", got, c.want)
		}
	}
}

func TestCRCCombine(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		data := make([]byte, rng.IntN(5000))
		fillSynthetic(data, rng.Uint64(), 0)
		cut := rng.IntN(len(data) + 1)
		for _, c := range []*crc{crcIEEE, crcCastagnoli, crcNVMe} {
			a, b := c.update(0, data[:cut]), c.update(0, data[cut:])
			if got, want := c.combine(a, b, int64(len(data)-cut)), c.update(0, data); got != want {
				t.Fatalf("combined at %d of %d: got %x, want %x", cut, len(data), got, want)
			}
		}
	}
}
