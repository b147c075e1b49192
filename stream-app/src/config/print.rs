//! `--print-config`: a configuration in; the TOML file that says the same out, with the origin of each value beside it.

use super::choice::Choice;
use super::keys::KEYS;
use super::load::Loaded;
use super::secret::{MASK, is_secret};
use super::{Config, Role};
use std::fmt::Write;
use toml::Value;

impl Loaded {
    /// The file. Secrets are masked, and commented out: what is loaded again takes them from elsewhere.
    pub fn to_toml(&self) -> String {
        let mut text =
            String::from("# The configuration of `stream-app run`, and where each value comes from.\n");
        for key in KEYS {
            match value(&self.config, key) {
                Some(value) => {
                    let origin = self.origins.get(key).map_or_else(String::new, |it| format!("  # {it}"));
                    let _ = writeln!(text, "{key} = {value}{origin}");
                }
                None => {
                    let _ = writeln!(text, "# {key} is not set");
                }
            }
        }
        text.push_str("\n[properties]\n");
        for property in &self.properties {
            let prefix = property.role.map_or("", Role::prefix);
            let name = Value::from(format!("{prefix}{}", property.name));
            let _ = if is_secret(&property.name) {
                writeln!(text, "# {name} = \"{MASK}\"  # {}; a secret, give it again", property.origin)
            } else {
                writeln!(text, "{name} = {}  # {}", Value::from(property.value.clone()), property.origin)
            };
        }
        text
    }
}

/// An option's value; nothing if it has none.
fn value(config: &Config, key: &str) -> Option<Value> {
    let number = |number: u64| Value::from(i64::try_from(number).unwrap_or(i64::MAX));
    Some(match key {
        "model" => Value::from(config.model.clone()?),
        "bootstrap_server" => Value::from(config.bootstrap_server.clone()),
        "input" => Value::from(config.input.clone()),
        "output" => Value::from(config.output.clone()),
        "dead_letter" => Value::from(config.dead_letter.clone()),
        "group" => Value::from(config.group.clone()),
        "group_instance_id" => Value::from(config.group_instance_id.clone()?),
        "group_protocol" => Value::from(config.group_protocol.name()),
        "auto_offset_reset" => Value::from(config.auto_offset_reset.name()),
        "processing_guarantee" => Value::from(config.processing_guarantee.name()),
        "transactional_id_prefix" => Value::from(config.transactional_id_prefix.clone()),
        "commit_interval" => number(u64::try_from(config.commit_interval.as_millis()).unwrap_or(u64::MAX)),
        "commit_records_max" => number(config.commit_records_max),
        "threads" => number(config.threads as u64),
        "on_decode_error" => Value::from(config.on_decode_error.name()),
        "on_score_error" => Value::from(config.on_score_error.name()),
        "on_produce_error" => Value::from(config.on_produce_error.name()),
        "on_output_error" => Value::from(config.on_output_error.name()),
        "output_partition" => Value::from(config.output_partition.name()),
        "prediction_headers" => Value::from(config.prediction_headers),
        "http" => Value::from(config.http?.to_string()),
        "log_format" => Value::from(config.log_format.name()),
        key => unreachable!("`{key}` is not one of KEYS"),
    })
}
