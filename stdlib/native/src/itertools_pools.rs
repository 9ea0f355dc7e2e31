//! Those of `itertools` that combine pools: product, permutations, combinations, combinations_with_replacement.

use crate::itertool;
use crate::itertools::{doc, header};
use dxpyc_objects::iterators::iter_self;
use dxpyc_objects::native::ClassDecl;
use dxpyc_objects::prelude::*;
use dxpyc_objects::type_object::OBJECT;
use dxpyc_objects::{arity, int, str, tuple};
use std::cell::RefCell;

/// Where an iterator stands.
#[derive(Clone, Copy, PartialEq)]
enum Stage {
    Start,
    Running,
    Done,
}

fn items<'a>(pool: Value) -> &'a [Value] {
    tuple::items(pool).unwrap_or(&[])
}

/// A tuple of the pool's items at some indices.
fn pick(pool: &[Value], indices: &[usize]) -> Ref {
    let picked: Vec<Value> = indices.iter().map(|&i| pool[i]).collect();
    tuple::from_slice(&picked)
}

/// Arguments `(iterable, r)` of the combinations; r may be absent (MISSING) when `optional`.
fn pool_and_r(name: &str, args: &Args, optional: bool) -> R<(Ref, Value)> {
    let [iterable, r] = arity::named(name, args, ["iterable", "r"], 2, if optional { 1 } else { 2 })?;
    Ok((tuple::from_iterable(iterable)?, r))
}

fn not_negative(r: i64) -> R<usize> {
    if r < 0 {
        return Err(value_error("r must be non-negative"));
    }
    // CPython makes room for r indices at once.
    if r > 1 << 32 && Vec::<usize>::new().try_reserve_exact(r as usize).is_err() {
        return Err(memory_error());
    }
    Ok(r as usize)
}

// ---------------------------------------------------------------- product

static PRODUCT_DECL: ClassDecl = doc("Cartesian product of input iterables.  Equivalent to nested for-loops.\n\nFor example, product(A, B) returns the same as:  ((x,y) for x in A for y in B).\nThe leftmost iterators are in the outermost for-loop, so the output tuples\ncycle in a manner similar to an odometer (with the rightmost element changing\non every iteration).\n\nTo compute the product of an iterable with itself, specify the number\nof repetitions with the optional repeat keyword argument. For example,\nproduct(A, repeat=4) means the same as product(A, A, A, A).\n\nproduct('ab', range(3)) --> ('a',0) ('a',1) ('a',2) ('b',0) ('b',1) ('b',2)\nproduct((0,1), (0,1), (0,1)) --> (0,0,0) (0,0,1) (0,1,0) (0,1,1) (1,0,0) ...");
itertool!("product" PRODUCT Product { pools ; indices: RefCell<Vec<usize>>, stage: Cell<Stage> } Slots { iter: Some(iter_self), next: Some(product_next), new: Some(product_new), ..Slots::NONE }, &PRODUCT_DECL);

fn product_new(class: &'static Type, args: &Args) -> R<Ref> {
    let mut repeat = 1;
    for (name, value) in args.kw() {
        let view = str::view(name);
        if !view.is("repeat") {
            return Err(type_error(format!("product() got an unexpected keyword argument '{}'", view.to_rust())));
        }
        repeat = int::index_i64(value)?;
        if repeat < 0 {
            return Err(value_error("repeat argument cannot be negative"));
        }
    }
    if args.pos().len().checked_mul(repeat as usize).is_none_or(|n| n > isize::MAX as usize / 8) {
        return Err(overflow_error("repeat argument too large"));
    }
    let mut once = Vec::new();
    if repeat > 0 {
        for &iterable in args.pos() {
            once.push(tuple::from_iterable(iterable)?);
        }
    }
    if once.len().checked_mul(repeat as usize).is_none_or(|n| n > isize::MAX as usize / 64) {
        return Err(overflow_error("repeat argument too large"));
    }
    let mut pools = Vec::new();
    for _ in 0..repeat {
        if once.is_empty() {
            break;
        }
        pools.extend(once.iter().cloned());
    }
    let n = pools.len();
    Ok(dxpyc_objects::cast::new_object_of(class, Product {
        header: header(),
        pools: Slot::new(tuple::from_refs(pools)),
        indices: RefCell::new(vec![0; n]),
        stage: Cell::new(Stage::Start),
    }))
}

