//! Whole numbers in a range.

use std::ops::RangeInclusive;

use super::issue::{Explanation, broken_bound, grouped};

/// The value of a JSON number that is whole and not negative. `5.0`, `5e0` and `50e-1` are whole, as in JSON Schema.
/// **\[ours\]**
pub fn read(number: &str) -> Option<u64> {
    let (mut value, mut zeros, mut scale, mut negative, mut fraction) = (0_u64, 0, 0, false, false);
    let mut bytes = number.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'0'..=b'9' => {
                scale -= i32::from(fraction);
                // Zeros are applied when another digit follows them.
                zeros += 1;
                if byte != b'0' {
                    for _ in 0..zeros {
                        value = value.checked_mul(10)?;
                    }
                    value = value.checked_add(u64::from(byte - b'0'))?;
                    zeros = 0;
                }
            }
            b'-' => negative = true,
            b'.' => fraction = true,
            _ => {
                let (mut exponent, mut sign) = (0_i32, 1);
                for byte in bytes.by_ref() {
                    match byte {
                        b'-' => sign = -1,
                        b'+' => {}
                        // Saturates far above every exponent that a number in range can have.
                        _ => exponent = (exponent * 10 + i32::from(byte & 15)).min(1 << 24),
                    }
                }
                scale += sign * exponent;
            }
        }
    }
    scale += zeros;
    if value == 0 {
        return Some(0);
    }
    for _ in 0..scale {
        value = value.checked_mul(10)?;
    }
    // `value` has no trailing zero, so a negative scale always leaves a fraction.
    (scale >= 0 && !negative).then_some(value)
}

/// The message for a number that is out of `range`, or not whole: then `number` is `None`.
pub fn explain(label: &str, range: &RangeInclusive<u64>, number: Option<u64>) -> Explanation {
    let (least, most) = (*range.start(), *range.end());
    let message = if most == u64::MAX {
        format!("{label} must be a whole number from {} on.", grouped(least))
    } else {
        let most = grouped(most);
        format!(
            "{label} must be a whole number from {} to {most}.",
            grouped(least)
        )
    };
    Explanation::with_limit(message, broken_bound(range, number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_number_may_have_any_spelling() {
        for (text, number) in [
            ("0", Some(0)),
            ("-0.0", Some(0)),
            ("0e99", Some(0)),
            ("5", Some(5)),
            ("5.0", Some(5)),
            ("5e0", Some(5)),
            ("1e1", Some(10)),
            ("1.50E+2", Some(150)),
            ("50e-1", Some(5)),
            ("1000", Some(1_000)),
            ("18446744073709551615", Some(u64::MAX)),
            ("5.5", None),
            ("1e-1", None),
            ("-5", None),
            ("1e20", None),
            ("1e99999999999999999999", None),
            ("1e9223372036854775807", None),
            ("1e-9223372036854775808", None),
        ] {
            assert_eq!(read(text), number, "{text}");
        }
    }
}
