//! One sort for everything. The standard library's is compiled anew, at some ten kilobytes, for every kind of item and
//! every comparison, and the service is downloaded.

use std::cmp::Ordering;

/// Sorts numbers by what they stand for; what is equal stays in its order.
pub(crate) fn sort(numbers: &mut Vec<u32>, compare: &mut dyn FnMut(u32, u32) -> Ordering) {
    let mut merged = Vec::with_capacity(numbers.len());
    let mut sorted = 1;
    while sorted < numbers.len() {
        for pair in numbers.chunks(2 * sorted) {
            let (mut left, mut right) = pair.split_at(sorted.min(pair.len()));
            while let (Some((&a, after_a)), Some((&b, after_b))) =
                (left.split_first(), right.split_first())
            {
                if compare(a, b) == Ordering::Greater {
                    merged.push(b);
                    right = after_b;
                } else {
                    merged.push(a);
                    left = after_a;
                }
            }
            merged.extend_from_slice(left);
            merged.extend_from_slice(right);
        }
        std::mem::swap(numbers, &mut merged);
        merged.clear();
        sorted *= 2;
    }
}

/// Items in order; what is equal stays in its order.
pub(crate) fn sorted<T>(items: &[T], compare: impl Fn(&T, &T) -> Ordering) -> Vec<&T> {
    let mut places: Vec<u32> = (0..items.len() as u32).collect();
    let item = |place: u32| items.get(place as usize);
    sort(&mut places, &mut |a, b| match (item(a), item(b)) {
        (Some(a), Some(b)) => compare(a, b),
        _ => Ordering::Equal,
    });
    places.into_iter().filter_map(item).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn sorts_as_the_standard_library_does(items in prop::collection::vec((0u8..20, any::<u8>()), 0..200)) {
            let mut expected = items.clone();
            expected.sort_by_key(|&(key, _)| key);
            let found = sorted(&items, |a, b| a.0.cmp(&b.0));
            prop_assert_eq!(found.into_iter().copied().collect::<Vec<_>>(), expected);
        }
    }
}
