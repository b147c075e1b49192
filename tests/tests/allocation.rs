//! Scoring allocates nothing, typed or dynamic, once a thread has its buffers.

use acceptance::models::{gbm_multinomial, house_prices_2};

#[test]
fn a_typed_row_is_scored_without_allocating() {
    let house = house_prices_2::Row { sqft: Some(2342.0), ..Default::default() };
    let row = gbm_multinomial::Row::default();
    let mut priced = house_prices_2::predict(&house) + gbm_multinomial::predict(&row).probabilities[0];
    let counted = allocation_counter::measure(|| {
        priced = house_prices_2::predict(&house) + gbm_multinomial::predict(&row).probabilities[0];
    });
    assert!(priced > 0.0);
    assert_eq!(counted.count_total, 0, "{counted:?}");
}

#[test]
fn a_batch_is_scored_without_allocating() {
    for model in acceptance::models::ALL {
        let metadata = model.metadata();
        let rows = vec![1.0; 8 * metadata.columns.len()];
        let mut margins = vec![0.0; 8 * metadata.margins];
        let mut predictions = vec![0.0; 8 * metadata.predictions()];
        let mut scored = model.predictions(&rows, &mut margins, &mut predictions);
        let counted = allocation_counter::measure(|| {
            scored = model.predictions(&rows, &mut margins, &mut predictions);
        });
        assert_eq!((scored, counted.count_total), (Ok(()), 0), "{}", metadata.name);
    }
}
