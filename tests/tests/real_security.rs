//! `run` against a real Kafka's listener with TLS and passwords: who is let in, and what is said to who is not.
//!
//! The program needs its feature `tls`: `cargo test -p acceptance --features tls --test real_security`. Without it each
//! test says loudly that it did not run.

mod kafka;
mod pricing;
mod process;

use kafka::{Cluster, SaslSsl};
use pricing::{Pricing, house, scored, stop};
use process::{App, Finished};
use std::io::{self, Write};
use std::thread;
use std::time::{Duration, Instant};

/// What a process exits with that the brokers refuse, or that refuses them.
const REFUSED: i32 = 7;

/// Two of the client's calls wait 5 s each before they say that there is no way to the brokers. The rest is for a busy machine.
const REFUSAL_MAX: Duration = Duration::from_secs(45);

const GUARANTEES: [&str; 2] = ["at_least_once", "exactly_once"];

/// The variable that holds the password: a secret on a command line can be seen by others.
const PASSWORD: &str = "STREAM_APP_PROPERTY_SASL_PASSWORD";

/// A cluster with such a listener, if it and the program's TLS are there.
fn secured() -> Option<(&'static Cluster, &'static SaslSsl)> {
    if !cfg!(feature = "tls") {
        not_run("the program is built without its feature `tls`");
        return None;
    }
    let kafka = kafka::shared()?;
    Some((kafka, kafka.sasl_ssl()?))
}

/// Says so past the capture of the test runner, which hides what a passed test prints.
fn not_run(why: &str) {
    let current = thread::current();
    let line = format!(
        "\nNOT RUN: {}: {why}.\nRun `cargo test -p acceptance --features tls --test real_security`.\n\n",
        current.name().unwrap_or("a test")
    );
    // Nobody may be reading.
    let _ = io::stderr().write_all(line.as_bytes());
}

/// A process that knows the authority and the user's name.
fn run(
    pricing: &Pricing,
    sasl_ssl: &SaslSsl,
    mechanism: &str,
    password: &str,
    guarantee: &str,
    more: &[&str],
) -> App {
    let (mechanism, username) =
        (format!("sasl.mechanism={mechanism}"), format!("sasl.username={}", sasl_ssl.username));
    let mut options = vec!["--processing-guarantee", guarantee, "--property", "security.protocol=SASL_SSL"];
    options.extend(["--property", &mechanism, "--property", &username]);
    options.extend(more);
    pricing.run_at(&sasl_ssl.bootstrap_servers, &options, &[(PASSWORD, password)])
}

fn trusting(sasl_ssl: &SaslSsl) -> String {
    format!("ssl.ca.location={}", sasl_ssl.ca_file)
}

/// Waits for the end that a refusal is, and checks that the password is nowhere.
fn refused(app: App, password: &str) -> Finished {
    let finished = app.finish();
    assert_eq!(finished.code, Some(REFUSED), "{}", finished.stderr);
    assert!(!finished.stderr.contains(password), "{}", finished.stderr);
    finished
}

#[test]
fn each_mechanism_lets_the_loop_in_over_tls_at_both_guarantees() {
    let Some((kafka, sasl_ssl)) = secured() else { return };
    for mechanism in ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] {
        for guarantee in GUARANTEES {
            let pricing = Pricing::on(kafka, 2);
            pricing.produce(0..20);
            let trusting = trusting(sasl_ssl);
            let trusting = ["--property", trusting.as_str()];
            let app = run(&pricing, sasl_ssl, mechanism, &sasl_ssl.password, guarantee, &trusting);
            pricing.wait_for_results(20);
            let stderr = stop(app);
            assert!(!stderr.contains(&sasl_ssl.password), "{stderr}");
            pricing.assert_priced_once(0..20);
        }
    }
}

