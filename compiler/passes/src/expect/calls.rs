//! What calls give: of functions and classes of the program, of builtins, of methods of builtin types.

use super::nodes::{Id, Names, Source};
use super::{At, Made, Solver, small};
use dxpyc_abi::entries::Entry as E;
use dxpyc_abi::hot::Hot as H;
use dxpyc_ir::callee::Callee;
use dxpyc_ir::unit::{Const, ParamPassing};
use dxpyc_ir::{Inst, Kinds, Type};

/// Members of classes with one name that a method call is taken to reach at most.
const MAX_METHODS: usize = 12;

impl Solver {
    /// A call of a runtime entry or hot path.
    pub(super) fn call(&mut self, at: &At<'_>, inst: &Inst, callee: Callee) {
        if self.operator(at, inst, callee) {
            return;
        }
        let args = self.nodes(at, &inst.args);
        let result = inst.results.first().filter(|result| at.function.ty(**result) == Type::Obj);
        let result = result.map(|result| self.node(at, *result));
        match callee {
            Callee::Hot(hot) => self.call_hot(at, inst, hot, &args, result),
            Callee::Entry(entry) => self.call_entry(at, inst, entry, &args, result),
            Callee::TypeSymbol(_) => {}
        }
    }

    fn call_hot(&mut self, at: &At<'_>, inst: &Inst, hot: H, args: &[Id], result: Option<Id>) {
        match (hot, result) {
            (H::dxp_hot_load_global, Some(result)) => self.load_global(at, inst, result),
            (H::dxp_hot_getattr | H::dxp_hot_peek, Some(result)) => {
                let Some(name) = at.name(inst.args[1]) else { return };
                if let Names::Module(unit) = self.graph.names(args[0]) {
                    self.load_global_of(unit as usize, name, result);
                    return;
                }
                let attribute = self.attribute(name);
                self.graph.flow(Source::Node(attribute), result);
            }
            (H::dxp_hot_setattr | H::dxp_hot_addattr, None) => {
                let Some(name) = at.name(inst.args[1]) else { return };
                let attribute = self.attribute(name);
                self.graph.flow(Source::Node(args[2]), attribute);
            }
            (H::dxp_hot_load_method | H::dxp_hot_peek_method, Some(result)) => {
                let Some(name) = at.name(inst.args[1]) else { return };
                match self.graph.names(args[0]) {
                    Names::Module(unit) => self.load_global_of(unit as usize, name, result),
                    _ => self.graph.name(result, Names::Method(name)),
                }
            }
            (H::dxp_hot_getitem | H::dxp_hot_peek_item, Some(result)) => self.get_item(at, inst, args, result),
            (H::dxp_hot_setitem, None) => self.set_item(args[0], args[1], args[2]),
            (H::dxp_hot_call0 | H::dxp_hot_call1 | H::dxp_hot_call2 | H::dxp_hot_call3 | H::dxp_hot_call4, Some(result)) => {
                self.call_value(args[0], &args[1..], result);
            }
            (
                H::dxp_hot_call_bound1 | H::dxp_hot_call_bound2 | H::dxp_hot_call_bound3 | H::dxp_hot_call_bound4,
                Some(result),
            ) => self.call_method(args[0], args[1], &args[2..], result),
            (H::dxp_hot_next, Some(result)) => {
                let item = self.graph.iterated(args[0]);
                self.graph.flow(item, result);
            }
            (H::dxp_hot_unpack, _) => self.unpack(at, inst, args[0]),
            (H::dxp_hot_list_append, None) => self.add_item(args[0], Source::Node(args[1])),
            (H::dxp_hot_list_pop, Some(result)) => self.give_item(args[0], result),
            (H::dxp_hot_len | H::dxp_hot_ord | H::dxp_hot_int, Some(result)) => self.graph.widen(result, Kinds::SMALL),
            (H::dxp_hot_float | H::dxp_hot_math_sqrt | H::dxp_hot_math_sin | H::dxp_hot_math_cos, Some(result)) => {
                self.graph.widen(result, Kinds::FLOATI);
            }
            (H::dxp_hot_chr | H::dxp_hot_str, Some(result)) => self.graph.widen(result, Kinds::STR),
            (H::dxp_hot_abs, Some(result)) => self.number_of(args[0], result),
            (H::dxp_hot_min | H::dxp_hot_max, Some(result)) => {
                self.graph.flow(Source::Node(args[0]), result);
                self.graph.flow(Source::Node(args[1]), result);
            }
            _ => {}
        }
    }

