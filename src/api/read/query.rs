//! The query of a target.

use std::borrow::Cow;

/// The parameters of a request, decoded. A bulk item's members become parameters, too.
#[derive(Clone, Debug, Default)]
pub struct Query<'a> {
    pairs: Vec<(Cow<'a, str>, Cow<'a, str>)>,
}

impl<'a> Query<'a> {
    /// Parses `a=b&c[d]=e`. Percent-encoding and `+` are decoded in names and values. Invalid UTF-8 becomes U+FFFD,
    /// which matches nothing.
    pub fn parse(text: &'a str) -> Query<'a> {
        let pairs = text
            .split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| {
                let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                (decode(name, true), decode(value, true))
            })
            .collect();
        Query { pairs }
    }

    /// Adds a parameter.
    pub fn add(&mut self, name: impl Into<Cow<'a, str>>, value: impl Into<Cow<'a, str>>) {
        self.pairs.push((name.into(), value.into()));
    }

    /// The names and values of all parameters, in their order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs.iter().map(|(name, value)| (&**name, &**value))
    }

    /// The value of a parameter; if repeated, the last one. Lists refuse one that is repeated with another value.
    /// **\[ours\]**
    pub fn get(&self, name: &str) -> Option<&str> {
        self.pairs
            .iter()
            .rev()
            .find(|(key, _)| key == name)
            .map(|(_, value)| &**value)
    }
}

/// Decodes percent-encoding, and `+` as a space if `plus`. A `%` without two hexadecimal digits stays.
pub fn decode(text: &str, plus: bool) -> Cow<'_, str> {
    if !text
        .bytes()
        .any(|byte| byte == b'%' || (plus && byte == b'+'))
    {
        return Cow::Borrowed(text);
    }
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let digit = |offset: usize| {
            bytes
                .get(at + offset)
                .and_then(|&byte| char::from(byte).to_digit(16))
        };
        match (byte, digit(1), digit(2)) {
            (b'%', Some(high), Some(low)) => {
                out.push((high << 4 | low) as u8);
                at += 3;
                continue;
            }
            (b'+', ..) if plus => out.push(b' '),
            _ => out.push(byte),
        }
        at += 1;
    }
    match String::from_utf8(out) {
        Ok(text) => Cow::Owned(text),
        Err(_) => Cow::Borrowed("\u{fffd}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_may_be_encoded() {
        let query = Query::parse("pagination%5Boffset%5D=10&sorting[field]=name&a=1+2%2B3&b&&a=x");
        assert_eq!(query.get("pagination[offset]"), Some("10"));
        assert_eq!(query.get("sorting[field]"), Some("name"));
        assert_eq!(query.get("b"), Some(""));
        assert_eq!(query.get("a"), Some("x"));
        assert_eq!(query.get("c"), None);
    }

    #[test]
    fn invalid_percent_escapes_stay_as_they_are() {
        assert_eq!(decode("100%", true), "100%");
        assert_eq!(decode("%4", true), "%4");
        assert_eq!(decode("%zz+", false), "%zz+");
        assert_eq!(decode("%ff", true), "\u{fffd}");
        assert_eq!(decode("%C3%A9+", true), "é ");
    }
}
