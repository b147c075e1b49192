//! Scoring allocates nothing, typed or dynamic, once a thread has its buffers; nor does reading and splicing records, once it
//! has its scratch.

use acceptance::models::{gbm_multinomial, house_prices_2};
use model_runtime::record::Reader;
use model_runtime::{Column, ColumnKind, Link, Metadata, Output, Scratch, Task, Transform, forest::Kernels};
use stream_app::Scorer;

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
fn a_batch_is_scored_without_allocating_in_either_form_by_any_kernel() {
    for model in [acceptance::models::ALL, acceptance::other_forms::ALL].concat() {
        let metadata = model.metadata();
        for count in [1, 8, 64, 513] {
            let rows = vec![1.0; count * metadata.columns.len()];
            let mut margins = vec![0.0; count * metadata.margins];
            let mut predictions = vec![0.0; count * metadata.predictions()];
            let mut scored = model.predictions(&rows, &mut margins, &mut predictions);
            let counted = allocation_counter::measure(|| {
                scored = model.predictions(&rows, &mut margins, &mut predictions);
            });
            assert_eq!((scored, counted.count_total), (Ok(()), 0), "{}: {count}", metadata.name);
            for kernels in Kernels::supported() {
                let mut scratch = Scratch::with_kernels(kernels);
                let mut score =
                    || model.predictions_with(&rows, &mut margins, &mut predictions, &mut scratch);
                assert_eq!(score(), Ok(()), "the buffers are there now");
                let counted = allocation_counter::measure(|| scored = score());
                assert_eq!(
                    (scored, counted.count_total),
                    (Ok(()), 0),
                    "{}: {count} by {kernels:?}",
                    metadata.name
                );
            }
        }
    }
}

#[test]
fn a_record_is_read_without_allocating_whatever_is_in_it() {
    const NUMERIC: ColumnKind = ColumnKind::Numeric { thresholds: None };
    const COLUMNS: &[Column] = &[
        Column { name: "x", field: "x", kind: NUMERIC, splits: 1 },
        Column { name: "y", field: "/a/12/y", kind: NUMERIC, splits: 1 },
    ];
    static METADATA: Metadata = Metadata {
        name: "x",
        source_file: "x.json",
        source_digest: "",
        configuration_digest: None,
        generator: "",
        trainer: "",
        trainer_version: "",
        algorithm: "",
        objective: "",
        trees: 0,
        leaves: 0,
        depth_max: 0,
        is_ranked: false,
        columns: COLUMNS,
        margins: 1,
        transform: Transform::Value { divisor: None, link: Link::Identity },
        task: Task::Regression,
        response: "price",
        output: Output::Number,
    };
    let mut reader = Reader::new(&METADATA, &["price"]).expect("the model does not read it");
    let values =
        r#"{"x": 1.5, "a": [0,1,2,3,4,5,6,7,8,9,10,11,{"y":"2e0"}], "price": [{}], "other": {"b": [[1e5]]}}"#;
    let escapes =
        r#"{"\u0078":"\u0031\n", "a": null, "price": "\ud83d\ude00", "\n": 0.12345678901234567890123}"#;
    let mut row = [0.0; 2];
    let mut read = || [values, escapes].map(|record| reader.read(record.as_bytes(), &mut row).is_ok());
    assert_eq!(read(), [true; 2], "the scratch is there now, and the keys are known");
    let mut outcomes = [false; 2];
    let counted = allocation_counter::measure(|| outcomes = read());
    assert_eq!((outcomes, counted.count_total), ([true; 2], 0), "{counted:?}");
}

#[test]
fn predictions_are_spliced_in_without_allocating() {
    let houses = [
        r#"{"sqft":2342,"lot_size_acres":0.4,"attached_garage":true,"main_flooring_type":"tile","id":"7"}"#,
        r#"{"id":"8","sqft":null,"has_pool":"\u0079es","main_flooring_type":"lava","selling_price":[1,{"a":2}]}"#,
        r#"{"sqft":1e400}"#,
        "[",
    ];
    let model = acceptance::models::get("house_prices_2").expect("a fixture");
    for margin in [false, true] {
        let mut scorer = Scorer::new(model, margin).expect("the model reads neither");
        let mut score = || scorer.score(&houses).outcomes().flatten().count();
        assert_eq!(score(), 2, "the scratch is there now, and the keys are known");
        let mut sound = 0;
        let counted = allocation_counter::measure(|| sound = score());
        assert_eq!((sound, counted.count_total), (2, 0), "{counted:?}");
    }
}
