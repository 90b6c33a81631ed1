//! The values of pages in JSON: each is taken whatever stands in its place, so that one bad entry
//! costs that entry and not the page, and none needs a piece of memory of its own.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use smallvec::SmallVec;

use crate::package::Digest;

/// A value that is taken whatever stands there: what has no meaning in its place counts as nothing.
pub(super) trait Value<'de>: Default {
    fn of_bool(_: bool) -> Self {
        Self::default()
    }

    fn of_number(_: u64) -> Self {
        Self::default()
    }

    fn of_text(_: Cow<'de, str>) -> Self {
        Self::default()
    }

    fn of_list<A: SeqAccess<'de>>(mut values: A) -> Result<Self, A::Error> {
        while values.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Self::default())
    }

    fn of_table<A: MapAccess<'de>>(mut entries: A) -> Result<Self, A::Error> {
        while entries.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Self::default())
    }
}

/// Reads a [`Value`].
pub(super) struct Any<T>(PhantomData<T>);

/// Reads a value of the kind that is wanted.
pub(super) fn any<T>() -> Any<T> {
    Any(PhantomData)
}

impl<'de, T: Value<'de>> DeserializeSeed<'de> for Any<T> {
    type Value = T;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, T: Value<'de>> Visitor<'de> for Any<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<T, E> {
        Ok(T::of_bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<T, E> {
        Ok(T::of_number(value))
    }

    fn visit_i64<E>(self, _: i64) -> Result<T, E> {
        Ok(T::default())
    }

    fn visit_f64<E>(self, _: f64) -> Result<T, E> {
        Ok(T::default())
    }

    fn visit_unit<E>(self) -> Result<T, E> {
        Ok(T::default())
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<T, E> {
        Ok(T::of_text(Cow::Borrowed(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<T, E> {
        Ok(T::of_text(Cow::Owned(value.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, values: A) -> Result<T, A::Error> {
        T::of_list(values)
    }

    fn visit_map<A: MapAccess<'de>>(self, entries: A) -> Result<T, A::Error> {
        T::of_table(entries)
    }
}

/// A text.
#[derive(Default)]
pub(super) struct Text<'a>(pub(super) Option<Cow<'a, str>>);

impl<'de> Value<'de> for Text<'de> {
    fn of_text(text: Cow<'de, str>) -> Self {
        Self(Some(text))
    }
}

/// A number.
#[derive(Default)]
pub(super) struct Number(pub(super) Option<u64>);

impl Value<'_> for Number {
    fn of_number(number: u64) -> Self {
        Self(Some(number))
    }
}

/// Why a file was yanked.
#[derive(Default)]
pub(super) struct Yanked<'a>(pub(super) Option<Cow<'a, str>>);

impl<'de> Value<'de> for Yanked<'de> {
    fn of_bool(is_yanked: bool) -> Self {
        Self(is_yanked.then_some(Cow::Borrowed("")))
    }

    fn of_text(reason: Cow<'de, str>) -> Self {
        Self(Some(reason))
    }
}

/// A table of digests; those that make no sense are passed over.
#[derive(Default)]
pub(super) struct Hashes(pub(super) SmallVec<[Digest; 1]>);

impl<'de> Value<'de> for Hashes {
    fn of_table<A: MapAccess<'de>>(mut entries: A) -> Result<Self, A::Error> {
        let mut digests = SmallVec::new();
        while let Some(name) = entries.next_key_seed(any::<Text<'de>>())? {
            let digits = entries.next_value_seed(any::<Text<'de>>())?;
            if let (Text(Some(name)), Text(Some(digits))) = (name, digits) {
                digests.extend(Digest::new(&name, &digits));
            }
        }
        Ok(Self(digests))
    }
}

/// What a page says of the metadata beside a file.
#[derive(Default)]
pub(super) enum Said {
    #[default]
    Nothing,
    There(bool),
    Hashes(Hashes),
    NoSense,
}

impl Said {
    pub(super) fn is_nothing(&self) -> bool {
        matches!(self, Self::Nothing)
    }
}

impl<'de> Value<'de> for Said {
    fn of_bool(is_there: bool) -> Self {
        Self::There(is_there)
    }

    fn of_number(_: u64) -> Self {
        Self::NoSense
    }

    fn of_text(_: Cow<'de, str>) -> Self {
        Self::NoSense
    }

    fn of_list<A: SeqAccess<'de>>(values: A) -> Result<Self, A::Error> {
        IgnoredAny.visit_seq(values).map(|_| Self::NoSense)
    }

    fn of_table<A: MapAccess<'de>>(entries: A) -> Result<Self, A::Error> {
        Hashes::of_table(entries).map(Self::Hashes)
    }
}

/// Any JSON value, as far as pages use it.
#[derive(Default)]
pub(super) enum Loose<'a> {
    #[default]
    Nothing,
    Other,
    Text(Cow<'a, str>),
    Texts(Vec<Cow<'a, str>>),
    Table(Vec<(Cow<'a, str>, Loose<'a>)>),
}

impl Loose<'_> {
    pub(super) fn to_text(&self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text.to_string()),
            _ => None,
        }
    }

    pub(super) fn to_texts(&self) -> Vec<String> {
        match self {
            Self::Texts(texts) => texts.iter().map(ToString::to_string).collect(),
            _ => Vec::new(),
        }
    }

    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        match self {
            Self::Table(table) => table
                .iter()
                .find(|(name, _)| name == key)
                .map(|(_, value)| value),
            _ => None,
        }
    }
}

impl<'de> Value<'de> for Loose<'de> {
    fn of_bool(_: bool) -> Self {
        Self::Other
    }

    fn of_number(_: u64) -> Self {
        Self::Other
    }

    fn of_text(text: Cow<'de, str>) -> Self {
        Self::Text(text)
    }

    fn of_list<A: SeqAccess<'de>>(mut values: A) -> Result<Self, A::Error> {
        let mut texts = Vec::new();
        while let Some(value) = values.next_element_seed(any::<Text<'de>>())? {
            texts.extend(value.0);
        }
        Ok(Self::Texts(texts))
    }

    fn of_table<A: MapAccess<'de>>(mut entries: A) -> Result<Self, A::Error> {
        let mut table = Vec::new();
        while let Some(key) = entries.next_key_seed(any::<Text<'de>>())? {
            let value = entries.next_value_seed(any())?;
            table.extend(key.0.map(|key| (key, value)));
        }
        Ok(Self::Table(table))
    }
}
