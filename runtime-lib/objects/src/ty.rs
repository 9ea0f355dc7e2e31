//! Type objects: declaration of builtin types, making them ready, method resolution and versions.

use crate::native::ClassDecl;
use crate::slots::Slots;
use crate::slots::{ClearFn, DropFn, VarSizeFn, VisitFn};
use dxpyc_abi::{COUNT_IMMORTAL, Header, Shape, TypePrefix, Value, type_flags};
use dxpyc_heap::{Slot, Visit, Visitor};
use std::cell::{Cell, UnsafeCell};

/// A type object. Builtin ones are statics; heap ones are allocated by `class` statements.
#[repr(C)]
pub struct Type {
    /// Header, version, flags, dict offset: what compiled code reads.
    pub prefix: TypePrefix,
    /// What destroys an instance whose count is exhausted, where that has a path of its own.
    pub dealloc: Cell<Option<fn(Value)>>,
    /// Bytes of an instance without inline attribute values (variable-sized types: without the items).
    pub basic_size: Cell<usize>,
    /// Attribute values stored inline behind new instances of heap types.
    pub inline_values: Cell<u32>,
    /// `__name__` of builtin types; heap types keep it in `name_object`.
    pub static_name: &'static str,
    /// `__module__` of builtin types.
    pub static_module: &'static str,
    /// Heap types: str objects.
    pub name_object: Slot,
    pub qualname_object: Slot,
    /// The class whose layout this one extends (`__base__`).
    pub base: Cell<Option<&'static Type>>,
    /// Tuple of direct bases.
    pub bases: Slot,
    /// Tuple: the method resolution order.
    pub mro: Slot,
    /// Namespace dict; empty slot until the type is ready.
    pub dict: Slot,
    /// What each operator does.
    pub slots: UnsafeCell<Slots>,
    /// Native methods of builtin types.
    pub decl: Option<&'static ClassDecl>,
    /// Addresses of the direct subclasses (not owned).
    pub subclasses: UnsafeCell<Vec<*const Type>>,
    /// Root of the shapes of the instances; null until the first attribute store.
    pub root_shape: Cell<*const Shape>,
    /// Heap types: `__init__`/`__new__` found by lookup for fast instantiation (borrowed; valid for `init_version`).
    pub init_cache: Cell<Value>,
    pub init_version: Cell<u64>,
    /// `__slots__` members (tuple of names) and other extra data of heap types.
    pub extra: Slot,
    /// The builtin type whose struct begins the instances: itself for builtin types, the nearest builtin base otherwise.
    pub native: Cell<Option<&'static Type>>,
    /// Bytes that heap types add behind the native body (`__slots__` members and the InstanceDict).
    pub added_size: Cell<u32>,
    /// Offset of the InstanceDict in the added part, where `dict_offset` is -1.
    pub added_dict: Cell<u32>,
    /// Offset of a [`Slot`] that holds the instance's real `__dict__` (made on demand); 0: none. Functions and modules have it.
    pub dict_slot: Cell<u32>,
    /// Class body's `__doc__` and other facts stand in the dict; this counts the shapes made for the instances.
    pub n_shapes: Cell<u32>,
    /// The native struct's own functions (the slots of the same names also see to added members and dicts).
    pub native_drop: Option<DropFn>,
    pub native_visit: Option<VisitFn>,
    pub native_clear: Option<ClearFn>,
}

// SAFETY: single-threaded until threads arrive (ARCHITECTURE.md).
unsafe impl Sync for Type {}

impl Type {
    /// A builtin type with instances laid out as `T`, based on `base` (None: object itself).
    pub const fn builtin<T>(
        name: &'static str,
        module: &'static str,
        base: Option<&'static Type>,
        flags: u64,
        slots: Slots,
        decl: Option<&'static ClassDecl>,
    ) -> Type {
        let mut slots = slots;
        slots.drop = Some(crate::type_object::drop_instance);
        Type {
            prefix: TypePrefix {
                header: Header {
                    count: Cell::new(COUNT_IMMORTAL),
                    ty: Cell::new(&raw const crate::type_object::TYPE as *const TypePrefix),
                },
                version: Cell::new(0),
                flags: Cell::new(flags | type_flags::IMMUTABLE),
                dict_offset: Cell::new(0),
            },
            dealloc: Cell::new(None),
            basic_size: Cell::new(size_of::<T>()),
            inline_values: Cell::new(0),
            static_name: name,
            static_module: module,
            name_object: Slot::empty(),
            qualname_object: Slot::empty(),
            base: Cell::new(base),
            bases: Slot::empty(),
            mro: Slot::empty(),
            dict: Slot::empty(),
            slots: UnsafeCell::new(slots),
            decl,
            subclasses: UnsafeCell::new(Vec::new()),
            root_shape: Cell::new(std::ptr::null()),
            init_cache: Cell::new(Value::MISSING),
            init_version: Cell::new(0),
            extra: Slot::empty(),
            native: Cell::new(None),
            added_size: Cell::new(0),
            added_dict: Cell::new(0),
            dict_slot: Cell::new(0),
            n_shapes: Cell::new(0),
            native_drop: if std::mem::needs_drop::<T>() { Some(drop_object::<T>) } else { None },
            native_visit: None,
            native_clear: None,
        }
    }

