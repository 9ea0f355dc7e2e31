//! The form in which a unit's plan is kept.
//!
//! Numbers are little-endian; lists and texts begin with their length as u32. Who reads it has checked that it is what was written; here
//! nothing but ends and indices is looked at.

use crate::statics::{ConstRef, Item, LazyConst, Place, UnitStatics};
use crate::{UnitPiece, UnitPlan};

impl UnitPlan {
    /// The bytes to keep.
    pub fn encode(&self) -> Vec<u8> {
        let UnitPlan { pieces, statics } = self;
        let UnitStatics { symbols, constants, records, lazy, module, n_params_max } = statics;
        let mut out = Writer(Vec::new());
        out.list(pieces, |out, UnitPiece { name, work, fingerprint }| {
            out.bytes(name.as_bytes());
            out.u64(*work);
            out.0.extend_from_slice(fingerprint);
        });
        out.list(symbols, |out, symbol| out.bytes(symbol.as_bytes()));
        for items in [constants, records] {
            out.list(items, |out, Item { symbol, place, bytes, addresses }| {
                out.u32(*symbol);
                out.0.push(match place {
                    Place::Data => 0,
                    Place::ReadOnly { align } => *align,
                });
                out.bytes(bytes);
                out.list(addresses, |out, (at, symbol, addend)| {
                    out.u32(*at);
                    out.u32(*symbol);
                    out.u64(*addend as u64);
                });
            });
        }
        out.list(lazy, |out, (symbol, constant)| {
            out.bytes(symbol.as_bytes());
            out.lazy(constant);
        });
        out.bytes(module.as_bytes());
        out.u32(*n_params_max as u32);
        out.0
    }

    /// Reads what `encode` wrote.
    pub fn decode(bytes: &[u8]) -> Option<UnitPlan> {
        let mut from = Reader(bytes);
        let pieces = from.list(|from| Some(UnitPiece { name: from.text()?, work: from.u64()?, fingerprint: *from.array()? }))?;
        let symbols = from.list(Reader::text)?;
        let n_symbols = symbols.len() as u32;
        let symbol = |from: &mut Reader<'_>| from.u32().filter(|symbol| *symbol < n_symbols);
        let item = |from: &mut Reader<'_>| {
            let symbol_idx = symbol(from)?;
            let place = match from.array::<1>()? {
                [0] => Place::Data,
                [align] => Place::ReadOnly { align: *align },
            };
            let bytes = from.bytes()?.to_vec();
            let addresses = from.list(|from| {
                let at = from.u32().filter(|at| *at as usize + 8 <= bytes.len())?;
                Some((at, symbol(from)?, from.u64()? as i64))
            })?;
            Some(Item { symbol: symbol_idx, place, bytes, addresses })
        };
        let constants = from.list(item)?;
        let records = from.list(item)?;
        let lazy = from.list(|from| Some((from.text()?, from.lazy()?)))?;
        let statics = UnitStatics { symbols, constants, records, lazy, module: from.text()?, n_params_max: from.u32()? as usize };
        from.0.is_empty().then_some(UnitPlan { pieces, statics })
    }
}

struct Writer(Vec<u8>);

impl Writer {
    fn u32(&mut self, number: u32) {
        self.0.extend_from_slice(&number.to_le_bytes());
    }

    fn u64(&mut self, number: u64) {
        self.0.extend_from_slice(&number.to_le_bytes());
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.u32(bytes.len() as u32);
        self.0.extend_from_slice(bytes);
    }

    fn list<T>(&mut self, items: &[T], mut write: impl FnMut(&mut Writer, &T)) {
        self.u32(items.len() as u32);
        for item in items {
            write(self, item);
        }
    }

    fn lazy(&mut self, constant: &LazyConst) {
        match constant {
            LazyConst::Int(text) => {
                self.0.push(0);
                self.bytes(text.as_bytes());
            }
            LazyConst::Complex(re, im) => {
                self.0.push(1);
                self.u64(*re);
                self.u64(*im);
            }
            LazyConst::FrozenSet(items) => {
                self.0.push(2);
                self.list(items, Writer::reference);
            }
            LazyConst::Tuple(items) => {
                self.0.push(3);
                self.list(items, Writer::reference);
            }
        }
    }

