//! Prints a made-up dump: `cargo run -p benches --example dump -- 1000 136 8 > l.json`, for so many trees of so many leaves
//! and at most so many splits on a way.

use benches::synthetic::{Kind, Shape};
use std::io::{self, Write};

fn main() -> io::Result<()> {
    let numbers: Vec<usize> = std::env::args().skip(1).filter_map(|argument| argument.parse().ok()).collect();
    let [trees, leaves, depth] = numbers[..] else {
        return Err(io::Error::other("say how many trees, how many leaves each, and how many splits deep"));
    };
    let shape = Shape { name: "made_up", trees, leaves, depth, kind: Kind::Plain };
    io::stdout().write_all(&shape.dump())
}