    fn call_entry(&mut self, at: &At<'_>, inst: &Inst, entry: E, args: &[Id], result: Option<Id>) {
        match (entry, result) {
            (E::dxp_store_global, _) => {
                let Some(name) = at.name(inst.args[1]) else { return };
                let global = self.globals[&(at.unit_index, name)];
                self.graph.flow(Source::Node(args[2]), global);
            }
            (E::dxp_store_name, _) => {
                let Some(name) = at.name(inst.args[1]) else { return };
                self.store_member(at.code, name, args[2]);
            }
            (E::dxp_load_name, Some(result)) => {
                let Some(name) = at.name(inst.args[2]) else { return };
                match self.codes[at.code as usize].members.get(&name).copied() {
                    Some(member) => self.graph.flow(Source::Node(member), result),
                    None => self.load_global_of(at.unit_index, name, result),
                }
            }
            (E::dxp_load_build_class, Some(result)) => self.graph.name(result, Names::BuildClass),
            (E::dxp_make_function, Some(result)) => self.make_function(at, inst, args, result),
            (E::dxp_make_generator, Some(result)) => {
                for (slot, arg) in args[1..].iter().enumerate() {
                    let slot = self.slot(at.code, slot as u32);
                    self.graph.flow(Source::Node(*arg), slot);
                }
                let yields = self.codes[at.code as usize].yields;
                self.graph.widen(result, Kinds::GENERATOR);
                self.graph.share_item(result, yields);
            }
            (E::dxp_cell_new, Some(result)) => {
                self.graph.widen(result, Kinds::CELL);
                self.add_item(result, Source::Node(args[0]));
            }
            (E::dxp_iter | E::dxp_yield_from_iter, Some(result)) => {
                let item = self.graph.iterated(args[0]);
                self.graph.widen(result, Kinds::OTHER);
                self.add_item(result, item);
            }
            (E::dxp_next, Some(result)) => {
                let item = self.graph.iterated(args[0]);
                self.graph.flow(item, result);
            }
            (E::dxp_tuple, Some(result)) => {
                let items: Vec<Source> = args.iter().map(|arg| Source::Node(*arg)).collect();
                self.graph.make_tuple(result, &items);
            }
            (E::dxp_list, Some(result)) => self.container(result, Kinds::LIST, args),
            (E::dxp_set, Some(result)) => self.container(result, Kinds::SET, args),
            (E::dxp_dict, Some(result)) => {
                self.container(result, Kinds::DICT, &[]);
                for pair in args.chunks(2) {
                    self.set_item(result, pair[0], pair[1]);
                }
            }
            (E::dxp_list_append | E::dxp_set_add, _) => self.add_item(args[0], Source::Node(args[1])),
            (E::dxp_list_insert, _) => self.add_item(args[0], Source::Node(args[2])),
            (E::dxp_list_extend | E::dxp_set_update, _) => {
                let item = self.graph.iterated(args[1]);
                self.add_item(args[0], item);
            }
            (E::dxp_list_to_tuple, Some(result)) => self.copy(args[0], result, Kinds::TUPLE),
            (E::dxp_dict_set, _) => self.set_item(args[0], args[1], args[2]),
            (E::dxp_list_pop, Some(result)) => self.give_item(args[0], result),
            (E::dxp_dict_get, Some(result)) => {
                self.give_item(args[0], result);
                self.graph.flow(Source::Node(args[2]), result);
            }
            (E::dxp_getitem, Some(result)) => self.get_item(at, inst, args, result),
            (E::dxp_getslice | E::dxp_getslice_step, Some(result)) => self.slice(args[0], result),
            (E::dxp_unpack, _) => self.unpack(at, inst, args[0]),
            (E::dxp_call, Some(result)) => self.call_value(args[0], &args[1..], result),
            (E::dxp_call_bound, Some(result)) => self.call_method(args[0], args[1], &args[2..], result),
            (E::dxp_call_kw, Some(result)) => {
                let keywords = self.keywords(at, inst);
                let (names, args) = (self.graph.names(args[0]), &args[1..args.len() - 1]);
                let n_positional = args.len().saturating_sub(keywords.len());
                if let Some((code, skip)) = self.target(names) {
                    self.bind(code, skip, &args[..n_positional]);
                    self.bind_keywords(code, &keywords, &args[n_positional..]);
                    self.give_result(names, code, result);
                } else if let Names::Builtin(name) = names {
                    self.call_builtin(name, &args[..n_positional], result);
                }
            }
            (E::dxp_super_method, Some(result)) => {
                let Some(name) = at.name(inst.args[3]) else { return };
                self.graph.name(result, Names::Method(name));
            }
            (E::dxp_import, Some(result)) => {
                let Some(name) = at.name(inst.args[1]) else { return };
                let text = &self.texts.all[name as usize];
                if let Some(unit) = self.modules.get(text) {
                    self.graph.name(result, Names::Module(*unit));
                }
            }
            (E::dxp_import_from, Some(result)) => {
                let Some(name) = at.name(inst.args[1]) else { return };
                if let Names::Module(unit) = self.graph.names(args[0]) {
                    self.load_global_of(unit as usize, name, result);
                }
            }
            (_, Some(result)) => {
                let kinds = at.function.kinds(inst.results[0]);
                if kinds.0.count_ones() <= 2 {
                    self.graph.widen(result, small(kinds));
                }
            }
            _ => {}
        }
    }

