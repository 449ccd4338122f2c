//! The settings of a run as JavaScript sends them.

use serde::Deserialize;

use crate::ledger::RunSettings;
use crate::verdict::Mode;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Config {
    mode: ConfigMode,
    #[serde(default = "default_max_keys")]
    max_keys: usize,
    #[serde(default = "default_grace_ms")]
    grace_ms: f64,
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

/// Reads the settings; fields it does not know are other halves' business.
pub fn parse(text: &str) -> Result<RunSettings, serde_json::Error> {
    let config: Config = serde_json::from_str(text)?;
    let mode = match config.mode {
        ConfigMode::Production => Mode::Production,
        ConfigMode::Check => Mode::Check,
    };
    Ok(RunSettings { mode, max_keys: config.max_keys, grace_ms: config.grace_ms })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_but_the_mode_has_a_default() {
        let settings = parse(r#"{"mode":"check"}"#).unwrap();
        assert_eq!(settings, RunSettings { mode: Mode::Check, max_keys: 16_384, grace_ms: 30_000.0 });
    }

    #[test]
    fn given_settings_win_and_unknown_ones_are_left_alone() {
        let settings = parse(r#"{"mode":"production","maxKeys":7,"graceMs":50,"level":"sites"}"#).unwrap();
        assert_eq!(settings, RunSettings { mode: Mode::Production, max_keys: 7, grace_ms: 50.0 });
    }

    #[test]
    fn missing_or_unknown_mode_is_an_error() {
        assert!(parse("{}").is_err());
        assert!(
            parse(r#"{"mode":"test"}"#).unwrap_err().to_string().contains("expected `production` or `check`")
        );
    }
}
