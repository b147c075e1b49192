//! UBJSON as `XGBoost` writes it: a marker before each value, big-endian numbers, arrays of one type in a row.
//!
//! A deserializer for serde, so that both notations of a model are read by the same types.

use serde::{
    de::{self, DeserializeSeed, MapAccess, SeqAccess, Visitor},
    forward_to_deserialize_any,
};
use std::fmt;

/// Whether the bytes begin as an object of UBJSON does: JSON has a quote or a brace there.
pub(in crate::parse) fn is_ubj(bytes: &[u8]) -> bool {
    matches!(bytes, [b'{', b'i' | b'U' | b'I' | b'l' | b'L' | b'#' | b'$', ..])
}

/// Reads one value from bytes.
#[derive(Debug)]
pub(super) struct Deserializer<'de> {
    bytes: &'de [u8],
    at: usize,
    depth: usize,
}

/// Objects and arrays inside one another: a model has eight levels, and reading recurses over them.
const DEPTH_MAX: usize = 64;

/// What is wrong, and at which byte.
#[derive(Debug)]
pub(super) struct Error(String);

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for Error {}

impl de::Error for Error {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(message.to_string())
    }
}

impl<'de> Deserializer<'de> {
    pub(super) fn new(bytes: &'de [u8]) -> Self {
        Self { bytes, at: 0, depth: 0 }
    }

    /// Refuses bytes behind the value.
    pub(super) fn end(&self) -> Result<(), Error> {
        match self.bytes.len() - self.at {
            0 => Ok(()),
            more => Err(Error(format!("{more} bytes stand behind the model"))),
        }
    }

    fn error<T>(&self, what: &str) -> Result<T, Error> {
        Err(Error(format!("{what} at byte {}", self.at)))
    }

    fn take(&mut self, count: usize) -> Result<&'de [u8], Error> {
        match self.bytes.get(self.at..).and_then(|rest| rest.get(..count)) {
            Some(taken) => {
                self.at += count;
                Ok(taken)
            }
            None => self.error("the file ends in the middle of a value"),
        }
    }

    fn number<const BYTES: usize>(&mut self) -> Result<[u8; BYTES], Error> {
        let bytes = self.take(BYTES)?;
        Ok(bytes.try_into().expect("so many bytes were taken"))
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn marker(&mut self) -> Result<u8, Error> {
        Ok(self.number::<1>()?[0])
    }

    /// A length: its type's marker and a number.
    fn length(&mut self) -> Result<usize, Error> {
        let length = match self.marker()? {
            b'i' => i64::from(i8::from_be_bytes(self.number()?)),
            b'U' => i64::from(self.number::<1>()?[0]),
            b'I' => i64::from(i16::from_be_bytes(self.number()?)),
            b'l' => i64::from(i32::from_be_bytes(self.number()?)),
            b'L' => i64::from_be_bytes(self.number()?),
            _ => return self.error("there is no length"),
        };
        usize::try_from(length).or_else(|_| self.error("a length is negative"))
    }

    fn text(&mut self) -> Result<&'de str, Error> {
        let length = self.length()?;
        let bytes = self.take(length)?;
        std::str::from_utf8(bytes).or_else(|_| self.error("a text is not UTF-8"))
    }

    /// The type and the number of a container's values, where they stand before them.
    fn header(&mut self) -> Result<Header, Error> {
        let mut header = Header { kind: None, count: None };
        if self.peek() == Some(b'$') {
            self.at += 1;
            let kind = self.marker()?;
            if !matches!(kind, b'i' | b'U' | b'I' | b'l' | b'L' | b'd' | b'D' | b'C' | b'S') {
                return self.error("an array of values of this type is not read");
            }
            header.kind = Some(kind);
        }
        if self.peek() == Some(b'#') {
            self.at += 1;
            header.count = Some(self.length()?);
        } else if header.kind.is_some() && self.peek().is_none() {
            return self.error("the file ends in the middle of a value");
        } else if header.kind.is_some() {
            return self.error("an array of one type has no length");
        }
        Ok(header)
    }

    fn value<V: Visitor<'de>>(&mut self, marker: u8, visitor: V) -> Result<V::Value, Error> {
        match marker {
            b'Z' => visitor.visit_unit(),
            b'T' => visitor.visit_bool(true),
            b'F' => visitor.visit_bool(false),
            b'i' => visitor.visit_i64(i8::from_be_bytes(self.number()?).into()),
            b'U' | b'C' => visitor.visit_u64(self.number::<1>()?[0].into()),
            b'I' => visitor.visit_i64(i16::from_be_bytes(self.number()?).into()),
            b'l' => visitor.visit_i64(i32::from_be_bytes(self.number()?).into()),
            b'L' => visitor.visit_i64(i64::from_be_bytes(self.number()?)),
            b'd' => visitor.visit_f64(f32::from_be_bytes(self.number()?).into()),
            b'D' => visitor.visit_f64(f64::from_be_bytes(self.number()?)),
            b'S' => visitor.visit_borrowed_str(self.text()?),
            b'[' => self.container(|values| visitor.visit_seq(values), b']'),
            b'{' => self.container(|values| visitor.visit_map(values), b'}'),
            _ => self.error("there is no value"),
        }
    }

    fn container<T>(
        &mut self,
        visit: impl FnOnce(&mut Values<'_, 'de>) -> Result<T, Error>,
        end: u8,
    ) -> Result<T, Error> {
        if self.depth == DEPTH_MAX {
            return self.error("values are nested too deeply");
        }
        self.depth += 1;
        let Header { kind, count } = self.header()?;
        let mut values = Values { input: self, kind, left: count, end };
        let visited = visit(&mut values)?;
        if values.has_next() {
            return self.error("there are more values than expected");
        }
        self.depth -= 1;
        Ok(visited)
    }
}

