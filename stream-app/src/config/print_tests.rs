//! What `--print-config` prints is a configuration: the same one, with origins and without secrets.

use super::Config;
use super::given::given;
use super::secret::MASK;

#[test]
fn what_is_printed_is_loaded_again_as_the_same_configuration() {
    let mut first = given()
        .toml("[properties]\n\"client.id\" = \"quote \\\" hash # line\\nnext\"\n")
        .properties_file("main.consumer.fetch.min.bytes=7\nproducer.linger.ms=3\nfetch.max.bytes=1000000\n")
        .flag("processing_guarantee", "exactly_once_v2")
        .flag("http", "127.0.0.1:1")
        .flag("prediction_headers", "true")
        .flag("commit_records_max", "77");
    let loaded = first.load().unwrap();
    let printed = loaded.to_toml();
    let mut second = given();
    second.toml = printed;
    assert_eq!(second.load().unwrap().config, loaded.config);
    assert_eq!(loaded.config.consumer_properties, [("fetch.min.bytes".to_owned(), "7".to_owned())]);
    assert_eq!(loaded.config.properties.len(), 2);
}

#[test]
fn printing_names_each_origin_and_masks_secrets_which_are_to_be_given_again() {
    let login = "sasl.mechanism=PLAIN\nsecurity.protocol=SASL_PLAINTEXT\n\
                 sasl.jaas.config=a.PlainLoginModule required \\\n  username=\"alice\" password=\"hunter2\";\n";
    let mut first = given().properties_file(login).variable("STREAM_APP_INPUT", "houses");
    let loaded = first.load().unwrap();
    assert!(loaded.config.properties.contains(&("sasl.password".to_owned(), "hunter2".to_owned())));
    let printed = first.shown(&loaded.to_toml());
    for line in [
        "model = \"number\"  # app.toml:1 (model)",
        "input = \"houses\"  # STREAM_APP_INPUT",
        "dead_letter = \"houses-dead-letters\"  # default: the input's name and -dead-letters",
        "commit_interval = 1000  # default: that of at_least_once",
        "# http is not set",
        "\"sasl.username\" = \"alice\"  # client.properties:3 (sasl.jaas.config)",
    ] {
        assert!(printed.lines().any(|it| it == line), "{line} in {printed}");
    }
    assert!(
        printed.contains(&format!("# \"sasl.password\" = \"{MASK}\"  # client.properties:3")),
        "{printed}"
    );
    assert!(!printed.contains("hunter2"), "{printed}");
    let mut second = given();
    second.toml = printed;
    let missing = second.load().unwrap_err();
    assert!(missing[0].contains("sasl.password must be set"), "{missing:?}");
    second = second.variable("STREAM_APP_PROPERTY_SASL_PASSWORD", "hunter2");
    let mut again = second.config();
    again.properties.sort();
    let mut properties = loaded.config.properties.clone();
    properties.sort();
    assert_eq!(again, Config { properties, ..loaded.config });
}
