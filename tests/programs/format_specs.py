# Braces and odd characters in format specifications.
class F:
    def __init__(self, name): self.name = name
    def __format__(self, spec): return f"[{self.name} {ascii(spec)}]"

x, y, z = F("x"), F("y"), F("z")
w, a, b = ">", 2, 3
print(f'{x:{w}{{a}}}', rf'{x:{w}a{{}}}', f'é{x:{w}{{a}}}{y:{{b}}}', f'{x:{w}{ {a}}}', f'{x:{f'{z:1}'}{{a}}}')
print(f'{x:{w}{{}}}', f'{x:{{a: b}[a]}}', f'{x:{ {a}}}', f'''{x:{w}{{
}''', f'{x:{w:}{{é}')
print(t'{a:{w}{{literal}}}', t'{a!r:{w}b{{}}}'.interpolations[0].format_spec)
print(f'{x:{w}\ud800{{\udfff}', f'{x:\ud800}', rf'{x:\ud800�}', ascii(f'\ud800{{{a:{b}}'), t'{a:\ud800}'.interpolations[0].format_spec == '\ud800')