    fn load_global(&mut self, at: &At<'_>, inst: &Inst, result: Id) {
        if let Some(name) = at.name(inst.args[1]) {
            self.load_global_of(at.unit_index, name, result);
        }
    }

    fn load_global_of(&mut self, unit: usize, name: u32, result: Id) {
        match self.globals.get(&(unit, name)) {
            Some(global) => self.graph.flow(Source::Node(*global), result),
            None => self.graph.name(result, Names::Builtin(name)),
        }
    }

    /// A name of a class (or of another scope with a namespace).
    fn store_member(&mut self, code: u32, name: u32, value: Id) {
        let members = &mut self.codes[code as usize].members;
        let member = match members.get(&name) {
            Some(member) => *member,
            None => {
                let member = self.graph.add();
                members.insert(name, member);
                self.members.entry(name).or_default().push(member);
                member
            }
        };
        self.graph.flow(Source::Node(value), member);
        let attribute = self.attribute(name);
        self.graph.flow(Source::Node(value), attribute);
    }

    fn make_function(&mut self, at: &At<'_>, inst: &Inst, args: &[Id], result: Id) {
        let Made::Code(code) = at.made[inst.args[0].index()] else { return };
        let code = self.units[at.unit_index].first_code + code;
        self.graph.widen(result, Kinds::FUNCTION);
        self.graph.name(result, Names::Function(code));
        // code, creator, defaults, kwdefaults, cells…, annotate
        for (index, cell) in args[4..args.len() - 1].iter().enumerate() {
            let own = self.cell(code, index as u32);
            self.graph.flow(Source::Node(*cell), own);
        }
        let Some(n_defaults) = self.graph.tuple_len(args[2]) else { return };
        let positional = |passing: ParamPassing| {
            matches!(passing, ParamPassing::Positional | ParamPassing::PositionalOnly)
        };
        let params: Vec<Id> = self.codes[code as usize]
            .params
            .iter()
            .filter(|(_, _, passing)| positional(*passing))
            .map(|(node, _, _)| *node)
            .collect();
        let first = params.len().saturating_sub(n_defaults);
        for (index, param) in params[first..].iter().enumerate() {
            if let Some(default) = self.graph.position(args[2], index, n_defaults) {
                self.graph.flow(Source::Node(default), *param);
            }
        }
    }

    /// A call of whatever a variable names.
    fn call_value(&mut self, callee: Id, args: &[Id], result: Id) {
        let names = self.graph.names(callee);
        match names {
            Names::BuildClass => self.build_class(args, result),
            Names::Builtin(name) => self.call_builtin(name, args, result),
            _ => {
                if let Some((code, skip)) = self.target(names) {
                    self.bind(code, skip, args);
                    self.give_result(names, code, result);
                } else if let Names::Class(_) = names {
                    self.graph.widen(result, Kinds::OTHER);
                }
            }
        }
    }