fn product_next(v: Value) -> R<Option<Ref>> {
    let it = dxpyc_objects::cast::get_unchecked::<Product>(v);
    let pools = items(it.pools.get());
    let mut indices = it.indices.borrow_mut();
    match it.stage.get() {
        Stage::Done => return Ok(None),
        Stage::Start => {
            if pools.iter().any(|pool| items(*pool).is_empty()) {
                it.stage.set(Stage::Done);
                return Ok(None);
            }
            it.stage.set(Stage::Running);
        }
        Stage::Running => {
            let mut i = pools.len();
            loop {
                if i == 0 {
                    it.stage.set(Stage::Done);
                    return Ok(None);
                }
                i -= 1;
                indices[i] += 1;
                if indices[i] < items(pools[i]).len() {
                    break;
                }
                indices[i] = 0;
            }
        }
    }
    let picked: Vec<Value> = pools.iter().zip(indices.iter()).map(|(pool, &i)| items(*pool)[i]).collect();
    Ok(Some(tuple::from_slice(&picked)))
}

// ---------------------------------------------------------------- combinations

static COMBINATIONS_DECL: ClassDecl = doc("Return successive r-length combinations of elements in the iterable.\n\ncombinations(range(4), 3) --> (0,1,2), (0,1,3), (0,2,3), (1,2,3)");
itertool!("combinations" COMBINATIONS Combinations { pool ; indices: RefCell<Vec<usize>>, stage: Cell<Stage> } Slots { iter: Some(iter_self), next: Some(combinations_next), new: Some(combinations_new), ..Slots::NONE }, &COMBINATIONS_DECL);

fn combinations_new(class: &'static Type, args: &Args) -> R<Ref> {
    let (pool, r) = pool_and_r("combinations", args, false)?;
    let r = not_negative(int::index_i64(r)?)?;
    let too_many = r > items(pool.v()).len();
    Ok(dxpyc_objects::cast::new_object_of(class, Combinations {
        header: header(),
        pool: Slot::new(pool),
        indices: RefCell::new(if too_many { Vec::new() } else { (0..r).collect() }),
        stage: Cell::new(if too_many { Stage::Done } else { Stage::Start }),
    }))
}

fn combinations_next(v: Value) -> R<Option<Ref>> {
    let it = dxpyc_objects::cast::get_unchecked::<Combinations>(v);
    let pool = items(it.pool.get());
    let mut indices = it.indices.borrow_mut();
    match it.stage.get() {
        Stage::Done => return Ok(None),
        Stage::Start => it.stage.set(Stage::Running),
        Stage::Running => {
            let (n, r) = (pool.len(), indices.len());
            let Some(i) = (0..r).rev().find(|&i| indices[i] != i + n - r) else {
                it.stage.set(Stage::Done);
                return Ok(None);
            };
            indices[i] += 1;
            for j in i + 1..r {
                indices[j] = indices[j - 1] + 1;
            }
        }
    }
    Ok(Some(pick(pool, &indices)))
}

static WITH_REPLACEMENT_DECL: ClassDecl = doc("Return successive r-length combinations of elements in the iterable allowing individual elements to have successive repeats.\n\ncombinations_with_replacement('ABC', 2) --> ('A','A'), ('A','B'), ('A','C'), ('B','B'), ('B','C'), ('C','C')");
itertool!("combinations_with_replacement" COMBINATIONS_WITH_REPLACEMENT WithReplacement { pool ; indices: RefCell<Vec<usize>>, stage: Cell<Stage> } Slots { iter: Some(iter_self), next: Some(with_replacement_next), new: Some(with_replacement_new), ..Slots::NONE }, &WITH_REPLACEMENT_DECL);

