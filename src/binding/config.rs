//! What a thread joins a run with, as JavaScript sends it.

use serde::Deserialize;

use crate::ledger::{RunSettings, Terms};
use crate::verdict::Mode;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Config {
    mode: ConfigMode,
    #[serde(default = "default_max_keys")]
    max_keys: usize,
    #[serde(default = "default_grace_ms")]
    grace_ms: f64,
    #[serde(default)]
    name: String,
    #[serde(default)]
    started_at_ms: f64,
    #[serde(default)]
    prints: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
enum ConfigMode {
    Production,
    Check,
}

const fn default_max_keys() -> usize {
    16_384
}

const fn default_grace_ms() -> f64 {
    30_000.0
}

/// Reads what a thread joins with; fields it does not know are other halves' business.
pub fn parse(text: &str) -> Result<(Terms, bool), serde_json::Error> {
    let config: Config = serde_json::from_str(text)?;
    let mode = match config.mode {
        ConfigMode::Production => Mode::Production,
        ConfigMode::Check => Mode::Check,
    };
    let settings = RunSettings { mode, max_keys: config.max_keys, grace_ms: config.grace_ms };
    let terms = Terms { settings, name: config.name, started_at_ms: config.started_at_ms };
    Ok((terms, config.prints))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_but_the_mode_has_a_default() {
        let (terms, prints) = parse(r#"{"mode":"check"}"#).unwrap();
        let settings = RunSettings { mode: Mode::Check, max_keys: 16_384, grace_ms: 30_000.0 };
        assert_eq!((terms, prints), (Terms { settings, name: String::new(), started_at_ms: 0.0 }, false));
    }

    #[test]
    fn given_settings_win_and_unknown_ones_are_left_alone() {
        let text = r#"{"mode":"production","maxKeys":7,"graceMs":50,"level":"sites","name":"mails",
                       "startedAtMs":9,"prints":true}"#;
        let settings = RunSettings { mode: Mode::Production, max_keys: 7, grace_ms: 50.0 };
        let terms = Terms { settings, name: "mails".to_owned(), started_at_ms: 9.0 };
        assert_eq!(parse(text).unwrap(), (terms, true));
    }

    #[test]
    fn missing_or_unknown_mode_is_an_error() {
        assert!(parse("{}").is_err());
        assert!(
            parse(r#"{"mode":"test"}"#).unwrap_err().to_string().contains("expected `production` or `check`")
        );
    }
}
