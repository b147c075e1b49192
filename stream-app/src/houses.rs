//! The article's house and random ones like it, as JSON objects. The same seed gives the same houses.

use fastrand::Rng;

/// The fields of a house, in the order in which they are written.
pub const FIELDS: [&str; 11] = [
    "sqft",
    "lot_size_acres",
    "stories",
    "number_bedrooms",
    "number_bathrooms",
    "attached_garage",
    "has_pool",
    "has_kitchen_island",
    "main_flooring_type",
    "has_granite_counters",
    "house_age_years",
];

const FLOORING_TYPES: [&str; 3] = ["hardwood", "carpet", "tile"];

/// The house that the article prices: 290591.70578645257 by the model that it published.
const ARTICLES: &str = r#"{"sqft":2342,"lot_size_acres":0.4,"stories":1,"number_bedrooms":3,"number_bathrooms":3,"attached_garage":true,"has_pool":false,"has_kitchen_island":true,"main_flooring_type":"hardwood","has_granite_counters":true,"house_age_years":4}"#;

/// The house with this number: the article's own for 0, a random one for any other.
pub fn house(number: u64, random: &mut Rng) -> String {
    if number == 0 { ARTICLES.to_owned() } else { random_house(random) }
}

fn random_house(random: &mut Rng) -> String {
    let bedrooms = random.u32(1..=6);
    let sqft = 500 + 350 * bedrooms + random.u32(0..900);
    let lot_size_acres = f64::from(random.u32(5..=200)) / 100.0;
    let bathrooms = f64::from(random.u32(2..=2 * bedrooms + 1)) / 2.0;
    let stories = random.u32(1..=3);
    let flooring = FLOORING_TYPES[random.usize(..FLOORING_TYPES.len())];
    let (garage, pool) = (random.bool(), random.bool());
    let (island, granite) = (random.bool(), random.bool());
    let age = random.u32(0..=80);
    format!(
        "{{\"sqft\":{sqft},\"lot_size_acres\":{lot_size_acres},\"stories\":{stories},\
         \"number_bedrooms\":{bedrooms},\"number_bathrooms\":{bathrooms},\"attached_garage\":{garage},\
         \"has_pool\":{pool},\"has_kitchen_island\":{island},\"main_flooring_type\":\"{flooring}\",\
         \"has_granite_counters\":{granite},\"house_age_years\":{age}}}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_house_has_its_fields_in_order() {
        let mut random = Rng::with_seed(7);
        for number in 0..100 {
            let house: serde_json::Value = serde_json::from_str(&house(number, &mut random)).unwrap();
            let fields = house.as_object().unwrap();
            assert_eq!(fields.len(), FIELDS.len());
            for field in FIELDS {
                let value = &fields[field];
                match field {
                    "main_flooring_type" => assert!(FLOORING_TYPES.contains(&value.as_str().unwrap())),
                    "attached_garage" | "has_pool" | "has_kitchen_island" | "has_granite_counters" => {
                        assert!(value.is_boolean(), "{field}");
                    }
                    _ => assert!(value.is_number(), "{field}"),
                }
            }
        }
    }

    #[test]
    fn a_seed_gives_the_same_houses() {
        let houses = |seed| -> Vec<String> {
            let mut random = Rng::with_seed(seed);
            (0..10).map(|number| house(number, &mut random)).collect()
        };
        assert_eq!(houses(1), houses(1));
        assert_ne!(houses(1), houses(2));
    }
}
