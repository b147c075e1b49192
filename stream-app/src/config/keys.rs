//! The names of the options: as a key of the TOML file, as a flag, as a variable of the environment.

/// The options' keys, in the order of the help.
pub const KEYS: [&str; 22] = [
    "model",
    "bootstrap_server",
    "input",
    "output",
    "dead_letter",
    "group",
    "group_instance_id",
    "group_protocol",
    "auto_offset_reset",
    "processing_guarantee",
    "transactional_id_prefix",
    "commit_interval",
    "commit_records_max",
    "threads",
    "on_decode_error",
    "on_score_error",
    "on_produce_error",
    "on_output_error",
    "output_partition",
    "prediction_headers",
    "http",
    "log_format",
];

/// What the variables' names begin with.
pub const VARIABLE_PREFIX: &str = "STREAM_APP_";

/// The variable with the path of the TOML file.
pub const CONFIG_VARIABLE: &str = "STREAM_APP_CONFIG";

/// The variable with the path of the properties file.
pub const PROPERTIES_VARIABLE: &str = "STREAM_APP_PROPERTIES";

/// What the names of variables with a client's property begin with: `STREAM_APP_PROPERTY_SASL_PASSWORD` is
/// `sasl.password`.
pub const PROPERTY_VARIABLE_PREFIX: &str = "STREAM_APP_PROPERTY_";

/// The flag of an option.
pub fn flag(key: &str) -> String {
    format!("--{}", key.replace('_', "-"))
}

/// The variable of an option.
pub fn variable(key: &str) -> String {
    format!("{VARIABLE_PREFIX}{}", key.to_ascii_uppercase())
}
