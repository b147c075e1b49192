//! How `produce`, `consume` and their like reach Kafka: the same sources and spellings as `run`'s, of which they need the
//! brokers and the client's properties alone.

use super::gathered::{Sources, gather};
use super::library::Library;
use super::options::Options;
use super::problem::Problems;
use super::property::{Role, User, of_role, resolve};
use crate::clients;
use rdkafka::ClientConfig;

/// Brokers, and how to talk to them.
#[derive(Clone, Debug)]
pub struct Broker {
    /// The brokers to begin with, as `HOST:PORT`, several with commas.
    pub bootstrap_server: String,
    properties: Vec<(Option<Role>, String, String)>,
}

impl Broker {
    /// A client's configuration as far as the user has a say in it.
    pub fn client_config(&self, role: Role) -> ClientConfig {
        let of = |role: Option<Role>| {
            let found = self.properties.iter().filter(|(its_role, ..)| *its_role == role);
            found.map(|(_, name, value)| (name.clone(), value.clone())).collect::<Vec<_>>()
        };
        clients::common(&self.bootstrap_server, &of_role(role, &of(None), &of(Some(role))))
    }
}

/// Finds the brokers and the client's properties. What is only for the loop is left aside.
pub fn load_broker(sources: &Sources) -> Result<Broker, Problems> {
    let mut gathered = gather(sources);
    let resolved = resolve(&gathered.properties, User::Tool, &Library::linked());
    gathered.options.extend(resolved.options);
    let mut options = Options::new(gathered.options);
    let bootstrap_server = options.brokers("bootstrap_server");
    let mut problems = gathered.problems;
    problems.append(&mut options.problems);
    problems.extend(resolved.problems);
    if !problems.is_empty() {
        return Err(Problems(problems));
    }
    let properties = resolved.properties.into_iter().map(|it| (it.role, it.name, it.value)).collect();
    Ok(Broker { bootstrap_server, properties })
}
