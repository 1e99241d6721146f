package s3sim

import ("testing";"os";"time";"fmt";"context")

func TestServeTmp(t *testing.T) {
	if os.Getenv("SIM_ADDR") == "" { t.Skip() }
	s, err := Start(Config{Addr: os.Getenv("SIM_ADDR")})
	if err != nil { t.Fatal(err) }
	s.CreateBucket("glacier"); s.CreateBucket("archive")
	for i := 0; i < 2500; i++ {
		o := Object{Size: int64(i), ContentSeed: uint64(i)}
		if i%3==0 { o.StorageClass="GLACIER"; if i%2==0 {o.Restore="restored"; o.RestoreExpiry=time.Now().Add(48*time.Hour)} }
		s.Put("glacier", fmt.Sprintf("d/%04d.bin", i), o)
	}
	s.Put("glacier", "big.bin", Object{Size: 6<<30, ContentSeed: 5, PartSizes: []int64{3<<30, 2<<30, 1<<30}})
	s.Put("glacier", "mid.bin", Object{Size: 20<<20, ContentSeed: 6})
	s.Put("glacier", "odd/a\x01b", Object{Size: 3})
	s.Put("glacier", "odd/a+b %2B\n//./..", Object{Size: 3})
	fmt.Println(s.URL())
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Minute); defer cancel()
	<-ctx.Done()
}
