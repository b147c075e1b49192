//! The gate for a model that is dropped into `models/`: it predicts what its expected rows say.

use embedded::models;
use model_runtime::acceptance::check_folder;

#[test]
fn every_model_predicts_its_expected_rows() {
    match check_folder(models::ALL, concat!(env!("CARGO_MANIFEST_DIR"), "/models").as_ref()) {
        Ok(report) => assert_eq!(report.unchecked, [], "a model without expected rows"),
        Err(failures) => {
            let failures: Vec<String> = failures.iter().map(ToString::to_string).collect();
            panic!("{}", failures.join("\n"));
        }
    }
}
