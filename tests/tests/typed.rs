//! The typed API of a generated model.

use acceptance::models::house_prices::{
    self, HasGraniteCounters, HasKitchenIsland, HasPool, MainFlooringType, Row,
};

/// The house that the article prices.
const ARTICLES: Row = Row {
    sqft: Some(2342.0),
    lot_size_acres: Some(0.4),
    stories: Some(1.0),
    number_bedrooms: Some(3.0),
    has_pool: Some(HasPool::No),
    has_kitchen_island: Some(HasKitchenIsland::Yes),
    main_flooring_type: Some(MainFlooringType::Hardwood),
    has_granite_counters: Some(HasGraniteCounters::Yes),
    house_age_years: Some(4.0),
};

#[test]
fn the_articles_house_has_the_articles_price() {
    assert_eq!(house_prices::predict(&ARTICLES), 290_591.705_786_452_57);
    assert_eq!(house_prices::margins(&ARTICLES), [290_591.705_786_452_57]);
}

#[test]
fn a_typed_row_and_its_flat_form_are_scored_alike() {
    let row = Row { sqft: None, ..ARTICLES };
    let mut margins = [0.0];
    house_prices::MODEL.margins(&row.flat(), &mut margins).expect("one row");
    assert_eq!(house_prices::predict(&row), margins[0]);
    assert!(row.flat()[0].is_nan());
}

#[test]
fn what_a_row_leaves_out_is_missing() {
    let row = Row { sqft: Some(2342.0), ..Default::default() };
    assert_eq!(row.flat().iter().filter(|number| number.is_nan()).count(), 8);
}
