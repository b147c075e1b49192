//! The client's properties: as they were given in; under librdkafka's names, checked, out.

use super::gathered::{GivenProperty, Value};
use super::java::{Translation, translate};
use super::library::Library;
use super::origin::{Origin, printable};
use super::problem::{Problem, did_you_mean, quoted};
use super::property_names::{self, NAMES, Scope, canonical};
use super::reserved::{self, Verdict};
use super::secret::is_secret;

/// Which of the two clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The one that reads the input.
    Consumer,
    /// The one that writes results and dead letters.
    Producer,
}

impl Role {
    /// What the names of properties for this client alone begin with.
    pub fn prefix(self) -> &'static str {
        match self {
            Self::Consumer => "consumer.",
            Self::Producer => "producer.",
        }
    }
}

/// Kafka Streams' prefixes of properties for one client.
const PREFIXES: [(&str, Role); 3] =
    [("main.consumer.", Role::Consumer), ("consumer.", Role::Consumer), ("producer.", Role::Producer)];

/// A property by librdkafka's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Property {
    /// For which client, if it is for one.
    pub role: Option<Role>,
    /// The canonical name.
    pub name: String,
    /// The value. It may be a secret.
    pub value: String,
    /// Where it came from.
    pub origin: Origin,
}

/// Whose properties they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum User {
    /// The loop, which has properties of its own.
    Loop,
    /// A command that only reads or only writes.
    Tool,
}

/// What the properties come to.
#[derive(Debug, Default)]
pub struct Resolved {
    /// For the clients.
    pub properties: Vec<Property>,
    /// For our options.
    pub options: Vec<(&'static str, Value)>,
    /// What has no meaning here, and why.
    pub notes: Vec<String>,
    /// What is wrong.
    pub problems: Vec<Problem>,
}

/// Understands the properties, in rising order of precedence.
pub fn resolve(given: &[GivenProperty], user: User, library: &Library) -> Resolved {
    let effective = effective(given);
    let mut resolver = Resolver { user, library, resolved: Resolved::default() };
    for (role, property) in &effective {
        let other = |name: &str| {
            let found = effective.iter().find(|(its_role, it)| its_role == role && it.name == name);
            found.map(|(_, it)| it.value.as_str())
        };
        match translate(&property.name, &property.value, &other) {
            Translation::Unknown => resolver.client(*role, &property.name, property),
            Translation::Option(key, text) => {
                let origin = property.origin.clone();
                resolver.resolved.options.push((key, Value { text, origin }));
            }
            Translation::Client(translated) => {
                for (name, value) in translated {
                    resolver.client(*role, name, &GivenProperty { value, ..property.clone() });
                }
            }
            // `topic.blacklist` is librdkafka's, `topic.retention.ms` Kafka Streams'.
            Translation::Meaningless(_) if property_names::scope(&property.name).is_some() => {
                resolver.client(*role, &property.name, property);
            }
            Translation::Meaningless(why) => {
                let note = format!("{}: it has no meaning here: {why}", property.origin);
                resolver.resolved.notes.push(note);
            }
            Translation::Refused(found, action) => {
                resolver.resolved.problems.push(Problem::new(&property.origin, found, action));
            }
        }
    }
    resolver.resolved
}

/// Of each property the last, under its name without a prefix and without an alias.
fn effective(given: &[GivenProperty]) -> Vec<(Option<Role>, GivenProperty)> {
    let mut effective: Vec<(Option<Role>, GivenProperty)> = Vec::new();
    for property in given {
        let prefixed = PREFIXES
            .iter()
            .find_map(|(prefix, role)| Some((Some(*role), property.name.strip_prefix(prefix)?)));
        let (role, name) = prefixed.unwrap_or((None, &property.name));
        let name = canonical(name).to_owned();
        effective.retain(|(its_role, it)| *its_role != role || it.name != name);
        effective.push((role, GivenProperty { name, ..property.clone() }));
    }
    effective
}

struct Resolver<'a> {
    user: User,
    library: &'a Library,
    resolved: Resolved,
}

impl Resolver<'_> {
    /// Takes a property under librdkafka's name, if it may be set and the client takes it.
    fn client(&mut self, role: Option<Role>, name: &str, property: &GivenProperty) {
        let origin = &property.origin;
        if self.user == User::Loop {
            match reserved::judge(name, &property.value) {
                Verdict::Free => {}
                Verdict::Harmless => return,
                Verdict::Refused(found, action) => return self.refuse(origin, found, action),
            }
        }
        if !self.library.knows(name) {
            let known = NAMES.iter().map(|(name, _)| *name);
            let action = format!("{}librdkafka's CONFIGURATION.md lists them", did_you_mean(name, known));
            let found = format!("the client has no property `{}`", printable(name));
            return self.refuse(origin, found, action);
        }
        let scope = property_names::scope(name).unwrap_or(Scope::Both);
        let other = match (role, scope) {
            (Some(Role::Consumer), Scope::Producer) => Some(("producer", Role::Producer)),
            (Some(Role::Producer), Scope::Consumer) => Some(("consumer", Role::Consumer)),
            _ => None,
        };
        if let Some((noun, other)) = other {
            let found = format!("`{name}` has a meaning for a {noun} only");
            return self.refuse(origin, found, format!("write `{}{name}`, or leave it out", other.prefix()));
        }
        if let Some(action) = self.library.lacks(name, &property.value) {
            let found = if is_secret(name) { "set".to_owned() } else { quoted(&property.value) };
            return self.refuse(origin, format!("`{name}` is {found}, which this build can't do"), action);
        }
        if let Err(action) = self.library.check_value(name, &property.value) {
            let found = if is_secret(name) {
                format!("`{name}` has a wrong value")
            } else {
                format!("`{name}` is {}", quoted(&property.value))
            };
            return self.refuse(origin, found, action);
        }
        let property =
            Property { role, name: name.to_owned(), value: property.value.clone(), origin: origin.clone() };
        self.add(property);
    }

    /// Adds a property. Where two of Java's come to the same one, the later prevails.
    fn add(&mut self, property: Property) {
        self.resolved.properties.retain(|it| it.role != property.role || it.name != property.name);
        self.resolved.properties.push(property);
    }

    fn refuse(&mut self, origin: &Origin, found: String, action: String) {
        self.resolved.problems.push(Problem::new(origin, found, action));
    }
}

/// The properties of one client: those for both that have a meaning for it, and over them its own.
pub fn of_role(role: Role, common: &[(String, String)], own: &[(String, String)]) -> Vec<(String, String)> {
    let foreign = match role {
        Role::Consumer => Scope::Producer,
        Role::Producer => Scope::Consumer,
    };
    let mut properties: Vec<(String, String)> = common
        .iter()
        .filter(|(name, _)| property_names::scope(name) != Some(foreign))
        .filter(|(name, _)| !own.iter().any(|(it, _)| it == name))
        .cloned()
        .collect();
    properties.extend_from_slice(own);
    properties
}