    fn reference(&mut self, reference: &ConstRef) {
        match reference {
            ConstRef::Word(word) => {
                self.0.push(0);
                self.u64(*word);
            }
            ConstRef::Object(symbol) => {
                self.0.push(1);
                self.bytes(symbol.as_bytes());
            }
            ConstRef::Lazy(symbol) => {
                self.0.push(2);
                self.bytes(symbol.as_bytes());
            }
        }
    }
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn array<const N: usize>(&mut self) -> Option<&'a [u8; N]> {
        let (array, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(array)
    }

    fn u32(&mut self) -> Option<u32> {
        self.array().map(|bytes| u32::from_le_bytes(*bytes))
    }

    fn u64(&mut self) -> Option<u64> {
        self.array().map(|bytes| u64::from_le_bytes(*bytes))
    }

    fn bytes(&mut self) -> Option<&'a [u8]> {
        let length = self.u32()? as usize;
        let (bytes, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(bytes)
    }

    fn text(&mut self) -> Option<String> {
        String::from_utf8(self.bytes()?.to_vec()).ok()
    }

    fn list<T>(&mut self, mut read: impl FnMut(&mut Reader<'a>) -> Option<T>) -> Option<Vec<T>> {
        let length = self.u32()? as usize;
        // Each item takes at least a byte.
        let mut items = Vec::with_capacity(length.min(self.0.len()));
        for _ in 0..length {
            items.push(read(self)?);
        }
        Some(items)
    }

    fn lazy(&mut self) -> Option<LazyConst> {
        Some(match self.array::<1>()? {
            [0] => LazyConst::Int(self.text()?),
            [1] => LazyConst::Complex(self.u64()?, self.u64()?),
            [2] => LazyConst::FrozenSet(self.list(Reader::reference)?),
            [3] => LazyConst::Tuple(self.list(Reader::reference)?),
            _ => return None,
        })
    }

    fn reference(&mut self) -> Option<ConstRef> {
        Some(match self.array::<1>()? {
            [0] => ConstRef::Word(self.u64()?),
            [1] => ConstRef::Object(self.text()?),
            [2] => ConstRef::Lazy(self.text()?),
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan() -> UnitPlan {
        let items = vec![ConstRef::Word(8), ConstRef::Object("dxp.str.a".to_owned()), ConstRef::Lazy("dxp.lazy.b".to_owned())];
        let lazy = [LazyConst::Int("0x10".to_owned()), LazyConst::Complex(1, 2), LazyConst::FrozenSet(items.clone()), LazyConst::Tuple(items)];
        let item = |symbol, place| Item { symbol, place, bytes: vec![7; 24], addresses: vec![(0, 1, 4), (16, 0, -1)] };
        UnitPlan {
            pieces: vec![UnitPiece { name: "m.1".to_owned(), work: 9, fingerprint: [5; 32] }],
            statics: UnitStatics {
                symbols: vec!["one".to_owned(), "two".to_owned()],
                constants: vec![item(0, Place::Data)],
                records: vec![item(1, Place::ReadOnly { align: 4 }), item(0, Place::Data)],
                lazy: lazy.into_iter().enumerate().map(|(index, constant)| (format!("dxp.lazy.{index}"), constant)).collect(),
                module: "dxp.module.m".to_owned(),
                n_params_max: 3,
            },
        }
    }

    #[test]
    fn what_was_kept_comes_back() {
        assert_eq!(UnitPlan::decode(&plan().encode()), Some(plan()));
        assert_eq!(UnitPlan::decode(&UnitPlan::default().encode()), Some(UnitPlan::default()));
    }

    #[test]
    fn damage_never_panics() {
        let good = plan().encode();
        for length in 0..good.len() {
            assert_eq!(UnitPlan::decode(&good[..length]), None, "{length} bytes");
        }
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 0xFF;
            let _ = UnitPlan::decode(&bad);
        }
    }
}
