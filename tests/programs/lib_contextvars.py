import contextvars as c, re
def a(f,*x,**k):
    try: print(re.sub("0x[0-9a-f]+","0x",repr(f(*x,**k))))
    except BaseException as e: print(type(e).__module__, type(e).__name__, re.sub("0x[0-9a-f]+","0x",str(e)))
v=c.ContextVar("v",default=1); t=v.set(5); a(lambda:v);a(lambda:t); v.reset(t); a(lambda:t)
w=c.ContextVar("w")
a(w.get);a(w.get,3);a(w.reset,t);a(v.reset,t);a(v.reset,5);a(c.ContextVar);a(c.ContextVar,5);a(c.Token);a(c.ContextVar,"a",2)
x=c.copy_context();a(lambda:x);print(len(x),list(x),type(x)); a(x.__getitem__,v);a(x.__getitem__,w);a(x.__getitem__,3);a(x.__contains__,3);a(x.get,w);a(x.get,w,9);a(x.run);a(x.run,5)
def f():
    a(x.run,print)
    t=w.set(5); t2=w.set(6); print(t2.old_value,t.old_value,t.var is w, c.Token.MISSING);a(lambda:[i for i in x.items()])
    return t
tt=x.run(f); a(w.reset,tt); print(x[w], w in x, x.copy()==x, c.Context()==c.Context())
with w.set(9) as q: print(w.get(),type(q))
a(w.get); print(c.ContextVar[int], c.Token[int],type(c.Token.MISSING),w.name)
