//! The nodes of the evidence graph: what kinds of values a variable is seen to get, what its items are, which function or class it names.
//!
//! Kinds flow in one direction; the items of containers are shared by all variables that a container flows through (as in Steensgaard's points-to
//! analysis: almost linear), so that what one alias stores another sees.

use dxpyc_ir::Kinds;

/// A node.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Id(u32);

const NONE: Id = Id(u32::MAX);

/// What a variable names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Names {
    Nothing,
    /// A function of the program, by its number.
    Function(u32),
    /// A class of the program, by the number of its body.
    Class(u32),
    /// A unit.
    Module(u32),
    /// What a look-up of a method by this name gave.
    Method(u32),
    /// A builtin, by name.
    Builtin(u32),
    /// The builtin that makes classes.
    BuildClass,
    /// Different things.
    Several,
}

/// Where kinds come from: a node, or kinds alone.
#[derive(Clone, Copy, Debug)]
pub enum Source {
    Node(Id),
    Kinds(Kinds),
}

#[derive(Clone)]
struct Node {
    kinds: Kinds,
    names: Names,
    /// Items of a container or iterable, values of a dict.
    item: Id,
    /// Keys of a dict.
    key: Id,
    /// Items of tuples of one length, by position.
    tuple: Tuple,
}

#[derive(Clone, Copy, PartialEq)]
enum Tuple {
    Nothing,
    /// First position in `Graph::positions`, length.
    Positions(u32, u32),
    /// Tuples of different lengths.
    Several,
}

/// All nodes.
#[derive(Default)]
pub struct Graph {
    nodes: Vec<Node>,
    /// Union-find: nodes that became one.
    parents: Vec<Id>,
    positions: Vec<Id>,
    /// Whether anything changed since this was set to false.
    pub changed: bool,
}

impl Graph {
    /// A new node without evidence.
    pub fn add(&mut self) -> Id {
        let id = Id(self.nodes.len() as u32);
        self.nodes.push(Node { kinds: Kinds::NEVER, names: Names::Nothing, item: NONE, key: NONE, tuple: Tuple::Nothing });
        self.parents.push(id);
        id
    }

    /// `n` new nodes, one after the other; the first.
    pub fn add_many(&mut self, n: usize) -> u32 {
        let first = self.nodes.len() as u32;
        for _ in 0..n {
            self.add();
        }
        first
    }

    /// The node at a place of [`Graph::add_many`].
    pub fn at(&self, index: u32) -> Id {
        Id(index)
    }

    fn find(&mut self, id: Id) -> Id {
        let mut root = id;
        while self.parents[root.0 as usize] != root {
            root = self.parents[root.0 as usize];
        }
        let mut at = id;
        while at != root {
            at = std::mem::replace(&mut self.parents[at.0 as usize], root);
        }
        root
    }

    fn node(&mut self, id: Id) -> &mut Node {
        let id = self.find(id);
        &mut self.nodes[id.0 as usize]
    }

    /// Kinds seen.
    pub fn kinds(&mut self, id: Id) -> Kinds {
        self.node(id).kinds
    }

    /// What it names.
    pub fn names(&mut self, id: Id) -> Names {
        self.node(id).names
    }

    /// Says that it names something.
    pub fn name(&mut self, id: Id, names: Names) {
        let node = self.node(id);
        let joined = match (node.names, names) {
            (old, Names::Nothing) => old,
            (Names::Nothing, new) => new,
            (old, new) if old == new => old,
            _ => Names::Several,
        };
        if joined != node.names {
            node.names = joined;
            self.changed = true;
        }
    }

    /// Adds kinds.
    pub fn widen(&mut self, id: Id, kinds: Kinds) {
        let kinds = kinds.without(Kinds::MISSING | Kinds::SPECIAL);
        let node = self.node(id);
        if !kinds.within(node.kinds) {
            node.kinds = node.kinds | kinds;
            self.changed = true;
        }
    }

    /// The node of its items, made if need be. The items of a tuple come together here only when somebody asks: before, they are separate.
    pub fn item(&mut self, id: Id) -> Id {
        if self.node(id).item == NONE {
            let item = self.add();
            self.node(id).item = item;
            self.changed = true;
        }
        if let Tuple::Positions(first, n) = self.node(id).tuple {
            self.mix(id, first, n);
        }
        self.node(id).item
    }

    /// Lets the positions of a tuple flow into the node of its items.
    fn mix(&mut self, id: Id, first: u32, n: u32) {
        for index in first..first + n {
            let item = self.node(id).item;
            let position = self.positions[index as usize];
            self.flow(Source::Node(position), item);
        }
    }

    /// The node of its keys, made if need be.
    pub fn key(&mut self, id: Id) -> Id {
        if self.node(id).key == NONE {
            let key = self.add();
            self.node(id).key = key;
            self.changed = true;
        }
        self.node(id).key
    }