#[test]
fn the_properties_file_of_a_java_client_lets_the_loop_in() {
    let Some((kafka, sasl_ssl)) = secured() else { return };
    let pricing = Pricing::on(kafka, 1);
    pricing.produce(0..1);
    let folder = tempfile::tempdir().unwrap();
    let properties = folder.path().join("client.properties");
    let text = format!(
        "security.protocol=SASL_SSL\n\
         ssl.truststore.type=PEM\n\
         ssl.truststore.location={}\n\
         sasl.mechanism=SCRAM-SHA-512\n\
         sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required \\\n  \
         username=\"{}\" password=\"{}\";\n",
        sasl_ssl.ca_file, sasl_ssl.username, sasl_ssl.password
    );
    std::fs::write(&properties, text).unwrap();
    let options = ["--properties", properties.to_str().unwrap()];
    let app = pricing.run_at(&sasl_ssl.bootstrap_servers, &options, &[]);
    let results = pricing.wait_for_results(1);
    stop(app);
    assert_eq!([results[0].text()], scored(pricing::MODEL, &[house(0)]).as_slice());
}

#[test]
fn a_wrong_password_ends_the_process_with_words_and_a_code_of_its_own() {
    let Some((kafka, sasl_ssl)) = secured() else { return };
    let trusting = trusting(sasl_ssl);
    for (mechanism, guarantee) in
        [("PLAIN", "at_least_once"), ("SCRAM-SHA-256", "exactly_once"), ("SCRAM-SHA-512", "at_least_once")]
    {
        let pricing = Pricing::on(kafka, 1);
        let wrong = "not-the-password";
        let app = run(&pricing, sasl_ssl, mechanism, wrong, guarantee, &["--property", &trusting]);
        let stderr = refused(app, wrong).stderr;
        assert!(stderr.contains("event=authentication_failed"), "{mechanism} {guarantee}: {stderr}");
        assert!(stderr.contains("; check security.protocol, the name and the password"), "{stderr}");
    }
}

#[test]
fn a_certificate_of_an_unknown_authority_ends_the_process_and_names_the_property() {
    let Some((kafka, sasl_ssl)) = secured() else { return };
    for guarantee in GUARANTEES {
        let pricing = Pricing::on(kafka, 1);
        // The authorities of this system do not know that of the test.
        let app = run(&pricing, sasl_ssl, "SCRAM-SHA-512", &sasl_ssl.password, guarantee, &[]);
        let start = Instant::now();
        let stderr = refused(app, &sasl_ssl.password).stderr;
        assert!(start.elapsed() < REFUSAL_MAX, "{guarantee}: {:?}", start.elapsed());
        assert!(stderr.contains("event=tls_failed"), "{guarantee}: {stderr}");
        assert!(stderr.contains("certificate verify failed"), "{guarantee}: {stderr}");
        assert!(stderr.contains("; check ssl.ca.location"), "{guarantee}: {stderr}");
    }
}

/// It may be a broker that is about to start, so the process goes on.
#[test]
fn a_port_without_tls_is_told_as_what_it_probably_is() {
    let Some((kafka, _)) = secured() else { return };
    let pricing = Pricing::on(kafka, 1);
    let app = pricing.run(&["--property", "security.protocol=SSL"]);
    app.wait_for_stderr("connecting to a PLAINTEXT broker listener?");
    app.wait_for_stderr("event=broker_unreachable");
    stop(app);
}

#[test]
fn an_authority_s_file_that_is_not_there_is_told_before_anything_is_connected() {
    let Some((kafka, _)) = secured() else { return };
    let pricing = Pricing::on(kafka, 1);
    let options =
        ["--property", "security.protocol=SSL", "--property", "ssl.ca.location=/nonexistent/ca.pem"];
    let finished = pricing.run(&options).finish();
    assert_eq!(finished.code, Some(2), "{}", finished.stderr);
    assert!(finished.stderr.contains("ssl.ca.location"), "{}", finished.stderr);
}

/// The other way round: of a build without TLS.
#[cfg(not(feature = "tls"))]
#[test]
fn a_build_without_tls_names_the_feature_that_a_configuration_needs() {
    for (property, value) in [
        ("security.protocol", "SASL_SSL"),
        ("sasl.mechanism", "SCRAM-SHA-512"),
        ("ssl.ca.location", "ca.pem"),
    ] {
        let property = format!("{property}={value}");
        let finished = process::run(&[
            "run",
            "--bootstrap-server",
            "localhost:1",
            "--model",
            "house_prices",
            "-X",
            &property,
        ]);
        assert_eq!(finished.code, Some(2), "{}", finished.stderr);
        assert!(finished.stderr.contains("which this build can't do"), "{}", finished.stderr);
        assert!(finished.stderr.contains("--features tls"), "{}", finished.stderr);
    }
}
