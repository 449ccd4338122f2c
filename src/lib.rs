//! holdover's native half: the book of what jobs left behind, and the verdict on it.
//!
//! ```text
//! js: hooks and job scopes ─▶ survivors ─▶ batches ─▶ ledger ─▶ verdict ─▶ report ─▶ js: reporters, matchers
//!                                          (Float64Array)      (pure)      (JSON)
//! ```
//!
//! Data flows one way. Time, ids and texts come in as data, so equal input gives an equal report.
//!
//! | module | what it does |
//! |---|---|
//! | [`binding`] | the Node-API edge: converts, never decides; the only place that names napi |
//! | [`ledger`] | decodes batches and folds them into one book per run and thread |
//! | [`verdict`] | decides: leak, kept, returned, stuck, inconclusive, whether to go on; pure |
//! | [`snapshot`] | a heap snapshot of V8 as a graph |
//! | [`capture`] | a snapshot of this process, read while V8 writes it |
//! | [`analysis`] | what a snapshot says: classes, changes, dominators, distances; pure |
//! | [`report`] | the output model, fingerprints, fixes, JSON |

#![cfg_attr(test, expect(clippy::float_cmp, reason = "tests expect figures that are exact"))]

pub mod analysis;
pub mod binding;
pub mod capture;
pub mod ledger;
pub mod report;
pub mod snapshot;
pub mod verdict;
