//! Shapes: which attribute stands in which slot of an instance. Each class has its own tree of shapes, grown by the order in which
//! attributes are first stored. An instance whose `__dict__` was asked for, or that grows odd, goes over to a real dict.

use crate::prelude::*;
use dxpyc_abi::{InstanceDict, Shape};
use dxpyc_heap::owned::{decref, incref};

/// One node of a class's tree of shapes.
#[repr(C)]
pub struct ShapeNode {
    /// What compiled code sees.
    pub abi: Shape,
    /// Names of the slots (owned).
    names: Vec<Value>,
    /// Their hashes.
    hashes: Vec<i64>,
    /// Next shapes, found by the added (last) name.
    children: UnsafeCell<Vec<*const ShapeNode>>,
    /// Open-addressing table of `index + 1`, for shapes of more than [`LINEAR_MAX`] names; empty otherwise.
    table: Vec<u16>,
}

/// In place of a shape: the instance's attributes are in a real dict, whose value word stands in `values`.
pub static DICT_SHAPE: Shape = Shape { id: 0, len: 0 };

const LINEAR_MAX: usize = 10;
/// Attributes of one instance beyond which a dict is used.
const NAMES_MAX: usize = 250;
/// Shapes of one class beyond which its odd instances use dicts.
const SHAPES_MAX: u32 = 4000;

struct NextId(Cell<u64>);
// SAFETY: single-threaded (ARCHITECTURE.md).
unsafe impl Sync for NextId {}
static NEXT_ID: NextId = NextId(Cell::new(1));

fn new_node(names: Vec<Value>, hashes: Vec<i64>) -> *const ShapeNode {
    let id = NEXT_ID.0.get();
    NEXT_ID.0.set(id + 1);
    for &n in &names {
        incref(n);
    }
    let mut table = Vec::new();
    if names.len() > LINEAR_MAX {
        let size = (names.len() * 2).next_power_of_two();
        table = vec![0u16; size];
        for (i, h) in hashes.iter().enumerate() {
            let mut at = *h as usize & (size - 1);
            while table[at] != 0 {
                at = (at + 1) & (size - 1);
            }
            table[at] = i as u16 + 1;
        }
    }
    let len = names.len();
    Box::into_raw(Box::new(ShapeNode { abi: Shape { id, len }, names, hashes, children: UnsafeCell::new(Vec::new()), table }))
}

/// Whether two str values are the same name.
#[inline]
pub fn same_name(a: Value, b: Value) -> bool {
    a == b || crate::str::eq(a, b)
}

impl ShapeNode {
    /// Number of attributes.
    #[inline]
    pub fn len(&self) -> usize {
        self.names.len()
    }
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }
    /// The names in order.
    pub fn names(&self) -> &[Value] {
        &self.names
    }
    /// The slot of a name.
    #[inline]
    pub fn find(&self, name: Value) -> Option<usize> {
        if self.table.is_empty() {
            if let Some(i) = self.names.iter().position(|&n| n == name) {
                return Some(i);
            }
            if self.names.is_empty() {
                return None;
            }
        }
        self.find_by_hash(name, crate::str::hash(name))
    }
    fn find_by_hash(&self, name: Value, hash: i64) -> Option<usize> {
        if self.table.is_empty() {
            return (0..self.names.len()).find(|&i| self.hashes[i] == hash && same_name(self.names[i], name));
        }
        let mask = self.table.len() - 1;
        let mut at = hash as usize & mask;
        loop {
            match self.table[at] {
                0 => return None,
                i => {
                    let i = i as usize - 1;
                    if self.hashes[i] == hash && same_name(self.names[i], name) {
                        return Some(i);
                    }
                }
            }
            at = (at + 1) & mask;
        }
    }
    /// The shape with one more name; None when the class has too many shapes.
    fn with(&self, class: &'static Type, name: Value) -> Option<*const ShapeNode> {
        // SAFETY: children are only touched here, and no reference outlives this function.
        let children = unsafe { &mut *self.children.get() };
        for &child in children.iter() {
            // SAFETY: children live as long as their parent.
            let last = unsafe { *(&(*child).names).last().unwrap() };
            if same_name(last, name) {
                return Some(child);
            }
        }
        let n = class.n_shapes.get();
        if n >= SHAPES_MAX || self.names.len() >= NAMES_MAX {
            return None;
        }
        class.n_shapes.set(n + 1);
        let mut names = self.names.clone();
        names.push(name);
        let mut hashes = self.hashes.clone();
        hashes.push(crate::str::hash(name));
        let child = new_node(names, hashes);
        children.push(child);
        Some(child)
    }
}

