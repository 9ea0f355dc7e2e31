//! Code generation of the attribute macros.

use crate::signature::{self, Kind, Param};
use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote};
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::{Attribute, Error, Expr, FnArg, Ident, ImplItem, Item, ItemFn, ItemImpl, ItemMod, Lit, LitStr, Meta, Signature, Token, Type};

type Result<T> = std::result::Result<T, Error>;

/// What stands in an attribute's parentheses.
#[derive(Default)]
struct Options {
    signature: Option<String>,
    raw: bool,
    name: Option<String>,
    doc: Option<String>,
    decl: Option<Ident>,
    init: Option<Expr>,
}

/// Without the invisible groups around what a macro has put in.
fn flat(tokens: TokenStream) -> TokenStream {
    let plain = |token| match token {
        proc_macro2::TokenTree::Group(group) if group.delimiter() == proc_macro2::Delimiter::None => flat(group.stream()),
        other => TokenStream::from(other),
    };
    tokens.into_iter().flat_map(plain).collect()
}

fn options(tokens: TokenStream) -> Result<Options> {
    let tokens = flat(tokens);
    let mut options = Options::default();
    let mut rest = tokens;
    // A leading string literal is the signature.
    let mut iter = rest.clone().into_iter();
    if let Some(proc_macro2::TokenTree::Literal(literal)) = iter.next()
        && let Ok(text) = syn::parse2::<LitStr>(proc_macro2::TokenTree::Literal(literal).into())
    {
        options.signature = Some(text.value());
        let mut tail = iter.collect::<Vec<_>>();
        if !tail.is_empty() {
            tail.remove(0);
        }
        rest = tail.into_iter().collect();
    }
    for meta in Punctuated::<Meta, Token![,]>::parse_terminated.parse2(rest)? {
        match meta {
            Meta::Path(p) if p.is_ident("raw") => options.raw = true,
            Meta::NameValue(nv) => {
                let text = || match &nv.value {
                    Expr::Lit(l) => match &l.lit {
                        Lit::Str(s) => Ok(s.value()),
                        _ => Err(Error::new_spanned(&nv.value, "a string is expected")),
                    },
                    _ => Err(Error::new_spanned(&nv.value, "a string is expected")),
                };
                if nv.path.is_ident("name") {
                    options.name = Some(text()?);
                } else if nv.path.is_ident("doc") {
                    options.doc = Some(text()?);
                } else if nv.path.is_ident("init") {
                    options.init = Some(nv.value.clone());
                } else if nv.path.is_ident("decl") {
                    options.decl = Some(syn::parse2(quote::ToTokens::to_token_stream(&nv.value))?);
                } else {
                    return Err(Error::new_spanned(nv.path, "unknown option"));
                }
            }
            other => return Err(Error::new_spanned(other, "unknown option")),
        }
    }
    Ok(options)
}

#[derive(Clone, Copy, PartialEq)]
enum Role {
    Function,
    Method,
    ClassMethod,
    StaticMethod,
    Getter,
    Setter,
}

fn role_of(attribute: &Attribute, in_class: bool) -> Option<Role> {
    let path = attribute.path();
    if path.is_ident("native") {
        Some(if in_class { Role::Method } else { Role::Function })
    } else if path.is_ident("classmethod") {
        Some(Role::ClassMethod)
    } else if path.is_ident("staticmethod") {
        Some(Role::StaticMethod)
    } else if path.is_ident("getter") {
        Some(Role::Getter)
    } else if path.is_ident("setter") {
        Some(Role::Setter)
    } else {
        None
    }
}

fn take_role(attrs: &mut Vec<Attribute>, in_class: bool) -> Result<Option<(Role, Options)>> {
    let Some(at) = attrs.iter().position(|a| role_of(a, in_class).is_some()) else { return Ok(None) };
    let attribute = attrs.remove(at);
    let role = role_of(&attribute, in_class).unwrap();
    let tokens = match &attribute.meta {
        Meta::List(list) => list.tokens.clone(),
        _ => TokenStream::new(),
    };
    Ok(Some((role, options(tokens)?)))
}

