//! Indices into the IR's dense vectors, a type each, so that none is taken for another.

use std::fmt;

macro_rules! id {
    ($(#[$doc:meta] $name:ident;)+) => {$(
        #[$doc]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u32);

        impl $name {
            /// The id of the element at this index.
            ///
            /// # Panics
            /// Past `u32::MAX`, which the limits of `crate::limits` keep out of reach.
            pub fn new(index: usize) -> Self {
                Self(u32::try_from(index).expect("limits keep every vector of the IR below 2^32 elements"))
            }

            /// The index of the element.
            pub fn index(self) -> usize {
                self.0 as usize
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(formatter)
            }
        }
    )+};
}

id! {
    /// A column of the training data.
    ColumnId;
    /// What a split tests: a column as prepared for comparison, or something derived from others.
    FeatureId;
    /// A tree of the ensemble.
    TreeId;
    /// A node of a tree.
    NodeId;
    /// A leaf of a tree.
    LeafId;
    /// A margin: trees add up to one number for each output.
    OutputId;
}