fn root(class: &'static Type) -> &'static ShapeNode {
    let mut p = class.root_shape.get() as *const ShapeNode;
    if p.is_null() {
        p = new_node(Vec::new(), Vec::new());
        class.root_shape.set(p as *const Shape);
    }
    // SAFETY: nodes live as long as the class.
    unsafe { &*p }
}

/// Frees the tree of a class that dies.
pub fn free_tree(class: &Type) {
    fn free(p: *const ShapeNode) {
        // SAFETY: the class is dead: no instance refers to its shapes.
        let mut node = unsafe { Box::from_raw(p as *mut ShapeNode) };
        for child in node.children.get_mut().drain(..) {
            free(child);
        }
        for &n in &node.names {
            decref(n);
        }
    }
    let p = class.root_shape.replace(std::ptr::null());
    if !p.is_null() {
        free(p as *const ShapeNode);
    }
}

/// The node behind a shape pointer that is neither null nor DICT_SHAPE.
#[inline(always)]
pub fn node(shape: *const Shape) -> &'static ShapeNode {
    // SAFETY: shape words of live instances point to nodes of their class.
    unsafe { &*(shape as *const ShapeNode) }
}

/// Whether the attributes are in a real dict.
#[inline(always)]
pub fn is_dict_mode(shape: *const Shape) -> bool {
    std::ptr::eq(shape, &DICT_SHAPE)
}

/// Where the `InstanceDict` of an object is; None when its type has none.
#[inline(always)]
pub fn of(object: Value) -> Option<&'static InstanceDict> {
    if !object.is_pointer() {
        return None;
    }
    let class = type_of(object);
    let offset = class.prefix.dict_offset.get();
    if offset > 0 {
        // SAFETY: the type says that an InstanceDict stands there.
        return Some(unsafe { &*((object.address() + offset as usize) as *const InstanceDict) });
    }
    if offset == 0 { None } else { Some(of_variable(object, class)) }
}

