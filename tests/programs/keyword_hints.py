"""Keywords that builtin functions do not know, with the nearest that they know; names of what is not bound."""


def f():
    print(x)
    x = 1


def g():
    def h():
        return y

    h()
    y = 1


for function in [f, g]:
    try:
        function()
    except NameError as error:
        print(type(error), error.name, error)

CALLS = [
    lambda: sorted([1], revers=True),
    lambda: int("1", bas=2),
    lambda: print(1, ens=""),
    lambda: [].sort(ky=1),
    lambda: "a".split(sp=1),
    lambda: open("x", mod="r"),
    lambda: {}.get(k=1),
    lambda: "a".encode(encodin="x"),
    lambda: sum([1], strt=1),
    lambda: enumerate([1], strat=1),
    lambda: max([1], ky=1),
    lambda: zip([1], stric=1),
    lambda: str(objec=1),
    lambda: bytes(sourc=1),
    lambda: complex(rel=1),
    lambda: property(fgt=1),
    lambda: ImportError(nme=1),
    lambda: f(zz=1),
    lambda: print(1, nothing_like_it=2),
    lambda: round(1, nd=1),
    lambda: pow(1, 2, md=1),
]
for call in CALLS:
    try:
        call()
    except TypeError as error:
        print(error)
