import unicodedata as u, hashlib
def a(f,*x,**k):
    try: r=f(*x,**k); print(repr(r)[:80])
    except BaseException as e: print(type(e).__module__, type(e).__name__, e)
a(u.name,"\n");a(u.name,"a","d");a(u.name,"ab");a(u.name,5);a(u.lookup,"nope");a(u.lookup,"LATIN SMALL LETTER A");a(u.lookup,"latin small letter a");a(u.decimal,"a");a(u.digit,"a");a(u.numeric,"a");a(u.decimal,"a",None);a(u.numeric,"½");a(u.category,"");a(u.normalize,"X","a");a(u.normalize,"NFC",5);a(u.is_normalized,"NFC","e\u0301");a(u.name,"가");a(u.lookup,"HANGUL SYLLABLE GA");a(u.name,"一");a(u.lookup,"CJK UNIFIED IDEOGRAPH-4E00");a(u.name,"\x00",1);a(u.lookup,"LF")
print(u.unidata_version,u.ucd_3_2_0.unidata_version,sorted(x for x in dir(u) if x[0]!="_"))
for db in (u,u.ucd_3_2_0):
    h=hashlib.sha256()
    for p in range(0,0x110000,97):
        c=chr(p)
        h.update(repr((db.category(c),db.bidirectional(c),db.combining(c),db.mirrored(c),db.east_asian_width(c),db.decomposition(c),db.numeric(c,None),db.decimal(c,None),db.digit(c,None),db.name(c,None))).encode())
    print(h.hexdigest())
    h=hashlib.sha256()
    for p in range(0,0x30000,13):
        if 0xd800<=p<0xe000: continue
        c="a"+chr(p)+"\u0301\u0323"+chr((p*31)%0x3000)
        for f in ("NFC","NFD","NFKC","NFKD"): h.update(db.normalize(f,c).encode("utf8","surrogatepass"))
    print(h.hexdigest())
print(all(u.lookup(n)==chr(p) for p in range(0,0x20000,11) if (n:=u.name(chr(p),None))))
print("é€\U0001F600\x80".encode("ascii","namereplace"),b"\\N{LATIN SMALL LETTER A}".decode("unicode_escape")); a(b"\\N{nope}".decode,"unicode_escape");a(b"\\N{".decode,"unicode_escape");a(b"\\N{}x".decode,"unicode_escape");a(b"\\Nx".decode,"unicode_escape","replace")
