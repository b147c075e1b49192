//! The goldens of `model-codegen`, compiled as they stand with warnings denied, and scored by hand.

macro_rules! goldens {
    ($($name:ident)+) => {$(
        // What the registry allows where it includes a module, and no more.
        #[deny(warnings)]
        #[allow(clippy::all, clippy::pedantic, dead_code, non_camel_case_types, unused_mut, unused_variables)]
        mod $name {
            include!(concat!("../../model-codegen/tests/golden/", stringify!($name), ".rs"));
        }
    )+};
}

goldens! { one_split categories_and_missing large_category_set two_classes }

#[test]
fn a_number_on_its_threshold_goes_right_and_so_does_a_missing_one() {
    let predict = |sqft| one_split::predict(&one_split::Row { sqft });
    let (left, right) = (282_311.764_705_882_35 - 1250.5, 282_311.764_705_882_35 + f64::from(2150.4902_f32));
    assert_eq!(predict(Some(2240.5)), right);
    assert_eq!(predict(Some(2240.5_f64.next_down())), left);
    assert_eq!(predict(Some(f64::NEG_INFINITY)), left);
    assert_eq!(predict(None), right);
    assert_eq!(predict(Some(f64::NAN)), right);
}

#[test]
fn levels_and_missing_values_go_where_the_dump_sends_them() {
    use categories_and_missing::{HasPool, MainFlooringType, Row, predict};
    // The leaves of both trees, in the trees' order, then the base.
    let sum = |first: f64, second: f64| 0.0 + first + second + 451_317.109_083_333_34;
    let row = Row { sqft: Some(3000.0), ..Row::default() };
    // Beyond the threshold: a missing pool goes right; a missing flooring right, where a size is present.
    assert_eq!(predict(&row), sum(-7.5, -2.5));
    assert_eq!(predict(&Row { has_pool: Some(HasPool::No), ..row }), sum(30.125, -2.5));
    assert_eq!(predict(&Row { has_pool: Some(HasPool::Yes), ..row }), sum(30.125, -2.5));
    // A missing size goes left, and a missing flooring with it; the second tree asks for the size again.
    assert_eq!(predict(&Row::default()), sum(-90.5, 3.5));
    let floored = |flooring| predict(&Row { main_flooring_type: Some(flooring), ..Row::default() });
    assert_eq!(floored(MainFlooringType::Hardwood), sum(12.25, 1.5));
    assert_eq!(floored(MainFlooringType::Tile), sum(12.25, 3.5));
    assert_eq!(floored(MainFlooringType::Vinyl), sum(-90.5, 3.5));
}

#[test]
fn a_large_domain_is_split_by_sets() {
    use large_category_set::{Row, Zone, predict};
    let zone = |index: usize| predict(&Row { zone: Some(Zone::ALL[index]) });
    assert_eq!([zone(0), zone(60), zone(2), zone(62)], [0.5, 0.5, 1.5, 1.5]);
    assert_eq!([zone(1), zone(63), zone(64), zone(69)], [-1.0; 4]);
    // Missing goes left at the first split and right at the second.
    assert_eq!(predict(&Row { zone: None }), 1.5);
}

#[test]
fn a_class_is_chosen_by_the_threshold_of_the_configuration() {
    use two_classes::{Class, METADATA, Row, predict};
    let young = predict(&Row { age: Some(39.5) });
    let old = predict(&Row { age: Some(40.0) });
    assert_eq!((young.class, old.class), (Class::No, Class::Yes));
    assert!(
        old.probabilities[1] >= 0.39 && old.probabilities[1] < 0.5,
        "between the two thresholds: {old:?}"
    );
    assert_eq!(old.probabilities[0], 1.0 - old.probabilities[1]);
    assert_eq!((METADATA.response, METADATA.columns[0].field), ("bought", "/customer/age"));
}
