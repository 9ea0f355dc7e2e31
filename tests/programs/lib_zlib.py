import zlib, gzip, io, random
def a(f,*x,**k):
    try: r=f(*x,**k); print(repr(r)[:80])
    except BaseException as e: print(type(e).__module__, type(e).__name__, e)
c=bytes.fromhex('789ccb48cdc9c9cf40270007ac10c9') if 0 else b'x\x9c\xcbH\xcd\xc9\xc9\xcf \x8a\x02\x00\xd8\x89\x14\xb5'
c=b'x\x9c\xcbH\xcd\xc9\xc9\xcf \x81\x02\x00\x11j\x14\xc9'
c=zlib.compress(b"hello"*10)
a(zlib.decompress,c)
a(zlib.decompress,b"");a(zlib.decompress,c[:-3]);a(zlib.decompress,b"xxxx");a(zlib.decompress,c[:-1]+b"z");a(zlib.decompress,c+b"tail");a(zlib.decompress,c,wbits=99);a(zlib.decompress,c,bufsize=-1);a(zlib.decompress,c,bufsize=0)
a(zlib.compress,"x");a(zlib.compress,b"x",99);a(zlib.compress,b"x",-2);a(zlib.compress,b"x",wbits=40);a(zlib.compressobj,level=77)
o=zlib.decompressobj();a(o.decompress,c+b"tail");print(o.eof,o.unused_data,o.unconsumed_tail);a(o.decompress,b"more");print(o.unused_data);a(o.flush)
o=zlib.decompressobj();a(o.decompress,c,10);print(o.eof,o.unconsumed_tail!=b"");a(o.decompress,o.unconsumed_tail,-1);a(o.decompress,o.unconsumed_tail);a(o.flush,0);a(o.flush)
o=zlib.decompressobj();a(o.decompress,b"junk")
co=zlib.compressobj();x=co.compress(b"abc")+co.flush(zlib.Z_SYNC_FLUSH);a(zlib.decompressobj().decompress,x);x+=co.compress(b"def")+co.flush();a(zlib.decompress,x);a(co.flush,77);a(co.flush);a(co.compress,b"x")
d=zlib._ZlibDecompressor();a(d.decompress,c,5);print(d.needs_input,d.eof,d.unused_data);a(d.decompress,b"",5);a(d.decompress,b"");print(d.eof);a(d.decompress,b"")
a(zlib.decompressobj,wbits=3,zdict=b"");a(zlib.compressobj,zdict="x");a(zlib.adler32,b"abc",1);a(zlib.crc32,b"abc",-1);a(zlib.adler32,b"x"*100000)
co=zlib.compressobj(zdict=b"hello world");x=co.compress(b"hello world hello")+co.flush();a(zlib.decompress,x);a(zlib.decompressobj(zdict=b"hello world").decompress,x);a(zlib.decompressobj(zdict=b"nope").decompress,x)
rnd=random.Random(1)
for i in range(40):
    data=bytes(rnd.choice(b"abcdefgh") if rnd.random()<.7 else rnd.randrange(256) for _ in range(rnd.randrange(0,60000))) * rnd.randrange(1,4)
    for wb in (15,-15,31,-9):
        for lv in (-1,0,1,9):
            z=zlib.compress(data,lv,wb); assert zlib.decompress(z,wb)==data; 
            if wb!=-15 and wb!=-9: assert zlib.decompress(z,47)==data
    o=zlib.decompressobj(); out=[]; z=zlib.compress(data); n=0
    buf=b""
    for k in range(0,len(z),777):
        buf=o.unconsumed_tail+z[k:k+777]; 
        p=o.decompress(buf,1000); out.append(p)
        while o.unconsumed_tail: out.append(o.decompress(o.unconsumed_tail,1000))
    out.append(o.flush()); assert b"".join(out)==data,(len(data),sum(map(len,out))); assert o.eof
b=gzip.compress(b"some data"*100,mtime=0);print(gzip.decompress(b)==b"some data"*100)
f=io.BytesIO()
with gzip.GzipFile(fileobj=f,mode="wb",mtime=1,filename="n") as g:
    for i in range(100): g.write(b"line %d\n"%i)
f.seek(0)
with gzip.open(f,"rt") as g: print(sum(1 for _ in g))
f.seek(0); print(gzip.GzipFile(fileobj=f).read()[:20])
print(zlib.error.__mro__)
