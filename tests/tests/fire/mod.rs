//! The loop under fire: instances of the program that are killed, frozen, started and stopped while records flow, brokers
//! that are killed too, and an oracle that knows what has to come out.
//!
//! `campaign` strikes, `feed` writes the records, `stage` is what brokers say of topics and the group, `follower` reads as
//! a downstream program does, and `oracle` judges.

pub mod campaign;
pub mod feed;
pub mod follower;
pub mod oracle;
pub mod stage;
