//! From margins to predictions: averages, links and class probabilities.
//!
//! Formulas and their order of operations are H2O's (`hex.genmodel.algos.gbm`, `hex.genmodel.utils.LinkFunctionType`).
//! Java's `Math.exp` and this platform's may differ in the last place, so a linked value is within 1 ulp of each
//! exponential of the trainer's; margins and identity-linked values are exact.

/// The largest value an exponential link gives.
const EXPONENTIAL_MAX: f64 = 1e19;

/// The least distance from zero of an inverse link's denominator.
const INVERSE_DENOMINATOR_MIN: f64 = 1e-5;

/// From a row's margins to its prediction.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Transform {
    /// A regression: the link of the only margin, after its division.
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

/// From a margin to a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// `f`
    Identity,
    /// `min(1e19, exp(f))` (H2O `log`)
    Exponential,
    /// `1 / (1 + min(1e19, exp(-f)))` (H2O `logit`)
    Logistic,
    /// `1 / f`, with `f` kept 1e-5 away from zero
    Inverse,
}

impl Link {
    /// The value of a margin.
    ///
    /// ```
    /// use model_runtime::Link;
    ///
    /// assert_eq!(Link::Identity.value(-2.5), -2.5);
    /// assert_eq!(Link::Exponential.value(1000.0), 1e19);
    /// assert_eq!(Link::Logistic.value(0.0), 0.5);
    /// assert_eq!(Link::Inverse.value(0.0), 1e5);
    /// ```
    #[inline]
    pub fn value(self, margin: f64) -> f64 {
        match self {
            Self::Identity => margin,
            Self::Exponential => capped(margin.exp()),
            Self::Logistic => 1.0 / (1.0 + capped((-margin).exp())),
            Self::Inverse if margin < 0.0 => 1.0 / at_most(-INVERSE_DENOMINATOR_MIN, margin),
            Self::Inverse => 1.0 / at_least(INVERSE_DENOMINATOR_MIN, margin),
        }
    }
}

/// From margins to class probabilities.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Probabilities {
    /// One margin: the second class has this link's value, the first the rest.
    SecondClass(Link),
    /// One margin: it is the first class's probability, the second has the rest (H2O's binomial forests).
    FirstClass,
    /// A margin a class: exponentials of the distances from the largest, divided by their sum.
    Softmax,
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
            Self::Value { divisor, link } => prediction[0] = link.value(divided(margins[0], divisor)),
            Self::Classes { divisor, probabilities, corrections } => {
                match probabilities {
                    Probabilities::SecondClass(link) => {
                        prediction[1] = link.value(divided(margins[0], divisor));
                        prediction[0] = 1.0 - prediction[1];
                    }
                    Probabilities::FirstClass => {
                        prediction[0] = divided(margins[0], divisor);
                        prediction[1] = 1.0 - prediction[0];
                    }
                    Probabilities::Softmax => softmax(margins, prediction),
                    Probabilities::Normalised => {
                        prediction.copy_from_slice(margins);
                        normalise(prediction);
                    }
                }
                if let Some(corrections) = corrections {
                    prediction.iter_mut().zip(corrections).for_each(|(p, correction)| *p *= correction);
                    normalise(prediction);
                }
            }
        }
    }
}

fn divided(margin: f64, divisor: Option<f64>) -> f64 {
    divisor.map_or(margin, |divisor| margin / divisor)
}

fn softmax(margins: &[f64], prediction: &mut [f64]) {
    let largest = margins.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    for (probability, margin) in prediction.iter_mut().zip(margins) {
        *probability = (margin - largest).exp();
    }
    let sum: f64 = prediction.iter().sum();
    prediction.iter_mut().for_each(|probability| *probability /= sum);
}

fn normalise(prediction: &mut [f64]) {
    let sum: f64 = prediction.iter().sum();
    if sum != 0.0 {
        prediction.iter_mut().for_each(|probability| *probability /= sum);
    }
}

// Java's `Math.min` and `Math.max` keep a NaN; Rust's `f64::min` and `f64::max` drop it.

fn capped(value: f64) -> f64 {
    at_most(EXPONENTIAL_MAX, value)
}

fn at_most(limit: f64, value: f64) -> f64 {
    if value > limit { limit } else { value }
}

fn at_least(limit: f64, value: f64) -> f64 {
    if value < limit { limit } else { value }
}
