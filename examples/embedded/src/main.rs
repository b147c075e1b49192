//! Scores houses in the ways that a compiled model offers: typed, dynamic, in a batch, and from a JSON record.

use embedded::models::{self, house_prices, quick_sale};
use model_runtime::{Prediction, Scratch, record::Reader};
use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    typed();
    dynamic()?;
    batch()?;
    record()
}

/// The model's columns are fields, its categories enums; what is left out is missing.
fn typed() {
    let house = house_prices::Row {
        sqft: Some(2342.0),
        main_flooring_type: Some(house_prices::MainFlooringType::Hardwood),
        ..Default::default()
    };
    println!("typed: {}", house_prices::predict(&house));
}

/// A model by name, for rows whose columns are known only at run time: a number a column, NaN is missing.
fn dynamic() -> Result<(), Box<dyn Error>> {
    let model = models::get("house_prices").ok_or("there is no models/house_prices.json")?;
    let mut row = vec![f64::NAN; model.metadata().columns.len()];
    let sqft =
        model.metadata().columns.iter().position(|column| column.name == "sqft").ok_or("no such column")?;
    row[sqft] = 2342.0;
    println!("dynamic: {:?}", model.predict(&row)?);
    Ok(())
}

/// Many rows at once, one behind the other, into buffers that are kept from batch to batch: nothing allocates.
fn batch() -> Result<(), Box<dyn Error>> {
    let mut scratch = Scratch::new();
    let (mut margins, mut predictions) = ([0.0; 3], [0.0; 3]);
    let rows = vec![f64::NAN; 3 * house_prices::MODEL.metadata().columns.len()];
    house_prices::MODEL.predictions_with(&rows, &mut margins, &mut predictions, &mut scratch)?;
    println!("batch: {predictions:?}");
    Ok(())
}

/// A JSON object, as it comes from a topic or a request.
fn record() -> Result<(), Box<dyn Error>> {
    let mut reader = Reader::new(quick_sale::MODEL.metadata(), &[])?;
    let mut row = vec![0.0; quick_sale::MODEL.metadata().columns.len()];
    reader.read(br#"{"listing": {"price": 480000}, "main_flooring_type": "hardwood"}"#, &mut row)?;
    if let Prediction::Class { label, probabilities, .. } = quick_sale::MODEL.predict(&row)? {
        println!("record: sells quickly? {label}, probabilities {probabilities:?}");
    }
    Ok(())
}
