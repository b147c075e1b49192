//! From one margin to one value: the trainers' links, in their own order of operations.
//!
//! They are H2O's (`hex.genmodel.algos.gbm`, `hex.genmodel.utils.LinkFunctionType`), `XGBoost`'s (`src/common/math.h`),
//! `LightGBM`'s (`src/objective/*.hpp`) and `CatBoost`'s (`libs/model/eval_processing.h`, `contrib/libs/fmath`).
//!
//! Java's `Math.exp` and this platform's may differ in the last place, so a value that H2O links is within 1 ulp of each
//! exponential of the trainer's. The others call the platform's `exp`, as they do here: they are exact where this
//! program's C library is the trainer's. Margins and identity-linked values are exact everywhere.

/// The largest value an exponential link gives.
const EXPONENTIAL_MAX: f64 = 1e19;

/// The least distance from zero of an inverse link's denominator.
const INVERSE_DENOMINATOR_MIN: f64 = 1e-5;

/// Where `XGBoost` cuts a logistic's exponent off, so that its exponential stays finite.
const SINGLE_EXPONENT_MAX: f32 = 88.7;

/// What `XGBoost` adds to a logistic's denominator.
const SINGLE_DENOMINATOR_MIN: f32 = 1e-16;

/// From a margin to a value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Link {
    /// `f`
    Identity,
    /// `min(1e19, exp(f))` (H2O `log`)
    Exponential,
    /// `1 / (1 + min(1e19, exp(-f)))` (H2O `logit`)
    Logistic,
    /// `1 / f`, with `f` kept 1e-5 away from zero
    Inverse,
    /// `exp(f)` (`LightGBM`'s `poisson`, `gamma`, `tweedie`)
    UncappedExponential,
    /// `1 / (1 + exp(-slope * f))` (`LightGBM`'s `binary` and `cross_entropy`, `CatBoost`'s `Probability`)
    UncappedLogistic {
        /// The factor of the margin: `LightGBM`'s `sigmoid`, else 1.
        slope: f64,
    },
    /// `log1p(exp(f))` (`LightGBM`'s `cross_entropy_lambda`)
    Softplus,
    /// `sign(f) * f * f` (`LightGBM`'s `reg_sqrt`)
    SignedSquare,
    /// `exp(f)` as [`table_exponential`] has it (`CatBoost`'s `Exponent`)
    TableExponential,
    /// `exp(f)` in 32 bits (`XGBoost`'s `count:poisson`, `reg:gamma`, `reg:tweedie`, `survival:cox`, `survival:aft`)
    SingleExponential,
    /// `1 / (exp(min(-f, 88.7)) + 1 + 1e-16)` in 32 bits (`XGBoost`'s `reg:logistic` and `binary:logistic`)
    SingleLogistic,
    /// 1 where `f > 0`, else 0 (`XGBoost`'s `binary:hinge`)
    Step,
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
    /// assert_eq!(Link::Inverse.value(0.0), 1.0 / 1e-5);
    /// ```
    #[inline]
    pub fn value(self, margin: f64) -> f64 {
        match self {
            Self::Identity => margin,
            Self::Exponential => capped(margin.exp()),
            Self::Logistic => 1.0 / (1.0 + capped((-margin).exp())),
            Self::Inverse if margin < 0.0 => 1.0 / at_most(-INVERSE_DENOMINATOR_MIN, margin),
            Self::Inverse => 1.0 / at_least(INVERSE_DENOMINATOR_MIN, margin),
            Self::UncappedExponential => margin.exp(),
            Self::UncappedLogistic { slope } => 1.0 / (1.0 + (-slope * margin).exp()),
            Self::Softplus => margin.exp().ln_1p(),
            // A product of three, the first of them -1, 0 or 1: of a zero it is 0.0 whatever its sign.
            Self::SignedSquare if margin == 0.0 => 0.0,
            Self::SignedSquare => margin.abs() * margin,
            Self::TableExponential => table_exponential(margin),
            Self::SingleExponential => f64::from((margin as f32).exp()),
            Self::SingleLogistic => f64::from(single_logistic(margin as f32)),
            Self::Step => f64::from(u8::from(margin > 0.0)),
        }
    }

    /// What is left of 1, at the precision that the trainer has it in.
    pub(crate) fn rest(self, value: f64) -> f64 {
        match self {
            Self::SingleExponential | Self::SingleLogistic => f64::from(1.0 - value as f32),
            _ => 1.0 - value,
        }
    }
}

fn single_logistic(margin: f32) -> f32 {
    // `f32::min` would take the limit for a NaN, which C++'s `std::min` keeps.
    let exponent = if -margin > SINGLE_EXPONENT_MAX { SINGLE_EXPONENT_MAX } else { -margin };
    1.0 / (exponent.exp() + 1.0 + SINGLE_DENOMINATOR_MIN)
}

