//! One sort for everything: the standard library's, behind one signature. It is compiled anew, at some ten kilobytes,
//! for every kind of item and every comparison, and the service is downloaded.

use std::cmp::Ordering;

/// Sorts numbers by the objects that they stand for; equal ones keep their order.
pub(crate) fn sort(numbers: &mut [u32], compare: &mut dyn FnMut(u32, u32) -> Ordering) {
    numbers.sort_by(|a, b| compare(*a, *b));
}

/// Items in order; equal ones keep their order.
pub(crate) fn sorted<T>(items: &[T], compare: impl Fn(&T, &T) -> Ordering) -> Vec<&T> {
    let mut places: Vec<u32> = (0..items.len() as u32).collect();
    let item = |place: u32| items.get(place as usize);
    sort(&mut places, &mut |a, b| match (item(a), item(b)) {
        (Some(a), Some(b)) => compare(a, b),
        _ => Ordering::Equal,
    });
    places.into_iter().filter_map(item).collect()
}
