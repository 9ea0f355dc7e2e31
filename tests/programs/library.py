import collections, functools, itertools, operator, json, re, copy, string, enum, typing, random, time, argparse
Point = collections.namedtuple("Point", "x y", defaults=[0])
p = Point(1); print(p, p._replace(y=5), p._asdict(), Point._fields, p == (1, 0))
print(collections.Counter("abracadabra").most_common(2), collections.deque([1, 2, 3], maxlen=2), collections.OrderedDict(a=1))
dd = collections.defaultdict(list); dd["k"].append(1); print(dd)
@functools.lru_cache(maxsize=None)
def fib(n): return n if n < 2 else fib(n - 1) + fib(n - 2)
print(fib(80), fib.cache_info(), functools.reduce(operator.add, range(5)), functools.partial(int, base=2)("101"))
print(list(itertools.chain([1], [2])), list(itertools.islice(itertools.count(5), 3)), list(itertools.permutations("abc", 2))[:3], list(itertools.groupby([1, 1, 2], key=lambda v: v))[0][0], list(itertools.accumulate([1, 2, 3])))
class Color(enum.Enum):
    RED = 1
    BLUE = enum.auto()
print(Color.RED, Color(2), list(Color), Color["BLUE"].value, Color.RED is Color(1))
class F(enum.Flag):
    A = enum.auto(); B = enum.auto()
print(F.A | F.B, F.A in (F.A | F.B))
print(json.dumps({"a": [1, 2.5, None, True, "é\n"]}), json.loads('{"x": [1, {"y": "\\u00e9"}], "z": -1.5e3}'), json.dumps([1, {"b": 2}], indent=2, sort_keys=True))
print(re.findall(r"\d+", "a1b22c333"), re.sub(r"(\w)(\d)", r"\2\1", "a1b2"), re.match(r"(?P<n>\w+)@(\w+)", "me@host").groupdict(), re.split(r"[,;]\s*", "a, b;c"), bool(re.fullmatch("a*", "aaa")))
x = [1, [2, 3]]; y = copy.deepcopy(x); y[1].append(4); print(x, y, copy.copy(x)[1] is x[1])
print(string.ascii_lowercase, string.Template("$a-$b").substitute(a=1, b=2), operator.itemgetter(1)([5, 6]), operator.attrgetter("x")(p))
random.seed(42); print(random.random(), random.randint(1, 100), random.choice("abc"), random.sample(range(10), 3), random.gauss(0, 1))
parser = argparse.ArgumentParser(prog="demo", description="d")
parser.add_argument("name"); parser.add_argument("--n", type=int, default=3); parser.add_argument("-v", action="store_true")
print(parser.parse_args(["bob", "--n", "5"])); print(parser.format_usage())
T = typing.TypeVar("T")
class Box(typing.Generic[T]):
    def __init__(self, v: T): self.v = v
print(Box[int](3).v, typing.Optional[int], list[int], int | None, typing.get_type_hints(Box.__init__))
class NT(typing.NamedTuple):
    a: int
    b: str = "x"
print(NT(1), NT.__annotations__)
def g[U](v: U) -> U: return v
type Alias = list[int]
print(g(3), g.__type_params__, Alias, Alias.__value__)