fn doc_of(attrs: &[Attribute]) -> String {
    let mut lines = Vec::new();
    for attribute in attrs {
        if attribute.path().is_ident("doc")
            && let Meta::NameValue(nv) = &attribute.meta
            && let Expr::Lit(l) = &nv.value
            && let Lit::Str(s) = &l.lit
        {
            let line = s.value();
            lines.push(line.strip_prefix(' ').unwrap_or(&line).to_string());
        }
    }
    lines.join("\n")
}

struct Generated {
    wrapper: TokenStream,
    decl: TokenStream,
}

fn generate(sig: &Signature, attrs: &[Attribute], role: Role, options: &Options, path: TokenStream, statics: &Ident) -> Result<Generated> {
    let rust_name = &sig.ident;
    let python_name = options.name.clone().unwrap_or_else(|| rust_name.to_string().trim_start_matches("r#").to_string());
    let doc = doc_of(attrs);
    let mut inputs: Vec<&FnArg> = sig.inputs.iter().collect();
    let has_self = matches!(role, Role::Method | Role::ClassMethod);
    let receiver = if has_self {
        if inputs.is_empty() {
            return Err(Error::new_spanned(sig, "a method needs a first parameter"));
        }
        Some(inputs.remove(0))
    } else {
        None
    };
    let self_expr = match receiver {
        None => quote!(),
        Some(FnArg::Receiver(_)) => quote!(crate_objects::cast::get_unchecked::<Self>(this),),
        Some(FnArg::Typed(t)) => {
            let ty = &*t.ty;
            if quote!(#ty).to_string() == "Value" { quote!(this,) } else { quote!(crate_objects::cast::get_unchecked(this),) }
        }
    };
    let wrapper_name = format_ident!("__native_{}", rust_name.to_string().trim_start_matches("r#"));
    let kind = match role {
        Role::Function => quote!(Function),
        Role::Method => quote!(Method),
        Role::ClassMethod => quote!(ClassMethod),
        _ => quote!(StaticMethod),
    };
    if options.raw {
        let signature = options.signature.clone().unwrap_or_default();
        let wrapper = quote! {
            #[allow(non_snake_case)]
            fn #wrapper_name(this: crate_objects::Value, args: &crate_objects::Args) -> crate_objects::R<crate_objects::Ref> {
                let _ = this;
                crate_objects::native::IntoResult::into_result(#path(#self_expr args))
            }
        };
        let decl = quote! {
            crate_objects::native::NativeDecl {
                name: #python_name, signature: #signature, doc: #doc, kind: crate_objects::native::FnKind::#kind,
                params: &[], call: WRAP::#wrapper_name,
            }
        };
        return Ok(Generated { wrapper, decl });
    }
    // Parameters: from the signature text, or from the Rust parameters.
    let mut typed: Vec<(Ident, Type)> = Vec::new();
    for input in &inputs {
        let FnArg::Typed(t) = input else { return Err(Error::new_spanned(input, "self comes first")) };
        let syn::Pat::Ident(p) = &*t.pat else { return Err(Error::new_spanned(&t.pat, "a plain name is expected")) };
        typed.push((p.ident.clone(), (*t.ty).clone()));
    }
    let params: Vec<Param> = match &options.signature {
        Some(text) => signature::parse(text).map_err(|e| Error::new(Span::call_site(), format!("{rust_name}: {e}")))?,
        None => typed
            .iter()
            .map(|(name, ty)| Param {
                name: name.to_string().trim_start_matches('_').to_string(),
                kind: if quote!(#ty).to_string().replace(' ', "") == "&[Value]" { Kind::VarArgs } else { Kind::PositionalOnly },
                default: if quote!(#ty).to_string().starts_with("Option") { Some("<absent>".into()) } else { None },
            })
            .collect(),
    };
    if params.len() != typed.len() {
        return Err(Error::new_spanned(sig, format!("the signature has {} parameters, the function {}", params.len(), typed.len())));
    }
    let signature_text = match &options.signature {
        Some(t) => t.clone(),
        None => {
            let mut parts: Vec<String> = Vec::new();
            match role {
                Role::Method => parts.push("$self".into()),
                Role::ClassMethod => parts.push("$type".into()),
                Role::Function => parts.push("$module".into()),
                _ => {}
            }
            let mut optional = false;
            for p in &params {
                match p.kind {
                    Kind::VarArgs => parts.push(format!("*{}", p.name)),
                    _ => {
                        optional |= p.default.is_some();
                        parts.push(p.name.clone())
                    }
                }
            }
            if !params.iter().any(|p| p.kind == Kind::VarArgs) {
                parts.push("/".into());
            }
            if optional { String::new() } else { format!("({})", parts.join(", ")) }
        }
    };
    let n = params.len();
    let mut param_rows = Vec::new();
    let mut conversions = Vec::new();
    let mut names = Vec::new();
    for (i, (param, (_, ty))) in params.iter().zip(&typed).enumerate() {
        let variable = format_ident!("a{}", i);
        let name = &param.name;
        let kind = format_ident!("{}", format!("{:?}", param.kind));
        let is_option = quote!(#ty).to_string().starts_with("Option");
        let default = match param.default.as_deref() {
            None => quote!(Required),
            Some("None") => quote!(None),
            Some("True") => quote!(Bool(true)),
            Some("False") => quote!(Bool(false)),
            Some(t) if t.starts_with('\'') || t.starts_with('"') => {
                let inner = &t[1..t.len() - 1];
                quote!(Str(#inner))
            }
            Some(t) => match t.parse::<i64>() {
                Ok(i) => quote!(Int(#i)),
                Err(_) => quote!(Absent),
            },
        };
        param_rows.push(quote! {
            crate_objects::native::Param { name: #name, kind: crate_objects::native::ParamKind::#kind,
                default: crate_objects::native::Default::#default, none_if_absent: #is_option }
        });
        let position = i + 1;
        conversions.push(match param.kind {
            Kind::VarArgs => quote!(let #variable = crate_objects::bind::rest_positional(&#statics[INDEX], args);),
            Kind::VarKeywords => quote!(let #variable = crate_objects::bind::rest_keywords(&#statics[INDEX], args);),
            _ if is_option => quote! {
                let #variable = if out[#i].is_missing() { None } else {
                    crate_objects::native::FromArg::from_arg(out[#i], #python_name, #position, #name)?
                };
            },
            _ => quote! {
                let #variable = crate_objects::native::FromArg::from_arg(out[#i], #python_name, #position, #name)?;
            },
        });
        names.push(variable);
    }
    // Positional parameters from the start, how many of them must be given, and the defaults that the wrapper fills in itself.
    let n_positional = params.iter().take_while(|p| matches!(p.kind, Kind::PositionalOnly | Kind::Positional)).count();
    let mut n_required = params[..n_positional].iter().take_while(|p| p.default.is_none()).count();
    if params.iter().any(|p| p.kind == Kind::KeywordOnly && p.default.is_none()) {
        n_required = usize::MAX;
    }
    let mut literal_defaults = Vec::new();
    for (i, (param, (_, ty))) in params.iter().zip(&typed).enumerate() {
        if quote!(#ty).to_string().starts_with("Option") {
            continue;
        }
        let value = match param.default.as_deref() {
            Some("None") => quote!(crate_objects::Value::NONE),
            Some("True") => quote!(crate_objects::Value::TRUE),
            Some("False") => quote!(crate_objects::Value::FALSE),
            Some(t) if t.starts_with('\'') || t.starts_with('"') => {
                let inner = &t[1..t.len() - 1];
                quote!(crate_objects::str::intern(#inner).into_raw())
            }
            Some(t) => match t.parse::<i64>() {
                Ok(i) => quote!(crate_objects::Value::from_small_int(#i)),
                Err(_) => continue,
            },
            None => continue,
        };
        literal_defaults.push(quote! { if out[#i].is_missing() { out[#i] = #value; } });
    }
    // One by one: a copy of variable length is a call.
    let takes = (0..n_positional).map(|i| {
        if i < n_required { quote! { out[#i] = given[#i]; } } else { quote! { if let Some(&v) = given.get(#i) { out[#i] = v; } } }
    });
    let wrapper = quote! {
        #[allow(non_snake_case, unused_mut, unused_variables, unused_comparisons, clippy::all)]
        fn #wrapper_name(this: crate_objects::Value, args: &crate_objects::Args) -> crate_objects::R<crate_objects::Ref> {
            let mut out = [crate_objects::Value::MISSING; #n];
            let given = args.values();
            if !args.has_kw() && given.len() >= #n_required && given.len() <= #n_positional {
                // The usual call: no names, the number of arguments fits.
                #(#takes)*
                #(#literal_defaults)*
            } else {
                let mut keep = ::std::vec::Vec::new();
                crate_objects::native::bind(&#statics[INDEX], args, &mut out, &mut keep)?;
            }
            #(#conversions)*
            crate_objects::native::IntoResult::into_result(#path(#self_expr #(#names),*))
        }
    };
    let decl = quote! {
        crate_objects::native::NativeDecl {
            name: #python_name, signature: #signature_text, doc: #doc, kind: crate_objects::native::FnKind::#kind,
            params: &[#(#param_rows),*], call: WRAP::#wrapper_name,
        }
    };
    Ok(Generated { wrapper, decl })
}

/// Replaces the placeholder idents `INDEX`, `WRAP` and `crate_objects`.
fn substitute(tokens: TokenStream, index: usize, wrap: &TokenStream, objects: &TokenStream) -> TokenStream {
    let mut out = Vec::new();
    for token in tokens {
        match token {
            proc_macro2::TokenTree::Ident(i) if i == "INDEX" => out.extend(quote!(#index)),
            proc_macro2::TokenTree::Ident(i) if i == "WRAP" => out.extend(wrap.clone()),
            proc_macro2::TokenTree::Ident(i) if i == "crate_objects" => out.extend(objects.clone()),
            proc_macro2::TokenTree::Group(g) => {
                let mut group = proc_macro2::Group::new(g.delimiter(), substitute(g.stream(), index, wrap, objects));
                group.set_span(g.span());
                out.push(group.into())
            }
            other => out.push(other),
        }
    }
    out.into_iter().collect()
}

fn objects_path() -> TokenStream {
    match std::env::var("CARGO_PKG_NAME").as_deref() {
        Ok("dxpyc-objects") => quote!(crate),
        _ => quote!(::dxpyc_objects),
    }
}

/// The section of a table of native functions: by it the linker knows the table, and leaves out what no program can call (`linker/src/prune.rs`).
fn table_section(kind: &str, owner: &str) -> String {
    let krate = std::env::var("CARGO_PKG_NAME").unwrap_or_default();
    format!(".data.rel.ro.dxp.{kind}.{krate}.{owner}")
}

pub fn class(attribute: TokenStream, item: TokenStream) -> Result<TokenStream> {
    let class_options = options(attribute)?;
    let mut block: ItemImpl = syn::parse2(item)?;
    let self_ty = block.self_ty.clone();
    let objects = objects_path();
    let type_text = quote!(#self_ty).to_string().replace([' ', ':', '<', '>'], "_");
    let decl_name = class_options.decl.clone().unwrap_or_else(|| format_ident!("{}_DECL", type_text.to_uppercase()));
    let methods_name = format_ident!("__{}_METHODS", decl_name);
    let mut wrappers = Vec::new();
    let mut decls = Vec::new();
    let mut getters: Vec<(String, String, Ident)> = Vec::new();
    let mut setters: Vec<(String, Ident)> = Vec::new();
    for item in &mut block.items {
        let ImplItem::Fn(function) = item else { continue };
        let Some((role, opts)) = take_role(&mut function.attrs, true)? else { continue };
        let rust_name = function.sig.ident.clone();
        if role == Role::Setter {
            function.attrs.push(syn::parse_quote!(#[allow(non_snake_case)]));
        }
        match role {
            Role::Getter | Role::Setter => {
                let text = rust_name.to_string();
                let text = text.trim_start_matches("r#");
                let is_self_ref = matches!(function.sig.inputs.first(), Some(FnArg::Receiver(_)));
                let receiver = if is_self_ref { quote!(#objects::cast::get_unchecked::<Self>(this)) } else { quote!(this) };
                let wrapper_name = format_ident!("__native_{}", text);
                if role == Role::Getter {
                    wrappers.push(quote! {
                        fn #wrapper_name(this: #objects::Value) -> #objects::R<#objects::Ref> {
                            #objects::native::IntoResult::into_result(Self::#rust_name(#receiver))
                        }
                    });
                    getters.push((opts.name.unwrap_or_else(|| text.into()), doc_of(&function.attrs), wrapper_name));
                } else {
                    wrappers.push(quote! {
                        fn #wrapper_name(this: #objects::Value, value: #objects::Value) -> #objects::R<()> {
                            Self::#rust_name(#receiver, value)
                        }
                    });
                    let name = opts.name.unwrap_or_else(|| text.strip_prefix("set_").unwrap_or(text).into());
                    setters.push((name, wrapper_name));
                }
            }
            _ => {
                let generated = generate(&function.sig, &function.attrs, role, &opts, quote!(Self::#rust_name), &methods_name)?;
                let index = decls.len();
                let wrap = quote!(#self_ty);
                wrappers.push(substitute(generated.wrapper, index, &wrap, &objects));
                decls.push(substitute(generated.decl, index, &wrap, &objects));
            }
        }
    }
    let getsets = getters.iter().map(|(name, doc, get)| {
        let set = match setters.iter().find(|(n, _)| n == name) {
            Some((_, f)) => quote!(Some(<#self_ty>::#f)),
            None => quote!(None),
        };
        quote!(#objects::native::GetSetDecl { name: #name, doc: #doc, get: <#self_ty>::#get, set: #set })
    });
    let doc = class_options.doc.unwrap_or_else(|| doc_of(&block.attrs));
    let init = match class_options.init {
        Some(path) => quote!(Some(#path)),
        None => quote!(None),
    };
    let n = decls.len();
    let getsets_name = format_ident!("__{}_GETSETS", decl_name);
    let n_getsets = getsets.len();
    let owner = format!("{decl_name}.{type_text}");
    let methods_section = table_section("methods", &owner);
    let getsets_section = table_section("getsets", &owner);
    Ok(quote! {
        #block
        impl #self_ty { #(#wrappers)* }
        #[unsafe(link_section = #methods_section)]
        static #methods_name: [#objects::native::NativeDecl; #n] = [#(#decls),*];
        #[unsafe(link_section = #getsets_section)]
        static #getsets_name: [#objects::native::GetSetDecl; #n_getsets] = [#(#getsets),*];
        /// Native methods and attributes of the class.
        pub static #decl_name: #objects::native::ClassDecl = #objects::native::ClassDecl {
            doc: #doc, methods: &#methods_name, getsets: &#getsets_name, init: #init,
        };
    })
}

pub fn module(attribute: TokenStream, item: TokenStream) -> Result<TokenStream> {
    let module_options = options(attribute)?;
    let mut module: ItemMod = syn::parse2(item)?;
    let objects = objects_path();
    let name = module_options.name.ok_or_else(|| Error::new(Span::call_site(), "name = \"…\" is missing"))?;
    let doc = module_options.doc.unwrap_or_else(|| doc_of(&module.attrs));
    let Some((_, items)) = &mut module.content else { return Err(Error::new_spanned(&module, "an inline module is expected")) };
    let statics = format_ident!("__FUNCTIONS");
    let mut wrappers = Vec::new();
    let mut decls = Vec::new();
    for item in items.iter_mut() {
        let Item::Fn(ItemFn { attrs, sig, .. }) = item else { continue };
        let Some((role, opts)) = take_role(attrs, false)? else { continue };
        let rust_name = sig.ident.clone();
        let generated = generate(sig, attrs, role, &opts, quote!(#rust_name), &statics)?;
        let index = decls.len();
        let wrap = quote!(self);
        wrappers.push(substitute(generated.wrapper, index, &wrap, &objects));
        decls.push(substitute(generated.decl, index, &wrap, &objects));
    }
    let n = decls.len();
    let init = match module_options.init {
        Some(path) => quote!(Some(#path)),
        None => quote!(None),
    };
    let symbol = format!("dxp_native_module_{}", name.replace('.', "_"));
    let section = table_section(if name == "builtins" { "builtins" } else { "functions" }, &name);
    let added: syn::File = syn::parse2(quote! {
        #(#wrappers)*
        #[unsafe(link_section = #section)]
        static #statics: [#objects::native::NativeDecl; #n] = [#(#decls),*];
        /// The module's declaration.
        #[unsafe(export_name = #symbol)]
        pub static MODULE: #objects::native::NativeModule = #objects::native::NativeModule {
            name: #name, doc: #doc, functions: &#statics, init: #init,
        };
    })?;
    items.extend(added.items);
    Ok(quote!(#module))
}
