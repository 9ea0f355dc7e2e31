import _csv, io
def a(f,*x,**k):
    try: r=f(*x,**k); print(repr(r) if not hasattr(r,"__next__") else list(r))
    except BaseException as e: print(type(e).__module__, type(e).__name__, e)
R=_csv.reader
a(R,["a,b"]);a(R,['a,"b ""x"" c",d']);a(R,["a;b"],delimiter=";");a(R,['"a','b",c']);a(R,['"abc']);a(R,['"abc'],strict=True);a(R,['"a"b,c'],strict=True);a(R,['"a"b,c']);a(R,["a\rb"]);a(R,["a\nb"]);a(R,["a\r\n"]);a(R,[""]);a(R,["\n","x"]);a(R,[b"a"]);a(R,5);a(R)
for q in range(6):
    a(R,['1,"2",,"",x'],quoting=q); a(R,['1,"2",,"",3.5'],quoting=q)
a(R,["a, b,  c"],skipinitialspace=True);a(R,["a\\,b,c\\\nd"],escapechar="\\");a(R,["a\\"],escapechar="\\");a(R,["'a,b',c"],quotechar="'");a(R,['"a,b",c'],quotechar=None);a(R,['"a,b",c'],quotechar=None,quoting=3);a(R,['"a\\"b",c'],escapechar="\\",doublequote=False)
for k in ({"delimiter":""},{"delimiter":"ab"},{"delimiter":5},{"delimiter":None},{"delimiter":"\n"},{"quotechar":"ab"},{"quotechar":5},{"quotechar":""},{"escapechar":"xx"},{"escapechar":5},{"lineterminator":5},{"lineterminator":None},{"quoting":9},{"quoting":"x"},{"quoting":None},{"zz":1},{"delimiter":" "},{"delimiter":" ","skipinitialspace":True},{"quotechar":" "},{"escapechar":" "},{"quotechar":","},{"escapechar":","},{"escapechar":'"'},{"quotechar":" ","skipinitialspace":True},{"lineterminator":"|","delimiter":"|"},{"lineterminator":"ab","quotechar":"a"},{"quotechar":"\r"},{"escapechar":"\n"}):
    print(k,end=" "); a(R,["a b,c"],**k)
def w(rows,**k):
    f=io.StringIO(newline="")
    try:
        x=_csv.writer(f,**k); print(x.writerows(rows), repr(f.getvalue()))
    except BaseException as e: print(type(e).__module__, type(e).__name__, e)
for q in range(6):
    w([[1,"a",None,"",2.5,'q"q',"c,c","n\n"]],quoting=q); w([[1,"a",None,"",2.5]],quoting=q); w([[""]],quoting=q); w([[None]],quoting=q); w([[]],quoting=q); w([["a,b\\",'"']],quoting=q,escapechar="\\"); w([['a"b']],quoting=q,doublequote=False,escapechar="\\");w([['a"b']],quoting=q,doublequote=False)
    w([["",None,"a b"]],quoting=q,delimiter=" ",skipinitialspace=True)
w([5]);w(5);w([["a|b","x"]],lineterminator="|");w([[" a"]],delimiter=" ");w(["ab"]);a(_csv.writer,5);a(_csv.writer);w([[1j,True,b"x",[1]]]);w([["a"]],lineterminator="!\n");w([["x!"]],lineterminator="!\n")
a(_csv.register_dialect,"my",delimiter=":");a(_csv.list_dialects);a(R,["a:b"],"my");a(R,["a:b"],"my",delimiter=",");d=_csv.get_dialect("my");print(type(d),d.delimiter,d.quotechar,d.quoting,d.strict,d.escapechar,repr(d.lineterminator),d.doublequote,d.skipinitialspace);a(_csv.get_dialect,"no");a(_csv.unregister_dialect,"my");a(_csv.unregister_dialect,"my");a(_csv.register_dialect,5);a(_csv.register_dialect,"x",5);a(_csv.register_dialect);a(R,[],"nope");a(setattr,d,"delimiter","x");a(_csv.get_dialect,5)
print(_csv.field_size_limit());a(_csv.field_size_limit,5);a(R,["abcdef"]);a(_csv.field_size_limit,"x");a(_csv.field_size_limit,1000);a(_csv.field_size_limit)
class E:
    delimiter="-"; quotechar=None; quoting=3
a(R,["a-b"],E);a(R,["a-b"],E());a(R,["a-b"],object())
r=R(["x,y","z"]);print(r.line_num,next(r),r.line_num,r.dialect.delimiter,type(r));x=_csv.writer(io.StringIO());print(type(x),x.writerow([1,2]),x.dialect.lineterminator=="\r\n")