/// `exp` as `CatBoost` evaluates it on x86 (`fmath::expd_v`): the exponent is rounded to a multiple of `ln 2 / 2048`, whose
/// power is a shift and an entry of a table, and a cubic does the rest. It differs from `exp` in the last place.
///
/// ```
/// use model_runtime::table_exponential;
///
/// assert_eq!(table_exponential(0.0), 1.0);
/// assert!((table_exponential(1.0) - 1.0_f64.exp()).abs() < 1e-15);
/// ```
pub fn table_exponential(number: f64) -> f64 {
    /// Entries of the table, and the bits that number one.
    const ENTRIES: u64 = 2048;
    const ENTRY_BITS: u32 = 11;
    /// 1.5 * 2^52: a number added to it stands in the low bits of the sum, rounded to an integer.
    const SHIFT: f64 = 6_755_399_441_055_744.0;
    /// The bias of a double's exponent, in entries.
    const BIAS: u64 = 1023 * ENTRIES;
    /// What numbers are limited to. The power of the greatest is infinite.
    const LEAST: f64 = -708.396_418_532_264_1;
    const GREATEST: f64 = 709.782_712_893_384;
    /// A sixth and three, adjusted to the interval.
    const C2: f64 = 0.166_666_666_852_278_35;
    const C3: f64 = 3.000_000_002_795_539_4;
    let number = number.clamp(LEAST, GREATEST);
    let factor = ENTRIES as f64 / std::f64::consts::LN_2;
    let shifted = number * factor + SHIFT;
    let step = shifted.to_bits();
    let fraction = 2.0_f64.powf((step % ENTRIES) as f64 / ENTRIES as f64).to_bits() & ((1 << 52) - 1);
    let exponent = (step.wrapping_add(BIAS) >> ENTRY_BITS) << 52;
    let rest = (shifted - SHIFT) * (1.0 / factor) - number;
    let cubic = ((C3 - rest) * (rest * rest)) * C2;
    (cubic - rest + 1.0) * f64::from_bits(exponent | fraction)
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

#[cfg(test)]
mod tests {
    use super::{Link, table_exponential};

    const INFINITY: f64 = f64::INFINITY;

    #[test]
    fn links_keep_a_nan_but_for_the_step() {
        for link in [
            Link::Identity,
            Link::Exponential,
            Link::Logistic,
            Link::Inverse,
            Link::UncappedExponential,
            Link::UncappedLogistic { slope: 2.0 },
            Link::Softplus,
            Link::SignedSquare,
            Link::TableExponential,
            Link::SingleExponential,
            Link::SingleLogistic,
        ] {
            assert!(link.value(f64::NAN).is_nan(), "{link:?}");
        }
        assert_eq!(Link::Step.value(f64::NAN), 0.0);
    }

    #[test]
    fn a_single_logistic_is_never_zero() {
        let least = Link::SingleLogistic.value(f64::from(-super::SINGLE_EXPONENT_MAX));
        assert!(least > 0.0);
        for margin in [-88.8, -1e9, -INFINITY] {
            assert_eq!(Link::SingleLogistic.value(margin), least, "{margin}");
        }
        assert!(Link::SingleLogistic.value(-88.6) > least, "above the limit");
    }

    #[test]
    fn a_table_exponential_is_limited_on_both_sides() {
        assert_eq!(table_exponential(1e9), INFINITY);
        assert!(table_exponential(709.0).is_finite());
        assert_eq!(table_exponential(-1e9), table_exponential(-708.396_418_532_264_1));
        assert!(table_exponential(-1e9) > 0.0);
    }

    #[test]
    fn the_signed_square_of_a_zero_has_no_sign() {
        assert_eq!(Link::SignedSquare.value(-0.0).to_bits(), 0);
        assert_eq!(Link::SignedSquare.value(-3.0), -9.0);
    }

    #[test]
    fn exponentials_are_capped() {
        assert_eq!(Link::Exponential.value(43.7), 43.7_f64.exp(), "below the cap");
        assert_eq!(Link::Exponential.value(43.8), 1e19);
        assert_eq!(Link::Exponential.value(INFINITY), 1e19);
        assert_eq!(Link::Exponential.value(-INFINITY), 0.0);
        // Without the cap the logistic of a very negative margin would be 0.
        assert_eq!(Link::Logistic.value(-1e300), 1.0 / (1.0 + 1e19));
        assert_eq!(Link::Logistic.value(-INFINITY), 1.0 / (1.0 + 1e19));
        assert_eq!(Link::Logistic.value(INFINITY), 1.0);
    }

    #[test]
    fn the_identity_keeps_every_bit() {
        for margin in [-0.0, 5e-324, -1e300, INFINITY] {
            assert_eq!(Link::Identity.value(margin).to_bits(), margin.to_bits());
        }
    }

    #[test]
    fn the_inverse_stays_away_from_zero_on_the_margins_side() {
        let greatest = 1.0 / 1e-5;
        for (margin, value) in [
            (4.0, 0.25),
            (-4.0, -0.25),
            (0.0, greatest),
            (-0.0, greatest),
            (1e-6, greatest),
            (-1e-6, -greatest),
            (-5e-324, -greatest),
            (INFINITY, 0.0),
        ] {
            assert_eq!(Link::Inverse.value(margin), value, "{margin:?}");
        }
    }
}