#[cold]
fn of_variable(object: Value, class: &'static Type) -> &'static InstanceDict {
    let added = added_part(object, class) + class.added_dict.get() as usize;
    // SAFETY: as in `of`.
    unsafe { &*(added as *const InstanceDict) }
}

/// Address of what heap types added to the object (members, InstanceDict).
pub fn added_part(object: Value, class: &'static Type) -> usize {
    let native = class.native.get().unwrap_or(class);
    let body = match native.var_size() {
        // SAFETY: the object is an instance of `native`.
        Some(f) => unsafe { f(object.address() as *const Header) },
        None => native.basic_size.get(),
    };
    object.address() + ((body + 7) & !7)
}

/// Address of the inline values of an instance of `class`.
#[inline]
pub fn inline_address(object: Value, class: &'static Type) -> usize {
    if class.prefix.dict_offset.get() >= 0 {
        object.address() + class.basic_size.get()
    } else {
        added_part(object, class) + class.added_size.get() as usize
    }
}

/// Words before the values of an array on the heap: its capacity, and a 0 by which the collector knows that it is no object.
const ARRAY_HEAD_WORDS: usize = 2;

fn new_array(len: usize) -> *mut Value {
    let capacity = if len <= 4 { 4 } else { (len + 2).next_power_of_two() - 2 };
    let p = dxpyc_heap::alloc((capacity + ARRAY_HEAD_WORDS) * size_of::<Value>()) as *mut usize;
    // SAFETY: the block has capacity + 2 words.
    unsafe {
        p.write(capacity);
        p.add(1).write(0);
        p.add(ARRAY_HEAD_WORDS) as *mut Value
    }
}

fn free_array(values: *mut Value) {
    // SAFETY: made by `new_array`.
    dxpyc_heap::free(unsafe { values.sub(ARRAY_HEAD_WORDS) } as *mut u8)
}

/// The value of an attribute stored in the instance, borrowed.
#[inline]
pub fn get(d: &InstanceDict, name: Value) -> Option<Value> {
    let shape = d.shape.get();
    if shape.is_null() {
        return None;
    }
    if is_dict_mode(shape) {
        return crate::dict::get_str(dict_value(d), name);
    }
    // SAFETY: `values` holds as many values as the shape has names.
    node(shape).find(name).map(|i| unsafe { *d.values.get().add(i) })
}

/// The dict of an instance in dict mode.
#[inline]
pub fn dict_value(d: &InstanceDict) -> Value {
    Value(d.values.get() as u64)
}

/// Appends a value under the next shape (whose last name is new). The value is taken over.
fn append(object: Value, class: &'static Type, d: &InstanceDict, next: *const ShapeNode, value: Value) {
    // SAFETY: nodes live as long as the class.
    let n = unsafe { (*next).names.len() } - 1;
    let inline = inline_address(object, class);
    let mut values = d.values.get();
    let is_inline = values as usize == inline && class.inline_values.get() > 0;
    let capacity = if is_inline {
        class.inline_values.get() as usize
    } else if values.is_null() {
        0
    } else {
        // SAFETY: arrays on the heap begin with their capacity (new_array).
        unsafe { *(values.sub(ARRAY_HEAD_WORDS) as *const usize) }
    };
    if n >= capacity {
        let bigger = new_array(n + 1);
        if !values.is_null() {
            // SAFETY: both arrays hold at least n values and do not overlap.
            unsafe { std::ptr::copy_nonoverlapping(values, bigger, n) };
            if !is_inline {
                free_array(values);
            }
        }
        values = bigger;
        d.values.set(bigger);
    }
    // SAFETY: n < capacity.
    unsafe { values.add(n).write(value) };
    d.shape.set(next as *const Shape);
}

/// Stores an attribute in the instance.
pub fn set(object: Value, d: &InstanceDict, name: Value, value: Ref) -> R<()> {
    let class = type_of(object);
    let shape = d.shape.get();
    if is_dict_mode(shape) {
        let dict = Ref::new(dict_value(d));
        return crate::dict::set(dict.v(), name, value.v());
    }
    let current = if shape.is_null() { root(class) } else { node(shape) };
    if let Some(i) = current.find(name) {
        // SAFETY: slot i is in use.
        let old = unsafe { std::mem::replace(&mut *d.values.get().add(i), value.into_raw()) };
        decref(old);
        return Ok(());
    }
    if is_exact(name, &crate::str::STR) && let Some(next) = current.with(class, name) {
        append(object, class, d, next, value.into_raw());
        return Ok(());
    }
    to_dict(object, d);
    set(object, d, name, value)
}

/// Removes an attribute from the instance; false when it is not there.
pub fn delete(object: Value, d: &InstanceDict, name: Value) -> R<bool> {
    let shape = d.shape.get();
    if shape.is_null() {
        return Ok(false);
    }
    if is_dict_mode(shape) {
        let dict = Ref::new(dict_value(d));
        return crate::dict::delete(dict.v(), name);
    }
    let class = type_of(object);
    let Some(at) = node(shape).find(name) else { return Ok(false) };
    let names = node(shape).names();
    let mut next: Option<*const ShapeNode> = Some(root(class));
    for (i, &n) in names.iter().enumerate() {
        if i != at {
            // SAFETY: nodes live as long as the class.
            next = next.and_then(|s| unsafe { (*s).with(class, n) });
        }
    }
    let Some(next) = next else {
        to_dict(object, d);
        return delete(object, d, name);
    };
    let values = d.values.get();
    let n = names.len();
    // SAFETY: n values are in use; slot `at` is taken out and the rest moves down.
    let old = unsafe {
        let old = *values.add(at);
        std::ptr::copy(values.add(at + 1), values.add(at), n - at - 1);
        old
    };
    d.shape.set(next as *const Shape);
    decref(old);
    Ok(true)
}

/// The real dict of the instance; goes over to dict mode.
pub fn to_dict(object: Value, d: &InstanceDict) -> Value {
    let shape = d.shape.get();
    if is_dict_mode(shape) {
        return dict_value(d);
    }
    let dict = crate::dict::new();
    if !shape.is_null() {
        for (i, &name) in node(shape).names().iter().enumerate() {
            // SAFETY: slot i is in use.
            let value = unsafe { *d.values.get().add(i) };
            // Names are exact str: no Python code runs and nothing can fail but memory.
            let _ = crate::dict::set(dict.v(), name, value);
            decref(value);
        }
        release_array(object, d);
    } else {
        release_array(object, d);
    }
    d.shape.set(&DICT_SHAPE);
    d.values.set(dict.into_raw().0 as *mut Value);
    dict_value(d)
}

/// Makes `dict` the instance's `__dict__`.
pub fn replace_dict(object: Value, d: &InstanceDict, dict: Ref) {
    let old = Ref::new(to_dict(object, d));
    drop(Ref::from_owned(dict_value(d)));
    d.values.set(dict.into_raw().0 as *mut Value);
    drop(old);
}

/// Frees an array that is not inline.
fn release_array(object: Value, d: &InstanceDict) {
    let values = d.values.replace(std::ptr::null_mut());
    if !values.is_null() && values as usize != inline_address(object, type_of(object)) {
        free_array(values);
    }
}

/// Drops all attributes; for dying objects and the collector. The instance stays valid and empty.
pub fn clear(object: Value, d: &InstanceDict) {
    let shape = d.shape.get();
    if is_dict_mode(shape) {
        let dict = dict_value(d);
        d.values.set(std::ptr::null_mut());
        d.shape.set(std::ptr::null());
        decref(dict);
        return;
    }
    let values = d.values.get();
    let n = if shape.is_null() { 0 } else { node(shape).len() };
    if values.is_null() {
        return;
    }
    d.shape.set(std::ptr::null());
    d.values.set(std::ptr::null_mut());
    for i in 0..n {
        // SAFETY: n slots were in use; nobody sees them any more.
        decref(unsafe { *values.add(i) });
    }
    if values as usize != inline_address(object, type_of(object)) {
        free_array(values);
    }
}

/// As [`clear`] for a dying object whose inline values are at `inline`.
#[inline]
pub fn clear_plain(object: Value, d: &InstanceDict, inline: usize) {
    let shape = d.shape.get();
    if shape.is_null() {
        return;
    }
    if is_dict_mode(shape) || d.values.get() as usize != inline {
        clear(object, d);
        return;
    }
    d.shape.set(std::ptr::null());
    for i in 0..node(shape).abi.len {
        // SAFETY: as many values as names; nobody else sees them any more.
        decref(unsafe { *d.values.get().add(i) });
    }
}

/// Reports the owned values.
pub fn visit(d: &InstanceDict, visitor: &mut Visitor<'_>) {
    let shape = d.shape.get();
    if shape.is_null() {
        return;
    }
    if is_dict_mode(shape) {
        visitor.value(dict_value(d));
        return;
    }
    for i in 0..node(shape).len() {
        // SAFETY: as many values as names.
        visitor.value(unsafe { *d.values.get().add(i) });
    }
}

/// The dict of an instance where its values would be wrong for another class: used when `__class__` is assigned.
pub fn reshape(object: Value, d: &InstanceDict, to: &'static Type) {
    let shape = d.shape.get();
    let from = type_of(object);
    if is_dict_mode(shape) {
        return;
    }
    let values = d.values.get();
    let n = if shape.is_null() { 0 } else { node(shape).len() };
    let mut next: Option<*const ShapeNode> = Some(root(to));
    if n > 0 {
        for &name in node(shape).names() {
            // SAFETY: nodes live as long as the class.
            next = next.and_then(|s| unsafe { (*s).with(to, name) });
        }
    }
    let Some(next) = next else {
        to_dict(object, d);
        return;
    };
    if from.inline_values.get() != to.inline_values.get() && values as usize == inline_address(object, from) {
        let array = new_array(n);
        // SAFETY: n values in use.
        unsafe { std::ptr::copy_nonoverlapping(values, array, n) };
        d.values.set(array);
    }
    d.shape.set(if n == 0 { std::ptr::null() } else { next as *const Shape });
}
