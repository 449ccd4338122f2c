//! Types of nodes and edges. A snapshot names them itself and numbers them as it likes.

/// What a node is. Names are V8's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NodeKind {
    /// Of V8's own making: maps, contexts, cells.
    Hidden,
    /// Storage of elements and properties.
    Array,
    /// A string.
    String,
    /// An object, also an array.
    Object,
    /// Compiled code.
    Code,
    /// A function.
    Closure,
    /// A regular expression.
    RegExp,
    /// Made by the embedder, outside the heap.
    Native,
    /// A group that V8 makes up, like the roots.
    Synthetic,
    /// Two strings that are one.
    ConcatenatedString,
    /// A part of a string.
    SlicedString,
    /// Numbers, symbols, shapes and whatever V8 adds later: their name is their type.
    Other,
}

impl NodeKind {
    /// A string, however V8 puts it together.
    #[must_use]
    pub const fn is_text(self) -> bool {
        matches!(self, Self::String | Self::ConcatenatedString | Self::SlicedString)
    }

    /// The type of that name.
    #[must_use]
    pub fn named(name: &str) -> Self {
        match name {
            "hidden" => Self::Hidden,
            "array" => Self::Array,
            "string" => Self::String,
            "object" => Self::Object,
            "code" => Self::Code,
            "closure" => Self::Closure,
            "regexp" => Self::RegExp,
            "native" => Self::Native,
            "synthetic" => Self::Synthetic,
            "concatenated string" => Self::ConcatenatedString,
            "sliced string" => Self::SlicedString,
            _ => Self::Other,
        }
    }
}

/// What an edge is. Names are V8's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum EdgeKind {
    /// A variable of a closure.
    Context,
    /// An element of an array.
    Element,
    /// A property.
    Property,
    /// What no program can read, with a name.
    Internal,
    /// What no program can read, with a number.
    Hidden,
    /// A short way from a root.
    Shortcut,
    /// Keeps nothing alive.
    Weak,
    /// A type that V8 adds later; taken for one with a name.
    Other,
}

impl EdgeKind {
    const ALL: [Self; 8] = [
        Self::Context,
        Self::Element,
        Self::Property,
        Self::Internal,
        Self::Hidden,
        Self::Shortcut,
        Self::Weak,
        Self::Other,
    ];

    /// The type of that name.
    #[must_use]
    pub fn named(name: &str) -> Self {
        match name {
            "context" => Self::Context,
            "element" => Self::Element,
            "property" => Self::Property,
            "internal" => Self::Internal,
            "hidden" => Self::Hidden,
            "shortcut" => Self::Shortcut,
            "weak" => Self::Weak,
            _ => Self::Other,
        }
    }

    /// Whether it has a number where others have a name.
    #[must_use]
    pub fn is_numbered(self) -> bool {
        matches!(self, Self::Element | Self::Hidden)
    }

    pub(super) fn from_bits(bits: u32) -> Self {
        Self::ALL[bits as usize % Self::ALL.len()]
    }

    pub(super) fn bits(self) -> u32 {
        self as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_bits_hold_an_edge_type() {
        for kind in EdgeKind::ALL {
            assert_eq!(EdgeKind::from_bits(kind.bits()), kind);
        }
    }
}