    /// The function that a call runs, and how many of its parameters are not among the arguments.
    fn target(&mut self, names: Names) -> Option<(u32, usize)> {
        match names {
            Names::Function(code) => Some((code, 0)),
            Names::Class(class) => {
                let init = self.texts.id("__init__");
                match self.member(class, init, 8).map(|member| self.graph.names(member)) {
                    Some(Names::Function(code)) => Some((code, 1)),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    fn give_result(&mut self, names: Names, code: u32, result: Id) {
        match names {
            Names::Class(_) => self.graph.widen(result, Kinds::OTHER),
            _ => {
                let given = self.codes[code as usize].result;
                self.graph.flow(Source::Node(given), result);
            }
        }
    }

    /// A member of a class or of its bases.
    fn member(&mut self, class: u32, name: u32, depth: usize) -> Option<Id> {
        if let Some(member) = self.codes[class as usize].members.get(&name) {
            return Some(*member);
        }
        if depth == 0 {
            return None;
        }
        for base in self.codes[class as usize].bases.clone() {
            if let Names::Class(base) = self.graph.names(base)
                && let Some(member) = self.member(base, name, depth - 1)
            {
                return Some(member);
            }
        }
        None
    }

    fn build_class(&mut self, args: &[Id], result: Id) {
        let Some(Names::Function(class)) = args.first().map(|body| self.graph.names(*body)) else { return };
        self.graph.widen(result, Kinds::OTHER);
        self.graph.name(result, Names::Class(class));
        self.codes[class as usize].bases = args.get(2..).unwrap_or_default().to_vec();
    }

    pub(super) fn call_function(&mut self, code: u32, args: &[Id], result: Id) {
        self.bind(code, 0, args);
        let given = self.codes[code as usize].result;
        self.graph.flow(Source::Node(given), result);
    }

    /// Passes positional arguments to parameters, from number `skip`.
    fn bind(&mut self, code: u32, skip: usize, args: &[Id]) {
        let params = self.codes[code as usize].params.clone();
        let mut args = args.iter();
        for (node, _, passing) in params.iter().skip(skip) {
            match passing {
                ParamPassing::Positional | ParamPassing::PositionalOnly => {
                    if let Some(arg) = args.next() {
                        self.graph.flow(Source::Node(*arg), *node);
                    }
                }
                ParamPassing::VarArgs => {
                    self.graph.widen(*node, Kinds::TUPLE);
                    for arg in args.by_ref() {
                        self.add_item(*node, Source::Node(*arg));
                    }
                }
                ParamPassing::KeywordOnly | ParamPassing::VarKeywords => {}
            }
        }
    }

    fn bind_keywords(&mut self, code: u32, keywords: &[u32], args: &[Id]) {
        let params = self.codes[code as usize].params.clone();
        for (keyword, arg) in keywords.iter().zip(args) {
            if let Some((node, ..)) = params.iter().find(|(_, name, _)| name == keyword) {
                self.graph.flow(Source::Node(*arg), *node);
            }
        }
    }

    /// The keywords of a call: its last operand is a constant tuple of them.
    fn keywords(&mut self, at: &At<'_>, inst: &Inst) -> Vec<u32> {
        let Some(Made::Const(index)) = inst.args.last().map(|arg| at.made[arg.index()]) else { return Vec::new() };
        let Const::Tuple(items) = &at.unit.consts[index as usize] else { return Vec::new() };
        let texts = items.iter().filter_map(|item| match &at.unit.consts[*item as usize] {
            Const::Str(bytes) => std::str::from_utf8(bytes).ok(),
            _ => None,
        });
        texts.map(|text| self.texts.id(text)).collect()
    }

    /// A call of what a look-up of a method gave.
    fn call_method(&mut self, callee: Id, receiver: Id, args: &[Id], result: Id) {
        let Names::Method(name) = self.graph.names(callee) else {
            return self.call_value(callee, args, result);
        };
        let members = self.members.get(&name).cloned().unwrap_or_default();
        if members.len() <= MAX_METHODS {
            for member in members {
                if let Names::Function(code) = self.graph.names(member) {
                    let all: Vec<Id> = std::iter::once(receiver).chain(args.iter().copied()).collect();
                    self.call_function(code, &all, result);
                }
            }
        }
        self.builtin_method(name, receiver, args, result);
    }

    /// A method of a builtin type, when the receiver may be one.
    fn builtin_method(&mut self, name: u32, receiver: Id, args: &[Id], result: Id) {
        let kinds = self.graph.kinds(receiver);
        let name = self.texts.all[name as usize].clone();
        if kinds.meets(Kinds::STR | Kinds::BYTES) {
            let text = kinds & (Kinds::STR | Kinds::BYTES);
            match name.as_str() {
                "find" | "index" | "rfind" | "rindex" | "count" => self.graph.widen(result, Kinds::SMALL),
                "split" | "rsplit" | "splitlines" => {
                    self.graph.widen(result, Kinds::LIST);
                    self.add_item(result, Source::Kinds(text));
                }
                "partition" | "rpartition" => {
                    let part = Source::Kinds(text);
                    self.graph.make_tuple(result, &[part, part, part]);
                }
                "encode" => self.graph.widen(result, Kinds::BYTES),
                "decode" | "hex" => self.graph.widen(result, Kinds::STR),
                "join" | "strip" | "lstrip" | "rstrip" | "lower" | "upper" | "replace" | "title" | "capitalize" | "format"
                | "ljust" | "rjust" | "center" | "zfill" | "translate" | "removeprefix" | "removesuffix" | "swapcase"
                | "expandtabs" | "casefold" => self.graph.widen(result, text),
                _ => {}
            }
            return;
        }
        let dict = kinds.meets(Kinds::DICT) || !kinds.meets(Kinds::LIST | Kinds::SET | Kinds::TUPLE);
        match (name.as_str(), args) {
            ("append" | "appendleft" | "add", [item]) => self.add_item(receiver, Source::Node(*item)),
            ("insert", [_, item]) => self.add_item(receiver, Source::Node(*item)),
            ("extend" | "update", [items]) if !kinds.meets(Kinds::DICT) => {
                let item = self.graph.iterated(*items);
                self.add_item(receiver, item);
            }
            ("index" | "count" | "bit_length" | "bit_count", _) => self.graph.widen(result, Kinds::SMALL),
            ("copy", []) => self.graph.flow(Source::Node(receiver), result),
            ("get", [_, rest @ ..]) if dict => {
                self.give_item(receiver, result);
                for default in rest {
                    self.graph.flow(Source::Node(*default), result);
                }
            }
            ("setdefault", [key, default]) => {
                self.set_item(receiver, *key, *default);
                self.give_item(receiver, result);
            }
            ("pop" | "popleft", _) => self.give_item(receiver, result),
            ("values", []) if dict => {
                let item = self.graph.item(receiver);
                self.graph.widen(result, Kinds::OTHER);
                self.graph.share_item(result, item);
            }
            ("keys", []) if dict => {
                let key = self.graph.key(receiver);
                self.graph.widen(result, Kinds::OTHER);
                self.graph.share_item(result, key);
            }
            ("items", []) if dict => {
                let (key, value) = (self.graph.key(receiver), self.graph.item(receiver));
                self.graph.widen(result, Kinds::OTHER);
                let pair = self.graph.item(result);
                self.graph.make_tuple(pair, &[Source::Node(key), Source::Node(value)]);
            }
            _ => {}
        }
    }

    fn call_builtin(&mut self, name: u32, args: &[Id], result: Id) {
        let name = self.texts.all[name as usize].clone();
        match (name.as_str(), args) {
            ("range", _) => self.graph.widen(result, Kinds::RANGE),
            ("len" | "int" | "ord" | "hash" | "id" | "round", [_]) | ("int", [_, _]) => {
                self.graph.widen(result, Kinds::SMALL);
            }
            ("float", _) | ("round", [_, _]) => self.graph.widen(result, Kinds::FLOATI),
            ("str" | "repr" | "chr" | "input" | "hex" | "bin" | "oct" | "ascii" | "format", _) => {
                self.graph.widen(result, Kinds::STR);
            }
            ("bool" | "isinstance" | "issubclass" | "callable" | "hasattr" | "any" | "all", _) => {
                self.graph.widen(result, Kinds::BOOL);
            }
            ("bytes", _) => self.graph.widen(result, Kinds::BYTES),
            ("bytearray", _) => {
                self.graph.widen(result, Kinds::OTHER);
                self.add_item(result, Source::Kinds(Kinds::SMALL));
            }
            ("list" | "sorted", []) => self.container(result, Kinds::LIST, &[]),
            ("list" | "sorted", [from, ..]) => self.copy(*from, result, Kinds::LIST),
            ("tuple", [from]) => self.copy(*from, result, Kinds::TUPLE),
            ("set", [from]) => self.copy(*from, result, Kinds::SET),
            ("set", []) => self.container(result, Kinds::SET, &[]),
            ("frozenset" | "reversed" | "iter", [from]) => self.copy(*from, result, Kinds::OTHER),
            ("dict", []) => self.container(result, Kinds::DICT, &[]),
            ("next" | "sum" | "min" | "max", [from]) => {
                let item = self.graph.iterated(*from);
                self.graph.flow(item, result);
            }
            ("min" | "max", _) => {
                for arg in args {
                    self.graph.flow(Source::Node(*arg), result);
                }
            }
            ("abs", [from]) => self.number_of(*from, result),
            ("divmod", [a, _]) => {
                let kinds = self.graph.kinds(*a) & (Kinds::SMALL | Kinds::FLOAT);
                self.graph.make_tuple(result, &[Source::Kinds(kinds), Source::Kinds(kinds)]);
            }
            ("enumerate", [from, ..]) => {
                let item = self.graph.iterated(*from);
                self.graph.widen(result, Kinds::OTHER);
                let pair = self.graph.item(result);
                self.graph.make_tuple(pair, &[Source::Kinds(Kinds::SMALL), item]);
            }
            ("zip", _) => {
                let items: Vec<Source> = args.iter().map(|arg| self.graph.iterated(*arg)).collect();
                self.graph.widen(result, Kinds::OTHER);
                let tuple = self.graph.item(result);
                self.graph.make_tuple(tuple, &items);
            }
            _ => {}
        }
    }

    fn number_of(&mut self, from: Id, result: Id) {
        let kinds = self.graph.kinds(from);
        self.graph.widen(result, if kinds.is(Kinds::SMALL | Kinds::BIG | Kinds::BOOL) { Kinds::SMALL } else { kinds & Kinds::FLOAT });
    }

    fn container(&mut self, result: Id, kinds: Kinds, items: &[Id]) {
        self.graph.widen(result, kinds);
        let item = self.graph.item(result);
        for from in items {
            self.graph.flow(Source::Node(*from), item);
        }
    }

    /// A new container of what another gives.
    fn copy(&mut self, from: Id, result: Id, kinds: Kinds) {
        self.graph.widen(result, kinds);
        let item = self.graph.iterated(from);
        self.add_item(result, item);
    }

    fn add_item(&mut self, container: Id, item: Source) {
        let own = self.graph.item(container);
        self.graph.flow(item, own);
    }

    fn give_item(&mut self, container: Id, result: Id) {
        let item = self.graph.item(container);
        self.graph.flow(Source::Node(item), result);
    }

    fn set_item(&mut self, container: Id, key: Id, value: Id) {
        self.add_item(container, Source::Node(value));
        let kinds = self.graph.kinds(container);
        if !kinds.is(Kinds::LIST) {
            let own = self.graph.key(container);
            self.graph.flow(Source::Node(key), own);
        }
    }

    /// `container[start:stop]`: the same kind with the same items.
    fn slice(&mut self, from: Id, result: Id) {
        let kinds = self.graph.kinds(from);
        self.graph.widen(result, kinds);
        if kinds.meets(Kinds::LIST | Kinds::TUPLE | Kinds::OTHER) {
            self.copy(from, result, Kinds::NEVER);
        }
    }

    fn get_item(&mut self, at: &At<'_>, inst: &Inst, args: &[Id], result: Id) {
        let (kinds, key) = (self.graph.kinds(args[0]), self.graph.kinds(args[1]));
        if key.is(Kinds::SLICE) {
            return self.slice(args[0], result);
        }
        if kinds.is(Kinds::STR) {
            return self.graph.widen(result, Kinds::STR);
        }
        if kinds.is(Kinds::BYTES | Kinds::RANGE) {
            return self.graph.widen(result, Kinds::SMALL);
        }
        if let (Some(index), Some(len)) = (at.int(inst.args[1]), self.graph.tuple_len(args[0]))
            && kinds.is(Kinds::TUPLE)
        {
            let index = if index < 0 { index + len as i64 } else { index };
            if let Some(position) = self.graph.position(args[0], index as usize, len) {
                return self.graph.flow(Source::Node(position), result);
            }
        }
        if kinds != Kinds::NEVER {
            self.give_item(args[0], result);
        }
    }

    fn unpack(&mut self, at: &At<'_>, inst: &Inst, from: Id) {
        let len = inst.results.len();
        for (index, result) in inst.results.iter().enumerate() {
            let result = self.node(at, *result);
            let source = match self.graph.position(from, index, len) {
                Some(position) => Source::Node(position),
                None => self.graph.iterated(from),
            };
            self.graph.flow(source, result);
        }
    }
}
