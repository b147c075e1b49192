//! From margins to predictions: averages, links and class probabilities.
//!
//! Formulas and their order of operations are the trainers' own, each named where it stands; `link.rs` says where they are from.

use crate::link::{Link, table_exponential};

/// From a row's margins to its prediction.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Transform {
    /// A regression: the link of each margin, after its division. There is one, or one for each target.
    Value {
        /// What the margin is divided by first, such as the number of trees of a forest.
        divisor: Option<f64>,
        /// From margin to value.
        link: Link,
    },
    /// A classification.
    Classes {
        /// What each margin is divided by first.
        divisor: Option<f64>,
        /// From margins to probabilities.
        probabilities: Probabilities,
        /// What each probability is multiplied by before all are divided by their sum: the quotients of the
        /// classes' shares before and after `balance_classes`.
        corrections: Option<&'static [f64]>,
    },
}

/// From margins to class probabilities.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Probabilities {
    /// One margin: the second class has this link's value, the first the rest.
    SecondClass(Link),
    /// One margin: the first class has this link's value, the second the rest (H2O's binomial forests, Spark's GBT).
    FirstClass(Link),
    /// A margin a class: exponentials of the distances from the largest, divided by their sum.
    Softmax,
    /// The same with 32-bit exponentials, added up in 64 bits and divided in 32 (`XGBoost`).
    SingleSoftmax,
    /// The same with the exponentials of [`table_exponential`] (`CatBoost`).
    TableSoftmax,
    /// A margin a class, each through this link: one against all others, so that they need not add up to 1.
    Each(Link),
    /// A margin a class, divided by their sum unless that is 0.
    Normalised,
}

impl Transform {
    /// Writes the prediction of one row: a value, or a probability for each class.
    ///
    /// # Panics
    /// If `margins` or `prediction` is shorter than the model's; [`Model`](crate::Model) checks both first.
    #[inline]
    pub fn apply(&self, margins: &[f64], prediction: &mut [f64]) {
        match *self {
            Self::Value { divisor, link } => {
                for (value, margin) in prediction.iter_mut().zip(margins) {
                    *value = link.value(divided(*margin, divisor));
                }
            }
            Self::Classes { divisor, probabilities, corrections } => {
                match probabilities {
                    Probabilities::SecondClass(link) => {
                        prediction[1] = link.value(divided(margins[0], divisor));
                        prediction[0] = link.rest(prediction[1]);
                    }
                    Probabilities::FirstClass(link) => {
                        prediction[0] = link.value(divided(margins[0], divisor));
                        prediction[1] = link.rest(prediction[0]);
                    }
                    Probabilities::Softmax => softmax(margins, divisor, f64::exp, prediction),
                    Probabilities::TableSoftmax => softmax(margins, divisor, table_exponential, prediction),
                    Probabilities::SingleSoftmax => single_softmax(margins, divisor, prediction),
                    Probabilities::Each(link) => {
                        for (probability, margin) in prediction.iter_mut().zip(margins) {
                            *probability = link.value(divided(*margin, divisor));
                        }
                    }
                    Probabilities::Normalised => {
                        prediction.copy_from_slice(margins);
                        normalise(prediction);
                    }
                }
                if let Some(corrections) = corrections {
                    for (probability, correction) in prediction.iter_mut().zip(corrections) {
                        *probability *= correction;
                    }
                    normalise(prediction);
                }
            }
        }
    }
}

fn divided(margin: f64, divisor: Option<f64>) -> f64 {
    divisor.map_or(margin, |divisor| margin / divisor)
}

/// The exponentials of the distances from the largest margin.
fn distances(
    margins: &[f64],
    divisor: Option<f64>,
    exponential: impl Fn(f64) -> f64,
    prediction: &mut [f64],
) {
    let largest = margins.iter().map(|margin| divided(*margin, divisor)).fold(f64::NEG_INFINITY, f64::max);
    for (probability, margin) in prediction.iter_mut().zip(margins) {
        *probability = exponential(divided(*margin, divisor) - largest);
    }
}

fn single_softmax(margins: &[f64], divisor: Option<f64>, prediction: &mut [f64]) {
    // The margins are 32-bit floats, whose difference rounded twice is their difference rounded once.
    distances(margins, divisor, |distance| f64::from((distance as f32).exp()), prediction);
    let sum = prediction.iter().sum::<f64>() as f32;
    for probability in prediction {
        *probability = f64::from(*probability as f32 / sum);
    }
}

