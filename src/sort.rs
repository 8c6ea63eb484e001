//! One sort function for all lists, to keep downloads small.

use std::cmp::Ordering;

/// A stable sort of numbers by the objects that they stand for. It allocates half as many numbers. For a sorted list it
/// takes as many comparisons as there are numbers.
// PERF(size): a merge sort of our own, compiled once. The standard library's sorts take 10 KB of code for every kind of
// item and every comparison; four of them were a tenth of the service.
pub(crate) fn sort(numbers: &mut [u32], compare: &mut dyn FnMut(u32, u32) -> Ordering) {
    let mut buffer = Vec::with_capacity(numbers.len() / 2);
    merge_sort(numbers, &mut buffer, compare);
}

fn merge_sort(
    numbers: &mut [u32],
    buffer: &mut Vec<u32>,
    compare: &mut dyn FnMut(u32, u32) -> Ordering,
) {
    let middle = numbers.len() / 2;
    if middle == 0 {
        return;
    }
    let (lower, upper) = numbers.split_at_mut(middle);
    merge_sort(lower, buffer, compare);
    merge_sort(upper, buffer, compare);
    if compare(numbers[middle - 1], numbers[middle]) != Ordering::Greater {
        return;
    }
    buffer.clear();
    buffer.extend_from_slice(&numbers[..middle]);
    // The next place to fill never passes the next number of the upper half.
    let (mut place, mut next) = (0, middle);
    for &number in buffer.iter() {
        while next < numbers.len() && compare(numbers[next], number) == Ordering::Less {
            numbers[place] = numbers[next];
            place += 1;
            next += 1;
        }
        numbers[place] = number;
        place += 1;
    }
}

/// The items, sorted stably.
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

    use super::sorted;

    proptest! {
        #[test]
        fn sorts_as_the_standard_library_does(items: Vec<(u8, u32)>) {
            let mut expected: Vec<&(u8, u32)> = items.iter().collect();
            expected.sort_by_key(|(key, _)| key);
            prop_assert_eq!(sorted(&items, |a, b| a.0.cmp(&b.0)), expected);
        }
    }
}