fn with_replacement_new(class: &'static Type, args: &Args) -> R<Ref> {
    let (pool, r) = pool_and_r("combinations_with_replacement", args, false)?;
    let r = not_negative(int::index_i64(r)?)?;
    let none = items(pool.v()).is_empty() && r > 0;
    Ok(dxpyc_objects::cast::new_object_of(class, WithReplacement {
        header: header(),
        pool: Slot::new(pool),
        indices: RefCell::new(if none { Vec::new() } else { vec![0; r] }),
        stage: Cell::new(if none { Stage::Done } else { Stage::Start }),
    }))
}

fn with_replacement_next(v: Value) -> R<Option<Ref>> {
    let it = dxpyc_objects::cast::get_unchecked::<WithReplacement>(v);
    let pool = items(it.pool.get());
    let mut indices = it.indices.borrow_mut();
    match it.stage.get() {
        Stage::Done => return Ok(None),
        Stage::Start => it.stage.set(Stage::Running),
        Stage::Running => {
            let Some(i) = (0..indices.len()).rev().find(|&i| indices[i] != pool.len() - 1) else {
                it.stage.set(Stage::Done);
                return Ok(None);
            };
            let next = indices[i] + 1;
            indices[i..].fill(next);
        }
    }
    Ok(Some(pick(pool, &indices)))
}

// ---------------------------------------------------------------- permutations

static PERMUTATIONS_DECL: ClassDecl = doc("Return successive r-length permutations of elements in the iterable.\n\npermutations(range(3), 2) --> (0,1), (0,2), (1,0), (1,2), (2,0), (2,1)");
itertool!("permutations" PERMUTATIONS Permutations { pool ; indices: RefCell<Vec<usize>>, cycles: RefCell<Vec<usize>>, stage: Cell<Stage> } Slots { iter: Some(iter_self), next: Some(permutations_next), new: Some(permutations_new), ..Slots::NONE }, &PERMUTATIONS_DECL);

fn permutations_new(class: &'static Type, args: &Args) -> R<Ref> {
    let (pool, r) = pool_and_r("permutations", args, true)?;
    let n = items(pool.v()).len();
    let r = if r.is_missing() || r.is_none() {
        n
    } else {
        if !int::is_int(r) {
            return Err(type_error("Expected int as r"));
        }
        not_negative(int::index_i64(r)?)?
    };
    let none = r > n;
    Ok(dxpyc_objects::cast::new_object_of(class, Permutations {
        header: header(),
        pool: Slot::new(pool),
        indices: RefCell::new((0..n).collect()),
        cycles: RefCell::new(if none { Vec::new() } else { (0..r).map(|i| n - i).collect() }),
        stage: Cell::new(if none { Stage::Done } else { Stage::Start }),
    }))
}

fn permutations_next(v: Value) -> R<Option<Ref>> {
    let it = dxpyc_objects::cast::get_unchecked::<Permutations>(v);
    let pool = items(it.pool.get());
    let mut indices = it.indices.borrow_mut();
    let mut cycles = it.cycles.borrow_mut();
    let (n, r) = (indices.len(), cycles.len());
    match it.stage.get() {
        Stage::Done => return Ok(None),
        Stage::Start => it.stage.set(Stage::Running),
        Stage::Running => {
            let mut i = r;
            loop {
                if i == 0 {
                    it.stage.set(Stage::Done);
                    return Ok(None);
                }
                i -= 1;
                cycles[i] -= 1;
                if cycles[i] == 0 {
                    indices[i..].rotate_left(1);
                    cycles[i] = n - i;
                } else {
                    let j = n - cycles[i];
                    indices.swap(i, j);
                    break;
                }
            }
        }
    }
    Ok(Some(pick(pool, &indices[..r])))
}