    /// Adds the collector's functions: for types whose instances own values and can be part of cycles.
    pub const fn visited<T: Visit>(mut self) -> Type {
        let slots = self.slots.get_mut();
        slots.visit = Some(crate::type_object::visit_instance);
        slots.clear = Some(crate::type_object::clear_instance);
        self.native_visit = Some(visit_object::<T>);
        self.native_clear = Some(clear_object::<T>);
        let flags = self.prefix.flags.get();
        self.prefix.flags = Cell::new(flags | type_flags::GC);
        self
    }

    /// Sets where instances keep their `InstanceDict` (offset of that field in `T`).
    pub const fn with_dict_at(mut self, offset: usize) -> Type {
        self.prefix.dict_offset = Cell::new(offset as isize);
        self
    }

    /// For types whose instances differ in size (str, tuple, …): `f` gives the bytes of an instance's body, exactly what was asked of
    /// `allocate` for it. Heap subclasses keep their attributes behind it.
    pub const fn variable(mut self, f: VarSizeFn) -> Type {
        self.slots.get_mut().var_size = Some(f);
        self
    }

    /// Sets where instances keep a [`Slot`] with a real dict as `__dict__` (made on demand): for functions, modules and the like.
    pub const fn with_dict_slot_at(mut self, offset: usize) -> Type {
        self.dict_slot = Cell::new(offset as u32);
        self
    }

    /// Sets the native destructor's companions by hand, for layouts of `abi` that have no Rust destructor.
    pub const fn with_drop(mut self, f: DropFn) -> Type {
        self.native_drop = Some(f);
        self
    }

    /// Sets the path of its own by which instances are destroyed: memory included, weak references and finalizers excluded.
    pub const fn dealloc_by(mut self, f: fn(Value)) -> Type {
        self.dealloc = Cell::new(Some(f));
        self
    }

    /// How the size of an instance's body is found, where instances differ in size.
    #[inline(always)]
    pub fn var_size(&self) -> Option<VarSizeFn> {
        // SAFETY: this slot is set in statics and at a heap type's creation only.
        unsafe { (*self.slots.get()).var_size }
    }

    /// The slot table. Makes the type ready first.
    #[inline(always)]
    pub fn slots(&'static self) -> &'static Slots {
        if self.prefix.flags.get() & type_flags::READY == 0 {
            crate::type_object::make_ready(self);
        }
        // SAFETY: slots change only in make_ready and in type updates, which hold no reference to them.
        unsafe { &*self.slots.get() }
    }

    /// Whether a flag of `type_flags` is set.
    #[inline(always)]
    pub fn has(&self, flag: u64) -> bool {
        self.prefix.flags.get() & flag != 0
    }

    /// This type as a value (borrowed).
    #[inline(always)]
    pub fn v(&self) -> Value {
        Value::from_address(self as *const Type as usize)
    }

    /// Whether `other` is in this type's method resolution order.
    pub fn is_subtype(&'static self, other: &'static Type) -> bool {
        if std::ptr::eq(self, other) {
            return true;
        }
        crate::type_object::in_mro(self, other)
    }

    /// `__name__`.
    pub fn name(&self) -> String {
        crate::type_object::name_of(self)
    }

    /// A block for one instance: `body_bytes` (at least basic_size is used) plus what subclasses add, the added part emptied.
    pub fn allocate(&'static self, body_bytes: usize) -> *mut u8 {
        crate::type_object::allocate(self, body_bytes)
    }

    /// Told of each new instance, for the collector's trigger.
    #[inline(always)]
    pub fn note_instance(&'static self) {
        let flags = self.prefix.flags.get();
        if flags & (type_flags::GC | type_flags::HEAP) != 0 {
            if flags & type_flags::HEAP != 0 {
                dxpyc_heap::owned::incref(self.v());
            }
            if flags & type_flags::GC != 0 {
                dxpyc_heap::collect::note_container();
            }
        }
    }
}

/// Runs the Rust destructor of an instance's native part.
unsafe fn drop_object<T>(object: *mut Header) {
    // SAFETY: called once, by the deallocator, for an object of a type declared with layout T.
    unsafe { std::ptr::drop_in_place(object as *mut T) }
}

unsafe fn visit_object<T: Visit>(object: *const Header, visitor: &mut Visitor<'_>) {
    // SAFETY: as in drop_object; the object is alive.
    unsafe { (*(object as *const T)).visit(visitor) }
}

unsafe fn clear_object<T: Visit>(object: *const Header) {
    // SAFETY: as in visit_object.
    unsafe { (*(object as *const T)).clear() }
}
