//! How near a found number has to be to a recorded one.

use super::mismatch::Problem;

/// How many units in the last place a linked value may be off: one for each platform's exponential.
const ULP_MAX: u64 = 2;

/// How far a probability may be off where its last place is finer than that.
const PROBABILITY_DISTANCE_MAX: f64 = 2.3e-16;

/// How near two numbers have to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Agreement {
    /// The same double, bit for bit; any NaN equals any other.
    Bits,
    /// Within [`ULP_MAX`].
    Linked,
    /// Within [`ULP_MAX`] or [`PROBABILITY_DISTANCE_MAX`], whichever is larger.
    Probability,
}

impl Agreement {
    /// `what` names the number where the two differ.
    pub(super) fn check(
        self,
        found: f64,
        recorded: f64,
        what: impl FnOnce() -> String,
    ) -> Result<(), Problem> {
        if self.holds(found, recorded) {
            return Ok(());
        }
        Err(Problem::Number {
            what: what(),
            found,
            recorded,
            ulp: ulp_distance(found, recorded),
            rule: self.rule(),
        })
    }

    fn holds(self, found: f64, recorded: f64) -> bool {
        if found.to_bits() == recorded.to_bits() || (found.is_nan() && recorded.is_nan()) {
            return true;
        }
        // The neighbour of the largest double is an infinity, which no rounding excuses.
        if self == Self::Bits || !found.is_finite() || !recorded.is_finite() {
            return false;
        }
        let near = ulp_distance(found, recorded).is_some_and(|ulp| ulp <= ULP_MAX);
        near || (self == Self::Probability && (found - recorded).abs() <= PROBABILITY_DISTANCE_MAX)
    }

    fn rule(self) -> &'static str {
        match self {
            Self::Bits => "they have to agree in every bit",
            Self::Linked => "2 ulp are allowed",
            Self::Probability => "2 ulp or 2.3e-16 are allowed",
        }
    }
}

/// How many doubles lie between two, counting one end; none where either is NaN. The zeros are one double here.
fn ulp_distance(a: f64, b: f64) -> Option<u64> {
    if a.is_nan() || b.is_nan() { None } else { Some(ordinal(a).abs_diff(ordinal(b))) }
}

/// Neighbouring doubles have neighbouring ordinals.
fn ordinal(number: f64) -> i64 {
    let magnitude = number.abs().to_bits().cast_signed();
    if number.is_sign_negative() { -magnitude } else { magnitude }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Agreement; 3] = [Agreement::Bits, Agreement::Linked, Agreement::Probability];

    /// The double so many places above a positive one.
    fn above(number: f64, ulp: u64) -> f64 {
        f64::from_bits(number.to_bits() + ulp)
    }

    #[test]
    fn nan_agrees_with_nan_only() {
        for agreement in ALL {
            assert!(agreement.holds(f64::NAN, -f64::NAN));
            assert!(!agreement.holds(f64::NAN, 0.0) && !agreement.holds(0.0, f64::NAN));
        }
    }

    #[test]
    fn an_infinity_agrees_with_itself_only() {
        for agreement in ALL {
            assert!(agreement.holds(f64::INFINITY, f64::INFINITY));
            assert!(
                !agreement.holds(f64::INFINITY, f64::MAX) && !agreement.holds(f64::MIN, f64::NEG_INFINITY)
            );
            assert!(!agreement.holds(f64::INFINITY, f64::NEG_INFINITY));
        }
    }

    #[test]
    fn bits_tell_the_zeros_and_neighbours_apart() {
        assert!(!Agreement::Bits.holds(0.0, -0.0) && Agreement::Linked.holds(0.0, -0.0));
        assert!(Agreement::Bits.holds(290_591.705_786_452_57, 290_591.705_786_452_57));
        assert!(!Agreement::Bits.holds(1.0, above(1.0, 1)));
    }

    #[test]
    fn linked_values_may_be_two_ulp_off_and_not_three() {
        for number in [0.0, 5e-324, 0.5, 1e19, 1e300] {
            assert!(Agreement::Linked.holds(above(number, 2), number));
            assert!(!Agreement::Linked.holds(above(number, 3), number));
            assert!(!Agreement::Linked.holds(-above(number, 3), -number));
        }
    }

    #[test]
    fn small_probabilities_may_be_further_off_than_two_ulp() {
        assert!(Agreement::Probability.holds(1e-10, 1e-10 + 2.2e-16));
        assert!(!Agreement::Linked.holds(1e-10, 1e-10 + 2.2e-16));
        assert!(!Agreement::Probability.holds(1e-10, 1e-10 + 2.4e-16));
        assert!(!Agreement::Probability.holds(0.75, above(0.75, 3)));
    }

    #[test]
    fn distances_count_across_zero() {
        assert_eq!(ulp_distance(-5e-324, 5e-324), Some(2));
        assert_eq!(ulp_distance(f64::MIN, f64::MAX), Some(2 * f64::MAX.to_bits()));
        assert_eq!(ulp_distance(1.0, f64::NAN), None);
    }
}
