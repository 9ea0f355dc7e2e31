//! `#[native_class]` and `#[native_module]`: a native function is declared once, in Rust; argument parsing, the generic
//! entry, the signature and registration follow from the declaration.
//!
//! ```ignore
//! #[native_class(decl = STR_DECL, doc = "str(object='') -> str")]
//! impl Str {
//!     /// Return a list of the substrings in the string.
//!     #[native("($self, /, sep=None, maxsplit=-1)")]
//!     fn split(&self, sep: Option<Value>, maxsplit: i64) -> R<Ref> { … }
//!
//!     #[native]                       // all positional-only, Options are optional
//!     fn isalpha(&self) -> bool { … }
//!
//!     #[native(raw)]                  // takes all arguments as they are
//!     fn format(&self, args: &Args) -> R<Ref> { … }
//!
//!     #[classmethod("(iterable, value=None, /)")]
//!     fn fromkeys(class: Value, iterable: Value, value: Option<Value>) -> R<Ref> { … }
//!
//!     #[staticmethod] fn maketrans(x: Value, y: Option<Value>, z: Option<Value>) -> R<Ref> { … }
//!
//!     #[getter] fn real(&self) -> R<Ref> { … }
//!     #[setter] fn set_real(&self, value: Value) -> R<()> { … }   // value MISSING: delete
//! }
//! ```
//!
//! Attribute arguments: a signature string; `raw`; `name = "__len__"`. `native_class` takes `decl = STATIC_NAME`,
//! `doc = "…"`, `init = path` (`fn(&'static Type)`). A method's first parameter is `&self`, `this: Value` or `this: &T`.
//! `*args` parameters are `&[Value]`, `**kwargs` are `Vec<(Value, Value)>`. A parameter of type `Option<T>` is `None` when the
//! argument is absent; others get the signature's literal default. `native_module(name = "math", doc = "…", init = path)` stands on an
//! inline `mod` and exports `MODULE` under the symbol `dxp_native_module_NAME`.

mod expand;
mod signature;

use proc_macro::TokenStream;

/// See the crate documentation.
#[proc_macro_attribute]
pub fn native_class(attribute: TokenStream, item: TokenStream) -> TokenStream {
    expand::class(attribute.into(), item.into()).unwrap_or_else(|e| e.to_compile_error()).into()
}

/// See the crate documentation.
#[proc_macro_attribute]
pub fn native_module(attribute: TokenStream, item: TokenStream) -> TokenStream {
    expand::module(attribute.into(), item.into()).unwrap_or_else(|e| e.to_compile_error()).into()
}
