//! An H2O dump as its JSON has it: nothing checked but its syntax, trees flattened into vectors.

use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use serde_json::value::RawValue;
use std::{cell::RefCell, collections::HashMap, fmt, rc::Rc};

/// The whole file.
#[derive(Debug, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Dump {
    pub params: Option<Box<RawValue>>,
    pub domain_values: Option<Box<RawValue>>,
    pub trees: Option<Vec<RawTree>>,
}

/// One entry of `trees`.
#[derive(Debug, serde::Deserialize)]
pub(super) struct RawTree {
    pub root: Option<RawNodes>,
}

/// The nodes of a tree, parents before children; the first is the root.
#[derive(Debug, Default)]
pub(super) struct RawNodes(pub Vec<RawNode>);

/// One node's fields.
#[derive(Debug, Default)]
pub(super) struct RawNode {
    pub parent: Option<(usize, Side)>,
    pub node_number: Scalar,
    pub col_id: Scalar,
    pub col_name: Scalar,
    pub leftward: Scalar,
    pub is_categorical: Scalar,
    pub split_value: Scalar,
    pub pred_value: Scalar,
    pub match_values: Option<Vec<Scalar>>,
    pub left: Child,
    pub right: Child,
}

/// Which child of its parent a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Left,
    Right,
}

/// What stands under `leftChild` or `rightChild`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Child {
    #[default]
    Absent,
    Node(usize),
    NoObject,
}

/// What stands under any other key.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) enum Scalar {
    #[default]
    Absent,
    Null,
    Number(f64),
    Boolean(bool),
    Text(Rc<str>),
    Composite,
}

impl fmt::Display for Scalar {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent => formatter.write_str("nothing"),
            Self::Null => formatter.write_str("null"),
            // A large number in full would fill the line with zeros.
            Self::Number(number) if number.abs() >= 1e16 => write!(formatter, "{number:e}"),
            Self::Number(number) => number.fmt(formatter),
            Self::Boolean(boolean) => boolean.fmt(formatter),
            Self::Text(text) => write!(formatter, "the text {text:?}"),
            Self::Composite => formatter.write_str("an object or an array"),
        }
    }
}

impl<'de> Deserialize<'de> for RawNodes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut nodes = Self::default();
        let names = RefCell::new(HashMap::new());
        deserializer.deserialize_any(NodeVisitor { nodes: &mut nodes.0, names: &names, parent: None })?;
        Ok(nodes)
    }
}

/// Column names already met, so that a million nodes don't hold a million copies.
type Names = RefCell<HashMap<String, Rc<str>>>;

struct NodeVisitor<'a> {
    nodes: &'a mut Vec<RawNode>,
    names: &'a Names,
    parent: Option<(usize, Side)>,
}

impl<'de> DeserializeSeed<'de> for NodeVisitor<'_> {
    type Value = Child;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Child, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for NodeVisitor<'_> {
    type Value = Child;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a node")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Child, A::Error> {
        let Self { nodes, names, parent } = self;
        let id = nodes.len();
        nodes.push(RawNode { parent, ..RawNode::default() });
        while let Some(key) = map.next_key::<Key>()? {
            let scalar = ScalarVisitor(names);
            match key {
                Key::NodeNumber => nodes[id].node_number = map.next_value_seed(scalar)?,
                Key::ColId => nodes[id].col_id = map.next_value_seed(scalar)?,
                Key::ColName => nodes[id].col_name = map.next_value_seed(scalar)?,
                Key::Leftward => nodes[id].leftward = map.next_value_seed(scalar)?,
                Key::IsCategorical => nodes[id].is_categorical = map.next_value_seed(scalar)?,
                Key::SplitValue => nodes[id].split_value = map.next_value_seed(scalar)?,
                Key::PredValue => nodes[id].pred_value = map.next_value_seed(scalar)?,
                Key::MatchValues => nodes[id].match_values = Some(map.next_value_seed(ListVisitor(names))?),
                Key::LeftChild => {
                    let parent = Some((id, Side::Left));
                    nodes[id].left = map.next_value_seed(NodeVisitor { nodes, names, parent })?;
                }
                Key::RightChild => {
                    let parent = Some((id, Side::Right));
                    nodes[id].right = map.next_value_seed(NodeVisitor { nodes, names, parent })?;
                }
                Key::Other => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(Child::Node(id))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, sequence: A) -> Result<Child, A::Error> {
        IgnoredAny.visit_seq(sequence)?;
        Ok(Child::NoObject)
    }

    fn visit_unit<E: Error>(self) -> Result<Child, E> {
        Ok(Child::Absent)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Child, E> {
        Ok(Child::NoObject)
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Child, E> {
        Ok(Child::NoObject)
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Child, E> {
        Ok(Child::NoObject)
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Child, E> {
        Ok(Child::NoObject)
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<Child, E> {
        Ok(Child::NoObject)
    }
}

/// A node's keys; the others say nothing that scoring needs.
#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
enum Key {
    NodeNumber,
    ColId,
    ColName,
    Leftward,
    IsCategorical,
    SplitValue,
    PredValue,
    MatchValues,
    LeftChild,
    RightChild,
    #[serde(other)]
    Other,
}

struct ScalarVisitor<'a>(&'a Names);

impl<'de> DeserializeSeed<'de> for ScalarVisitor<'_> {
    type Value = Scalar;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Scalar, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ScalarVisitor<'_> {
    type Value = Scalar;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value")
    }

    fn visit_unit<E: Error>(self) -> Result<Scalar, E> {
        Ok(Scalar::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Scalar, E> {
        Ok(Scalar::Boolean(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Scalar, E> {
        Ok(Scalar::Number(value as f64))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Scalar, E> {
        Ok(Scalar::Number(value as f64))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Scalar, E> {
        Ok(Scalar::Number(value))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Scalar, E> {
        let mut names = self.0.borrow_mut();
        if let Some(name) = names.get(value) {
            return Ok(Scalar::Text(Rc::clone(name)));
        }
        let name: Rc<str> = value.into();
        names.insert(value.to_owned(), Rc::clone(&name));
        Ok(Scalar::Text(name))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Scalar, A::Error> {
        IgnoredAny.visit_map(map)?;
        Ok(Scalar::Composite)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, sequence: A) -> Result<Scalar, A::Error> {
        IgnoredAny.visit_seq(sequence)?;
        Ok(Scalar::Composite)
    }
}

/// A list of scalars.
struct ListVisitor<'a>(&'a Names);

impl<'de> DeserializeSeed<'de> for ListVisitor<'_> {
    type Value = Vec<Scalar>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Vec<Scalar>, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for ListVisitor<'_> {
    type Value = Vec<Scalar>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list of level indices")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Vec<Scalar>, A::Error> {
        let mut scalars = Vec::new();
        while let Some(scalar) = sequence.next_element_seed(ScalarVisitor(self.0))? {
            scalars.push(scalar);
        }
        Ok(scalars)
    }
}
