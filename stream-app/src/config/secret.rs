//! Which client properties hold a secret.

/// What a secret is shown as.
pub const MASK: &str = "********";

/// Parts of names that tell a secret.
const PARTS: [&str; 6] = ["password", "passphrase", "secret", "key.pem", "keystore.key", "jaas"];

/// Properties whose values hold several things, a secret among them.
const NAMES: [&str; 2] = ["sasl.oauthbearer.config", "sasl.kerberos.kinit.cmd"];

/// Whether the value of this property must not be shown. One that is unknown may be a secret with a slip in its name:
/// values of unknown properties are never shown at all.
pub fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    NAMES.contains(&name.as_str()) || PARTS.iter().any(|part| name.contains(part))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::property_names::NAMES;

    #[test]
    fn exactly_these_properties_of_the_client_are_secret() {
        let secret: Vec<&str> = NAMES.iter().map(|(name, _)| *name).filter(|name| is_secret(name)).collect();
        assert_eq!(
            secret,
            [
                "sasl.kerberos.kinit.cmd",
                "sasl.oauthbearer.assertion.private.key.passphrase",
                "sasl.oauthbearer.assertion.private.key.pem",
                "sasl.oauthbearer.client.credentials.client.secret",
                "sasl.oauthbearer.client.secret",
                "sasl.oauthbearer.config",
                "sasl.password",
                "ssl.key.password",
                "ssl.key.pem",
                "ssl.keystore.password",
            ]
        );
        assert!(is_secret("sasl.jaas.config") && is_secret("consumer.SSL.key.Password"));
        assert!(is_secret("ssl.truststore.password") && is_secret("ssl.keystore.key"));
    }
}
