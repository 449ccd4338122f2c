//! What interned texts mean: call sites and shapes, both JSON made by the JavaScript side.

use std::fmt::{self, Display, Formatter};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// One place in the source.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    /// Path or URL; none when no frame of the user was on the stack.
    #[serde(default)]
    pub file: Option<String>,
    /// Line, from 1.
    #[serde(default)]
    pub line: Option<u32>,
    /// Column, from 1.
    #[serde(default)]
    pub column: Option<u32>,
    /// Function the place is in; none at top level.
    #[serde(default)]
    pub function: Option<String>,
}

/// A frame as a site's text holds it: file, line, column, function.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Frame(pub String, pub u32, pub u32, pub String);

impl Display for Frame {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self(file, line, column, function) = self;
        if function.is_empty() {
            write!(f, "{file}:{line}:{column}")
        } else {
            write!(f, "{function} ({file}:{line}:{column})")
        }
    }
}

/// A call site: where a resource was created, and on whose account.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Site {
    /// The creating line.
    #[serde(flatten)]
    pub place: Place,
    /// `app`, `node` or `library:<name>@<version>`.
    #[serde(default)]
    pub owner: Option<String>,
    /// `user`, or `node` when Node's own code registered it on behalf of the line.
    #[serde(default)]
    pub via: Option<String>,
    /// The job's own line that called into a library.
    #[serde(default)]
    pub called_from: Option<Place>,
    /// The user's frames, innermost first.
    #[serde(default)]
    pub frames: Vec<Frame>,
    /// The creating line in the generated file, where a source map led to the place.
    #[serde(default)]
    pub generated: Option<Place>,
}

/// How far a site vouches for what was created there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SiteTrust {
    /// No line of the user is known.
    Unknown,
    /// Node's own code created it on behalf of a line, and may take it back by finalization alone.
    Node,
    /// The line itself created it.
    User,
}

impl Site {
    /// How far it vouches for what was created there.
    #[must_use]
    pub fn trust(&self) -> SiteTrust {
        match (&self.place.file, self.via.as_deref()) {
            (None, _) => SiteTrust::Unknown,
            (Some(_), Some("node")) => SiteTrust::Node,
            (Some(_), _) => SiteTrust::User,
        }
    }

    /// Reads a site text; a text that is not one counts as an unknown place.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_default()
    }
}

/// What a shape text says, as far as the report needs it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Shape {
    /// Class of the emitter or target.
    #[serde(default)]
    pub owner: Option<String>,
    /// Event type of a listener.
    #[serde(default)]
    pub event: Option<String>,
    /// `event-target` marks an `EventTarget`; anything else is an emitter.
    #[serde(default)]
    pub target: Option<String>,
    /// Who constructed the emitter, in a check: `app`, `library:<name>@<version>` or `node`.
    #[serde(default)]
    pub made_by: Option<String>,
}

impl Shape {
    /// Reads a shape text; a text that is not one counts as a shape that says nothing.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_default()
    }

    /// The shape text without what only a check knows and with sorted fields: the same in tests and in production.
    #[must_use]
    pub fn without_site(text: &str) -> String {
        match serde_json::from_str::<Map<String, Value>>(text) {
            Ok(mut fields) => {
                fields.remove("site");
                fields.remove("madeBy");
                Value::Object(fields).to_string()
            }
            Err(_) => text.to_owned(),
        }
    }
}
