# Inheritance, C3, metaclasses, descriptors, slots, properties, super, operators, __getattr__, class bodies.
class Base:
    kind = "base"
    def __init__(self, x): self.x = x
    def show(self): return f"{type(self).__name__}({self.x})"
    def __repr__(self): return "<" + self.show() + ">"
    @classmethod
    def make(cls, x): return cls(x)
    @staticmethod
    def twice(x): return 2 * x
    @property
    def half(self): return self.x / 2
    @half.setter
    def half(self, v): self.x = v * 2
class Left(Base):
    def show(self): return "L" + super().show()
class Right(Base):
    def show(self): return "R" + super().show()
class Both(Left, Right): pass
b = Both.make(4)
print(b, Both.__mro__, b.half, Base.twice(3))
b.half = 10
print(b.x, b.__dict__, Both.kind, hasattr(b, "nope"), getattr(b, "nope", "default"))
try:
    b.nope
except AttributeError as e:
    print(e)
try:
    class Bad(Base, Both): pass
except TypeError as e:
    print(e)
class Meta(type):
    def __new__(m, name, bases, ns, **kw):
        cls = super().__new__(m, name, bases, ns)
        cls.tag = kw.get("tag", "none")
        return cls
    def __init__(cls, name, bases, ns, **kw): super().__init__(name, bases, ns)
    def __call__(cls, *a):
        print("making", cls.__name__)
        return super().__call__(*a)
class WithMeta(metaclass=Meta, tag="yes"):
    def __init__(self, v=0): self.v = v
print(WithMeta(3).v, WithMeta.tag, type(WithMeta))
class D:
    def __set_name__(self, owner, name): self.name = name
    def __get__(self, obj, owner): return self if obj is None else obj.__dict__.get(self.name, "unset")
    def __set__(self, obj, v): obj.__dict__[self.name] = v * 10
class Uses:
    d = D()
u = Uses()
print(u.d); u.d = 4; print(u.d, u.__dict__)
class S:
    __slots__ = ("a", "b")
s = S(); s.a = 1
print(s.a, hasattr(s, "b"), hasattr(s, "__dict__"))
try:
    s.c = 1
except AttributeError as e:
    print(e)
class V:
    def __init__(self, x): self.x = x
    def __add__(self, o): return V(self.x + (o.x if isinstance(o, V) else o))
    __radd__ = __add__
    def __eq__(self, o): return isinstance(o, V) and self.x == o.x
    def __hash__(self): return hash(self.x)
    def __lt__(self, o): return self.x < o.x
    def __getitem__(self, i): return self.x * i
    def __len__(self): return 3
    def __contains__(self, i): return i == self.x
    def __call__(self, *a): return a
    def __bool__(self): return self.x != 0
    def __iter__(self): return iter([self.x] * 2)
    def __getattr__(self, n): return "dyn_" + n
print((V(1) + V(2)).x, (5 + V(1)).x, V(1) == V(1), V(1) != V(2), V(1) < V(2), V(3)[4], len(V(0)), 7 in V(7), V(1)(2, 3), bool(V(0)), list(V(9)), V(1).foo)
try:
    V(1) > 3
except (TypeError, AttributeError) as e:
    print(type(e).__name__)
try:
    object() + 1
except TypeError as e:
    print(e)
class Sub:
    def __init_subclass__(cls, /, flag=None, **kw): super().__init_subclass__(**kw); print("subclass", cls.__name__, flag)
class Child(Sub, flag=3): pass
class L(list):
    def total(self): return sum(self)
l = L([1, 2, 3]); l.append(4); l.name = "n"
print(l, l.total(), l.name, isinstance(l, list), l + [5])
class Fin:
    def __del__(self): print("del")
f = Fin(); f = None
print("after")
