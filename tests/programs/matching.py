from dataclasses import dataclass
@dataclass
class P:
    x: int
    y: int
def m(v):
    match v:
        case 0 | 1: return "small"
        case int(n) if n > 100: return f"big {n}"
        case int(): return "int"
        case "a" | "b" as s: return f"str {s}"
        case []: return "empty"
        case [x]: return f"one {x}"
        case [1, *rest, 9]: return f"ends {rest}"
        case (x, y): return f"two {x} {y}"
        case {"k": v, **rest}: return f"map {v} {rest}"
        case P(0, y=yy): return f"P0 {yy}"
        case P(x, y): return f"P {x} {y}"
        case None | True: return "const"
        case float() as f: return f"float {f}"
        case _: return "other"
for v in (0, 7, 101, "a", "c", [], [5], [1, 2, 3, 9], (1, 2), [1, 2, 3], {"k": 1, "z": 2}, {}, P(0, 4), P(1, 2), None, True, False, 1.5, object):
    print(m(v) if not isinstance(v, type) else m(v))
