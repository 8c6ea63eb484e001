//! Reads what a request's headers say: `Authorization`, `Content-Type`, `Content-Encoding` and `Accept`.

use std::borrow::Cow;

use crate::api::http::{JSON, PROBLEM, is_header_value};

/// The media type of lines of JSON.
const LINES: &str = "application/x-ndjson";

/// The bearer token of an `Authorization` header.
pub(in crate::api) fn bearer(authorization: Option<&str>) -> Option<&str> {
    let (scheme, token) = authorization?.trim_ascii().split_once(' ')?;
    let token = token.trim_ascii();
    (same(scheme, "bearer") && !token.is_empty()).then_some(token)
}

/// Splits a header's value at the first separator outside a quoted string, and trims the first part.
#[inline(never)]
fn split(value: &str, separator: u8) -> (&str, Option<&str>) {
    let (mut quoted, mut escaped) = (false, false);
    let end = value.bytes().position(|byte| {
        let separates = byte == separator && !quoted;
        quoted ^= byte == b'"' && !escaped;
        escaped = quoted && byte == b'\\' && !escaped;
        separates
    });
    let (first, rest) = match end {
        Some(end) => (value.get(..end), value.get(end + 1..)),
        None => (Some(value), None),
    };
    (first.unwrap_or_default().trim_ascii(), rest)
}

/// Compares ignoring ASCII case. The standard library's function would be inlined at each call.
#[inline(never)]
fn same(text: &str, word: &str) -> bool {
    text.eq_ignore_ascii_case(word)
}

/// A parameter's name and its value.
#[inline(never)]
fn name_and_value(parameter: &str) -> (&str, &str) {
    let (name, value) = split(parameter, b'=');
    (name, value.unwrap_or_default().trim_ascii())
}

/// The value of a parameter: a token, or a quoted string without its quotes. `None` if it is neither.
fn parameter_value(value: &str) -> Option<&str> {
    let Some(quoted) = value.strip_prefix('"') else {
        let is_token = !value.is_empty() && !value.bytes().any(|it| matches!(it, b'"' | b' '));
        return is_token.then_some(value);
    };
    let mut escaped = false;
    let end = quoted.bytes().position(|byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    })?;
    // Escapes stay, because no charset's name has one.
    quoted.get(..end).filter(|_| end + 1 == quoted.len())
}

/// Whether a `Content-Type` is that of JSON in UTF-8.
pub(in crate::api) fn is_json(content_type: Option<&str>) -> bool {
    // The usual value.
    content_type == Some(JSON) || is_utf8_of(JSON, content_type)
}

/// Whether a `Content-Type` is that of lines of JSON in UTF-8.
pub(in crate::api) fn is_lines(content_type: Option<&str>) -> bool {
    is_utf8_of(LINES, content_type)
}

#[inline(never)]
fn is_utf8_of(wanted: &str, content_type: Option<&str>) -> bool {
    let (essence, mut rest) = split(content_type.unwrap_or_default(), b';');
    let mut all = same(essence, wanted);
    while let Some(parameters) = rest {
        let (parameter, more) = split(parameters, b';');
        rest = more;
        let (name, value) = name_and_value(parameter);
        all &= match parameter_value(value) {
            Some(value) if same(name, "charset") => same(value, "utf-8") || same(value, "utf8"),
            Some(_) => true,
            // A semicolon may be followed by nothing, but a name needs a value.
            None => parameter.is_empty(),
        };
    }
    all
}

/// The content codings of a `Content-Encoding` that are not `identity`, to be named in a message; `None` if there is
/// none. A name that is not printable, or long, is left out.
pub(in crate::api) fn refused_codings(content_encoding: Option<&str>) -> Option<Cow<'_, str>> {
    /// The longest text that a message repeats.
    const SHOWN: usize = 64;
    let mut refused = content_encoding?
        .split(',')
        .map(str::trim_ascii)
        .filter(|coding| !coding.is_empty() && !same(coding, "identity"));
    let first = refused.next()?;
    let all = refused.fold(Cow::Borrowed(first), |all, coding| {
        Cow::Owned([&*all, coding].join(", "))
    });
    let is_shown = all.len() <= SHOWN && is_header_value(&all);
    Some(if is_shown {
        all
    } else {
        Cow::Borrowed("of this name")
    })
}

