//! Houses with the columns of `house_prices_2` as JSON objects. The same number gives the same houses.

use fastrand::Rng;
use std::fmt::Write;

/// The same houses in every run, on every machine.
const SEED: u64 = 20_260;

/// One field in so many is left out, so that missing values are on the way as well.
const FIELDS_PER_MISSING: u32 = 50;

const FLOORING_TYPES: [&str; 6] = ["carpet", "concrete", "hardwood", "laminate", "tile", "vinyl"];

/// So many houses. Each has a number of its own in a field that the model does not know, so that no two are alike.
pub fn houses(count: usize) -> Vec<String> {
    let mut random = Rng::with_seed(SEED);
    (0..count).map(|number| house(number, &mut random)).collect()
}

/// The mean size in bytes.
pub fn mean_bytes(houses: &[String]) -> usize {
    houses.iter().map(String::len).sum::<usize>() / houses.len().max(1)
}

fn house(number: usize, random: &mut Rng) -> String {
    let bedrooms = random.u32(1..=6);
    let fields = [
        ("sqft", (500 + 350 * bedrooms + random.u32(..1_500)).to_string()),
        ("lot_size_acres", (f64::from(random.u32(5..=200)) / 100.0).to_string()),
        ("stories", random.u32(1..=3).to_string()),
        ("number_bedrooms", bedrooms.to_string()),
        ("number_bathrooms", (f64::from(random.u32(2..=2 * bedrooms + 1)) / 2.0).to_string()),
        ("attached_garage", random.bool().to_string()),
        ("has_pool", random.bool().to_string()),
        ("has_kitchen_island", random.bool().to_string()),
        ("main_flooring_type", format!("\"{}\"", FLOORING_TYPES[random.usize(..FLOORING_TYPES.len())])),
        ("has_granite_counters", random.bool().to_string()),
        ("house_age_years", random.u32(0..=120).to_string()),
    ];
    let mut house = format!("{{\"house\":{number}");
    for (name, value) in fields {
        if random.u32(..FIELDS_PER_MISSING) > 0 {
            write!(house, ",\"{name}\":{value}").expect("a string can be written to");
        }
    }
    house.push('}');
    house
}

#[cfg(test)]
mod tests {
    use super::{houses, mean_bytes};
    use std::collections::HashSet;

    #[test]
    fn houses_are_the_same_each_time_and_differ_from_one_another() {
        let some = houses(1_000);
        assert_eq!(some, houses(1_000));
        assert_eq!(some[..10], houses(10));
        assert_eq!(some.iter().collect::<HashSet<_>>().len(), 1_000);
    }

    #[test]
    fn one_field_in_fifty_is_missing() {
        let present: usize = houses(1_000)
            .iter()
            .map(|house| serde_json::from_str::<serde_json::Map<_, _>>(house).unwrap().len() - 1)
            .sum();
        assert!((10_700..10_860).contains(&present), "{present} of 11000");
    }

    #[test]
    fn a_house_has_about_250_bytes() {
        assert!((230..270).contains(&mean_bytes(&houses(1_000))), "{}", mean_bytes(&houses(1_000)));
    }
}
