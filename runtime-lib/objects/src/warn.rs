//! Warnings that native code gives.

use crate::prelude::*;

/// Gives a warning through `warnings.warn`. A program that has not loaded `warnings` has no filters and sees none of the
/// categories that are ignored by default; other categories go to standard error.
pub fn warn(category: &'static Type, message: &str) -> R<()> {
    let key = crate::str::intern("warnings");
    let Some(module) = crate::dict::get(crate::import::sys_modules(), key.v())? else {
        let quiet = [&crate::exceptions::DEPRECATION_WARNING, &crate::exceptions::PENDING_DEPRECATION_WARNING, &crate::exceptions::IMPORT_WARNING, &crate::exceptions::RESOURCE_WARNING];
        if !quiet.iter().any(|q| category.is_subtype(q)) {
            crate::sys::write_error(&format!("{}: {message}\n", category.static_name));
        }
        return Ok(());
    };
    let text = crate::str::from_str(message);
    crate::call::call_method(module.v(), "warn", &[text.v(), category.v()]).map(drop)
}