/// Whether errors are to be RFC 9457 problem details: if `Accept` names that type, and does not prefer plain JSON,
/// for which a range like `*/*` counts. **\[ours\]**
#[inline(never)]
pub(in crate::api) fn wants_problem(accept: Option<&str>) -> bool {
    // Widest range first; the narrowest one that covers JSON wins.
    let mut qualities: [Option<u32>; 4] = [None; 4];
    let mut ranges = accept;
    while let Some(list) = ranges {
        let (range, more) = split(list, b',');
        ranges = more;
        let (essence, mut rest) = split(range, b';');
        let mut quality = 1000;
        while let Some(parameters) = rest {
            let (parameter, more) = split(parameters, b';');
            rest = more;
            let (name, value) = name_and_value(parameter);
            if same(name, "q") {
                quality = thousandths(value);
            }
        }
        for (known, place) in ["*/*", "application/*", JSON, PROBLEM]
            .iter()
            .zip(&mut qualities)
        {
            if same(essence, known) {
                *place = Some(quality);
            }
        }
    }
    let [any, application, json, problem] = qualities;
    let json = json.or(application).or(any).unwrap_or(0);
    problem.is_some_and(|problem| problem > 0 && problem >= json)
}

/// A quality from `0` to `1.000`, in thousandths; `None` if invalid.
fn thousandths(quality: &str) -> u32 {
    let (whole, fraction) = quality.split_once('.').unwrap_or((quality, ""));
    let digits = fraction.bytes().all(|digit| digit.is_ascii_digit());
    match whole {
        "1" => 1000,
        "0" if digits => fraction
            .bytes()
            .zip([100, 10, 1])
            .map(|(digit, worth)| u32::from(digit - b'0') * worth)
            .sum(),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bearer_tokens() {
        assert_eq!(bearer(Some("Bearer abc")), Some("abc"));
        assert_eq!(bearer(Some("bearer  abc ")), Some("abc"));
        assert_eq!(bearer(Some("Bearer ")), None);
        assert_eq!(bearer(Some("Bearer")), None);
        assert_eq!(bearer(Some("Basic abc")), None);
        assert_eq!(bearer(None), None);
    }

    #[test]
    fn content_types() {
        for good in [
            "application/json",
            "Application/JSON; charset=UTF-8",
            "application/json;charset=\"utf-8\"",
            "application/json; version=1",
            "application/json;",
            "application/json ; charset = utf8 ;",
            r#"application/json; x=";charset=latin1""#,
            r#"application/json; x="a\";charset=latin1"; charset=utf-8"#,
        ] {
            assert!(is_json(Some(good)), "{good}");
        }
        for bad in [
            "",
            "text/plain",
            "application/json; charset=latin1",
            "application/jsonp",
            "application/problem+json",
            "application/json; charset",
            "application/json; charset=",
            "application/json; charset=\"utf-8",
            "application/json; charset=utf-8\"",
            "application/json; charset=\"\"utf-8\"\"",
            "application/json; charset=\"utf-8\\\"",
            "application/json; charset=utf-8 utf-8",
            r#"application/json; x="a\\";charset=latin1"#,
            r#"application/json; x="a;charset=utf-8"#,
        ] {
            assert!(!is_json(Some(bad)), "{bad}");
        }
        assert!(!is_json(None));
    }

    #[test]
    fn codings_other_than_identity_are_named() {
        for taken in [
            None,
            Some(""),
            Some(" , ,"),
            Some("identity"),
            Some("Identity, IDENTITY"),
        ] {
            assert_eq!(refused_codings(taken), None, "{taken:?}");
        }
        for (value, named) in [
            ("gzip", "gzip"),
            (" GZIP ", "GZIP"),
            ("identity, br", "br"),
            ("gzip, identity,, br", "gzip, br"),
            ("gz\u{7f}ip", "of this name"),
            ("é", "of this name"),
            (&"x".repeat(65), "of this name"),
        ] {
            assert_eq!(refused_codings(Some(value)).as_deref(), Some(named));
        }
    }

    #[test]
    fn problem_details_are_sent_on_request_only() {
        assert!(wants_problem(Some("application/problem+json")));
        assert!(wants_problem(Some(
            "application/json, application/problem+json"
        )));
        assert!(!wants_problem(Some(
            "application/json, application/problem+json;q=0.5"
        )));
        assert!(!wants_problem(Some("application/problem+json;q=0")));
        assert!(!wants_problem(Some("*/*")));
        for (accept, wanted) in [
            ("*/*;q=1, application/problem+json;q=0.5", false),
            ("application/*, application/problem+json;q=0.5", false),
            ("application/problem+json, */*;q=0.8", true),
            ("*/*, application/problem+json", true),
            (
                "application/json;q=0.1, application/problem+json;q=0.5, */*",
                true,
            ),
            (
                "application/*;q=0.1, */*;q=0.9, application/problem+json;q=0.5",
                true,
            ),
            (r#"text/plain;x=",application/problem+json""#, false),
        ] {
            assert_eq!(wants_problem(Some(accept)), wanted, "{accept}");
        }
        assert!(!wants_problem(None));
    }
}