#[derive(Clone, Copy, Debug)]
struct Header {
    kind: Option<u8>,
    count: Option<usize>,
}

/// The values of an array or an object.
struct Values<'a, 'de> {
    input: &'a mut Deserializer<'de>,
    kind: Option<u8>,
    /// How many are left, where that is known; nothing once the end was read.
    left: Option<usize>,
    end: u8,
}

impl<'de> Values<'_, 'de> {
    fn has_next(&mut self) -> bool {
        match self.left {
            Some(left) => left > 0,
            None if self.input.peek() == Some(self.end) => {
                self.input.at += 1;
                self.left = Some(0);
                false
            }
            None => true,
        }
    }

    fn next<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Error> {
        if let Some(left) = &mut self.left {
            *left -= 1;
        }
        let marker = match self.kind {
            Some(kind) => kind,
            None => self.input.marker()?,
        };
        seed.deserialize(Value { input: self.input, marker })
    }
}

impl<'de> SeqAccess<'de> for &mut Values<'_, 'de> {
    type Error = Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Error> {
        if self.has_next() { self.next(seed).map(Some) } else { Ok(None) }
    }

    fn size_hint(&self) -> Option<usize> {
        self.left
    }
}

impl<'de> MapAccess<'de> for &mut Values<'_, 'de> {
    type Error = Error;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Error> {
        if !self.has_next() {
            return Ok(None);
        }
        let key = self.input.text()?;
        seed.deserialize(de::value::BorrowedStrDeserializer::new(key)).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Error> {
        self.next(seed)
    }
}

/// One value whose marker was read.
struct Value<'a, 'de> {
    input: &'a mut Deserializer<'de>,
    marker: u8,
}

impl<'de> de::Deserializer<'de> for Value<'_, 'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.input.value(self.marker, visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.marker == b'Z' { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct enum identifier ignored_any
    }
}

impl<'de> de::Deserializer<'de> for &mut Deserializer<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let marker = self.marker()?;
        self.value(marker, visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}
