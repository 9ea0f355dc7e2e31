import struct, binascii
def a(f,*x,**k):
    try: print(repr(f(*x,**k)))
    except Exception as e: print(type(e).__module__, type(e).__name__, e)
for c in "bBhHiIlLqQnNP":
    for pre in "","<","@":
        a(struct.pack, pre+c, 2**70); a(struct.pack, pre+c, -2**70); a(struct.pack,pre+c,-1); a(struct.pack,pre+c,70000000000); a(struct.pack,pre+c,"x"); a(struct.pack,pre+c,1.5)
for c in "efdsp?cFD":
    for pre in "","<":
        for v in (1e300,"x",b"xy",3,2**2000,b"a",1+2j): a(struct.pack,pre+c,v)
a(struct.pack,"z",1);a(struct.pack,"5",1);a(struct.pack,"i");a(struct.pack,"i",1,2);a(struct.pack);a(struct.pack,1,1);a(struct.pack,"\0",1);a(struct.pack,b"i",1);a(struct.pack,"99999999999999999999i",1)
a(struct.pack,"é",1);a(struct.calcsize,"99999999999999999i"); a(struct.calcsize,"ci"); a(struct.calcsize,"<ci"); a(struct.calcsize,"c0i");a(struct.calcsize," i\t3s")
a(struct.unpack,"i",b"abc");a(struct.unpack,"i","abc");a(struct.unpack_from,"i",b"abcdefg",5);a(struct.unpack_from,"i",b"abcdefg",-3);a(struct.unpack_from,"i",b"abcdefg",-30);a(struct.unpack_from,"i",b"abcdefg",buffer=1)
a(struct.unpack_from,"i",b"abcdefg",-7);a(struct.unpack_from,"i",buffer=b"abcdefg",offset=1)
b=bytearray(8)
a(struct.pack_into,"i",b,0,5);a(struct.pack_into,"i",b,6,5);a(struct.pack_into,"i",b,-2,5);a(struct.pack_into,"i",b,-20,5);a(struct.pack_into,"i",b);a(struct.pack_into,"i");a(struct.pack_into);a(struct.pack_into,"i",b,0);a(struct.pack_into,"i",b"1234",0,1);a(struct.pack_into,"i",b,"a",1);a(struct.pack_into,"i",b,-8,7);print(b)
a(lambda: list(struct.iter_unpack("h",b"abcd")));a(struct.iter_unpack,"h",b"abc");a(struct.iter_unpack,"",b"abc")
s=struct.Struct(">hI");print(s.format,s.size,s,s.pack(1,2),s.unpack(s.pack(3,4)));a(s.pack,1);a(s.unpack,b"");a(struct.Struct);a(struct.Struct,5);a(s.unpack_from,b"123")
print(struct.unpack("<5s3p?c2x", b"hello\x02abX"+b"Y"+b"zz")); a(struct.pack,"5s","x"); print(struct.pack("3p",b"abcdef"),struct.pack("300p",b"z"*299)[:3], struct.pack("0s",b""),struct.pack("p",b"a"),struct.pack("0p",b"a"))
print(struct.unpack("e",struct.pack("e",1.5)),struct.pack(">e",65504.0),struct.pack("<f",1e-45),struct.pack("!d",3.14))
print(struct.unpack("<2F",struct.pack("<2F",1j,2+3j)) if 1 else 0)
it=struct.iter_unpack("<h",b"\1\0\2\0");print(it.__length_hint__(),next(it),type(it),list(it))
print(struct.pack("?",[]),struct.pack("?",[1]),struct.pack("3?",1,0,"x"),struct.pack("2c",b"a",b"b"),struct.pack("=lq",1,2),struct.pack("@bl",1,2),struct.pack("2h0l",1,2))
class I:
    def __index__(self): return 7
print(struct.pack("b",I()), struct.pack("f",I()) if 0 else "")
import sys
