import binascii, base64, random
def a(f,*x,**k):
    try: print(repr(f(*x,**k)))
    except Exception as e: print(type(e).__module__, type(e).__name__, e)
rnd=random.Random(7)
alpha=b"AZaz09+/==\n!"
import hashlib
log=[]
for i in range(3000):
    s=bytes(rnd.choice(alpha) for _ in range(rnd.randrange(0,12)))
    for strict in (0,1):
        try: log.append(repr(binascii.a2b_base64(s,strict_mode=strict)))
        except binascii.Error as e: log.append(str(e))
print(hashlib.sha256("\n".join(log).encode()).hexdigest()); log.clear()
for i in range(3000):
    s=bytes(rnd.choice(b"=_ \t.\r\nab~\xff\x00=4A") for _ in range(rnd.randrange(0,120)))
    for h in (0,1):
        log.append(repr(binascii.a2b_qp(s,header=h)))
        for q in (0,1):
            for t in (0,1): log.append(repr(binascii.b2a_qp(s,quotetabs=q,istext=t,header=h)))
print(hashlib.md5("\n".join(log).encode()).hexdigest()); log.clear()
for i in range(2000):
    s=bytes(rnd.randrange(256) for _ in range(rnd.randrange(0,46)))
    log.append(repr(binascii.b2a_uu(s,backtick=i%2))); log.append(repr(binascii.a2b_uu(binascii.b2a_uu(s)))); log.append(repr(binascii.b2a_base64(s,newline=i%3)))
    log.append(repr((binascii.crc32(s),binascii.crc_hqx(s,i),binascii.hexlify(s,"-",i%5-2 or 1))))
    t=bytes(rnd.choice(b" !`#zZ\n\r\x01") for _ in range(rnd.randrange(0,9)))
    try: log.append(repr(binascii.a2b_uu(t)))
    except binascii.Error as e: log.append(str(e))
print(hashlib.sha1("\n".join(log).encode()).hexdigest())
a(binascii.a2b_hex,"abc");a(binascii.a2b_hex,"zz");a(binascii.unhexlify,"é");a(binascii.unhexlify,5);a(binascii.b2a_uu,b"x"*46);a(binascii.hexlify,"x");a(binascii.hexlify,b"abc",sep=":");a(binascii.crc32,b"abc",2**40+1);a(binascii.crc32,"x")
a(base64.b64encode,b"\x00\xff hello");a(base64.b64decode,"AP8gaGVsbG8=");a(base64.urlsafe_b64encode,b"\xff\xfe\xfd");a(base64.b32encode,b"hello");a(base64.b32decode,b"NBSWY3DP");a(base64.b16encode,b"hi");a(base64.b85encode,b"hello world");a(base64.a85encode,b"hello world");a(base64.b85decode,b"Xk~0{Zv");a(base64.b64decode,"abc");a(base64.z85encode,b"12345678")
for n in sorted(hashlib.algorithms_guaranteed):
    h=hashlib.new(n,b"abc"); d=h.hexdigest(20) if n.startswith("shake") else h.hexdigest(); h2=h.copy(); h2.update(b"x"*1000)
    print(n,h.name,h.digest_size,h.block_size,d,(h2.digest(10) if n.startswith("shake") else h2.digest())[:5])
h=hashlib.blake2b(b"data",digest_size=20,key=b"k",salt=b"s",person=b"p",fanout=2,depth=3,leaf_size=4096,node_offset=1,node_depth=1,inner_size=32,last_node=True);print(h.hexdigest())
h=hashlib.blake2s(b"data",digest_size=20,key=b"k",salt=b"s",person=b"p",fanout=2,depth=3,leaf_size=4096,node_offset=1,node_depth=1,inner_size=32,last_node=True);print(h.hexdigest(),hashlib.blake2s.MAX_DIGEST_SIZE,hashlib.blake2b.SALT_SIZE)
a(hashlib.blake2b,digest_size=65);a(hashlib.blake2b,key=b"x"*65);a(hashlib.blake2s,depth=0);a(hashlib.md5,"x") if 0 else 0;a(hashlib.new,"nope") if 0 else 0