    /// Makes `other` the items of `id` as well.
    pub fn share_item(&mut self, id: Id, other: Id) {
        let old = self.node(id).item;
        if old == NONE {
            self.node(id).item = other;
            self.changed = true;
        } else {
            self.unify(old, other);
        }
    }

    /// Says that it is a tuple of these.
    pub fn make_tuple(&mut self, id: Id, items: &[Source]) {
        self.widen(id, Kinds::TUPLE);
        if self.node(id).tuple == Tuple::Nothing {
            let first = self.positions.len() as u32;
            for _ in items {
                let position = self.add();
                self.positions.push(position);
            }
            self.node(id).tuple = Tuple::Positions(first, items.len() as u32);
        }
        for (index, source) in items.iter().enumerate() {
            match self.position(id, index, items.len()) {
                Some(position) => self.flow(*source, position),
                None => {
                    let item = self.item(id);
                    self.flow(*source, item);
                }
            }
        }
    }

    /// The node of one item of tuples of that length.
    pub fn position(&mut self, id: Id, index: usize, len: usize) -> Option<Id> {
        match self.node(id).tuple {
            Tuple::Positions(first, n) if n as usize == len && index < len => Some(self.positions[first as usize + index]),
            _ => None,
        }
    }

    /// The length of the tuples, when it is one.
    pub fn tuple_len(&mut self, id: Id) -> Option<usize> {
        match self.node(id).tuple {
            Tuple::Positions(_, n) => Some(n as usize),
            _ => None,
        }
    }

    /// What iteration gives.
    pub fn iterated(&mut self, id: Id) -> Source {
        let kinds = self.kinds(id);
        if kinds.is(Kinds::STR) {
            Source::Kinds(Kinds::STR)
        } else if kinds.is(Kinds::BYTES | Kinds::RANGE) {
            Source::Kinds(Kinds::SMALL)
        } else if kinds.is(Kinds::DICT) {
            Source::Node(self.key(id))
        } else if kinds == Kinds::NEVER {
            Source::Kinds(Kinds::NEVER)
        } else {
            Source::Node(self.item(id))
        }
    }

    /// What one variable gets another gets too.
    pub fn flow(&mut self, from: Source, to: Id) {
        let from = match from {
            Source::Kinds(kinds) => return self.widen(to, kinds),
            Source::Node(from) => self.find(from),
        };
        let to = self.find(to);
        if from == to {
            return;
        }
        let Node { kinds, names, item, key, tuple } = self.nodes[from.0 as usize].clone();
        self.widen(to, kinds);
        self.name(to, names);
        let holds = Kinds::LIST | Kinds::TUPLE | Kinds::DICT | Kinds::SET | Kinds::OTHER | Kinds::GENERATOR | Kinds::CELL;
        if item != NONE {
            self.share_item(to, item);
        } else if kinds.meets(holds) && self.node(to).item != NONE {
            let item = self.node(to).item;
            self.node(from).item = item;
            self.changed = true;
        }
        if key != NONE {
            let old = self.node(to).key;
            if old == NONE {
                self.node(to).key = key;
                self.changed = true;
            } else {
                self.unify(old, key);
            }
        }
        self.join_tuples(to, tuple);
    }

    fn join_tuples(&mut self, to: Id, tuple: Tuple) {
        let old = self.node(to).tuple;
        match (old, tuple) {
            (_, Tuple::Nothing) | (Tuple::Several, Tuple::Several) => {}
            (Tuple::Several, Tuple::Positions(first, n)) => {
                self.item(to);
                self.mix(to, first, n);
            }
            (Tuple::Nothing, _) => {
                self.node(to).tuple = tuple;
                self.changed = true;
            }
            (Tuple::Positions(a, n), Tuple::Positions(b, m)) if n == m => {
                for index in 0..n as usize {
                    let (a, b) = (self.positions[a as usize + index], self.positions[b as usize + index]);
                    self.unify(a, b);
                }
            }
            (Tuple::Positions(..), _) => {
                self.item(to);
                self.node(to).tuple = Tuple::Several;
                self.changed = true;
                self.join_tuples(to, tuple);
            }
        }
    }

    /// Makes two nodes one.
    pub fn unify(&mut self, a: Id, b: Id) {
        let (a, b) = (self.find(a), self.find(b));
        if a == b {
            return;
        }
        self.parents[b.0 as usize] = a;
        self.changed = true;
        let Node { kinds, names, item, key, tuple } = self.nodes[b.0 as usize].clone();
        self.widen(a, kinds);
        self.name(a, names);
        if item != NONE {
            self.share_item(a, item);
        }
        if key != NONE {
            let own = self.key(a);
            self.unify(own, key);
        }
        self.join_tuples(a, tuple);
    }
}