fn softmax(margins: &[f64], divisor: Option<f64>, exponential: impl Fn(f64) -> f64, prediction: &mut [f64]) {
    distances(margins, divisor, exponential, prediction);
    let sum: f64 = prediction.iter().sum();
    for probability in prediction {
        *probability /= sum;
    }
}

fn normalise(prediction: &mut [f64]) {
    let sum: f64 = prediction.iter().sum();
    if sum != 0.0 {
        for probability in prediction {
            *probability /= sum;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn applied(transform: Transform, margins: &[f64], predictions: usize) -> Vec<f64> {
        let mut prediction = vec![0.25; predictions];
        transform.apply(margins, &mut prediction);
        prediction
    }

    fn classes(probabilities: Probabilities) -> Transform {
        Transform::Classes { divisor: None, probabilities, corrections: None }
    }

    #[test]
    fn classes_keep_a_nan() {
        for probabilities in [
            Probabilities::SecondClass(Link::Logistic),
            Probabilities::FirstClass(Link::Identity),
            Probabilities::Softmax,
            Probabilities::Normalised,
        ] {
            let prediction = applied(classes(probabilities), &[f64::NAN, 1.0], 2);
            assert!(prediction.iter().all(|p| p.is_nan()), "{probabilities:?}: {prediction:?}");
        }
    }

    #[test]
    fn a_forests_value_is_divided_and_not_multiplied_by_a_reciprocal() {
        let transform = Transform::Value { divisor: Some(49.0), link: Link::Identity };
        assert_eq!(applied(transform, &[7.3], 1), [7.3 / 49.0]);
        assert_ne!(7.3 / 49.0, 7.3 * (1.0 / 49.0), "these margins would not tell the two apart");
        let transform = Transform::Value { divisor: Some(4.0), link: Link::Exponential };
        assert_eq!(applied(transform, &[4.0], 1), [1.0_f64.exp()]);
    }

    #[test]
    fn two_classes_share_one() {
        let second = 1.0 / (1.0 + (-5.1_f64).exp());
        let prediction = applied(classes(Probabilities::SecondClass(Link::Logistic)), &[5.1], 2);
        assert_eq!(prediction, [1.0 - second, second]);
        assert_ne!(
            prediction[0],
            1.0 / (1.0 + 5.1_f64.exp()),
            "this margin would not tell the formulas apart"
        );
        let forest = Transform::Classes {
            divisor: Some(3.0),
            probabilities: Probabilities::FirstClass(Link::Identity),
            corrections: None,
        };
        assert_eq!(applied(forest, &[2.0], 2), [2.0 / 3.0, 1.0 - 2.0 / 3.0]);
    }

    #[test]
    fn softmax_subtracts_the_largest_and_adds_in_class_order() {
        let margins = [1.1, 1.3, 0.1];
        let exponentials = [(1.1_f64 - 1.3).exp(), 1.0, (0.1_f64 - 1.3).exp()];
        let sum = exponentials[0] + exponentials[1] + exponentials[2];
        let expected = exponentials.map(|exponential| exponential / sum);
        assert_eq!(applied(classes(Probabilities::Softmax), &margins, 3), expected);
        assert_eq!(applied(classes(Probabilities::Softmax), &[1000.0, 1000.0], 2), [0.5, 0.5], "no overflow");
    }

    #[test]
    fn class_sums_are_divided_by_their_total_unless_it_is_zero() {
        let transform = classes(Probabilities::Normalised);
        assert_eq!(applied(transform, &[0.5, 0.75, 0.0], 3), [0.5 / 1.25, 0.75 / 1.25, 0.0]);
        assert_eq!(applied(transform, &[0.0, 0.0], 2), [0.0, 0.0]);
        assert_eq!(applied(transform, &[0.0, -0.0], 2), [0.0, 0.0]);
    }

    #[test]
    fn corrections_multiply_before_all_is_divided_by_the_sum() {
        const CORRECTIONS: &[f64] = &[1.3, 0.7];
        let transform = Transform::Classes {
            divisor: None,
            probabilities: Probabilities::SecondClass(Link::Logistic),
            corrections: Some(CORRECTIONS),
        };
        let second = 1.0 / (1.0 + (-0.2_f64).exp());
        let corrected = [(1.0 - second) * 1.3, second * 0.7];
        let sum = corrected[0] + corrected[1];
        assert_eq!(applied(transform, &[0.2], 2), corrected.map(|probability| probability / sum));
    }
}
