//! `sasl.jaas.config`, Java's way to give a user name and a password: its line in, librdkafka's properties out.

/// User name and password of a line such as
/// `org.apache.kafka.common.security.plain.PlainLoginModule required username="alice" password="…";`; else what to
/// do instead, without a word of the line's values.
pub fn credentials(line: &str) -> Result<(String, String), &'static str> {
    let module = line.split_whitespace().next().unwrap_or_default();
    match module.rsplit('.').next().unwrap_or_default() {
        "PlainLoginModule" | "ScramLoginModule" => {}
        "Krb5LoginModule" => {
            return Err("for Kerberos set `sasl.kerberos.principal` and `sasl.kerberos.keytab`");
        }
        "OAuthBearerLoginModule" => {
            return Err("for OAUTHBEARER set `sasl.oauthbearer.method=oidc`, `sasl.oauthbearer.client.id`, \
                        `sasl.oauthbearer.client.secret` and `sasl.oauthbearer.token.endpoint.url`");
        }
        _ => {
            return Err("only PlainLoginModule and ScramLoginModule are understood; set `sasl.username` \
                        and `sasl.password`");
        }
    }
    let options = options(line.trim_start().strip_prefix(module).unwrap_or_default());
    let value = |name: &str| options.iter().find(|(found, _)| found == name).map(|(_, value)| value.clone());
    match (value("username"), value("password")) {
        (Some(username), Some(password)) => Ok((username, password)),
        _ => Err("the line has to have username=\"…\" and password=\"…\"; or set `sasl.username` and \
                  `sasl.password`"),
    }
}

/// The `name=value` pairs; a value may be quoted, and then a backslash escapes what follows.
fn options(text: &str) -> Vec<(String, String)> {
    let mut options = Vec::new();
    let mut characters = text.chars().peekable();
    while characters.peek().is_some() {
        let mut name = String::new();
        while let Some(character) = characters.next_if(|character| *character != '=') {
            // What stands before a name, such as `required`, is none of it.
            if character.is_whitespace() { name.clear() } else { name.push(character) }
        }
        characters.next();
        let mut value = String::new();
        if characters.next_if_eq(&'"').is_some() {
            while let Some(character) = characters.next_if(|character| *character != '"') {
                value.extend(if character == '\\' { characters.next() } else { Some(character) });
            }
            characters.next();
        } else {
            while let Some(character) = characters.next_if(|it| !it.is_whitespace() && *it != ';') {
                value.push(character);
            }
        }
        options.push((name, value));
    }
    options
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> (String, String) {
        credentials(line).unwrap()
    }

    #[test]
    fn user_and_password_come_out_of_a_plain_and_of_a_scram_line() {
        let plain = r#" org.apache.kafka.common.security.plain.PlainLoginModule required username="alice" password="a b;=c";"#;
        assert_eq!(read(plain), ("alice".to_owned(), "a b;=c".to_owned()));
        let scram = "org.apache.kafka.common.security.scram.ScramLoginModule required\n password=\"x\\\"y\\\\\"\n tokenauth=\"true\" username=bob ;";
        assert_eq!(read(scram), ("bob".to_owned(), "x\"y\\".to_owned()));
    }

    #[test]
    fn other_modules_and_lines_without_a_password_are_explained_and_not_repeated() {
        for (line, part) in [
            (
                "com.sun.security.auth.module.Krb5LoginModule required keyTab=\"hunter2\";",
                "sasl.kerberos.keytab",
            ),
            ("a.OAuthBearerLoginModule required clientSecret=\"hunter2\";", "sasl.oauthbearer.client.secret"),
            ("x.PlainLoginModule required username=\"hunter2\";", "password=\"…\""),
            ("hunter2", "`sasl.username`"),
            ("", "`sasl.username`"),
        ] {
            let explained = credentials(line).unwrap_err();
            assert!(explained.contains(part) && !explained.contains("hunter2"), "{explained}");
        }
    }
}
