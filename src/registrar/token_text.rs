//! The text of managed tokens: `registrar_<partition>_<secret>_<signature>`, in Crockford base 32. **\[ours\]**
//!
//! The partition, six characters, is that of the account: it says where the token's record is. The secret is 26
//! random characters. The signature is the first 13 characters of the HMAC-SHA-256 of the text before its `_`, under the
//! deployment's secret: a text that somebody made up is refused before any record is looked for.

use crate::digest::hmac;
use crate::model::pfid::{ALPHABET, Partition, Pfid};

const PREFIX: &str = "registrar_";
const PARTITION_CHARACTERS: usize = 6;
const SECRET_CHARACTERS: usize = 26;
const SIGNATURE_CHARACTERS: usize = 13;
/// How many characters the signature is of.
const SIGNED: usize = PREFIX.len() + PARTITION_CHARACTERS + 1 + SECRET_CHARACTERS;

/// The random bytes of a token: one for each character of its secret.
pub(super) type TokenRandomness = [u8; SECRET_CHARACTERS];

/// The characters of a token.
pub(crate) const TOKEN_LENGTH: usize = SIGNED + 1 + SIGNATURE_CHARACTERS;

/// Where in an id its partition stands.
const PARTITION: std::ops::Range<usize> = 10..10 + PARTITION_CHARACTERS;

/// The first characters of a signature.
fn signature(signed: &[u8], secret: &[u8]) -> Option<[u8; SIGNATURE_CHARACTERS]> {
    let digest = hmac(secret, signed);
    let (mut bits, mut held, mut bytes) = (0_u32, 0, digest.iter());
    let mut characters = [0; SIGNATURE_CHARACTERS];
    for character in &mut characters {
        if held < 5 {
            bits = bits << 8 | u32::from(*bytes.next()?);
            held += 8;
        }
        held -= 5;
        *character = ALPHABET[(bits >> held) as usize & 31];
    }
    Some(characters)
}

/// The text of a new token of a partition.
pub(super) fn token_text(of: Pfid, randomness: &TokenRandomness, secret: &[u8]) -> Option<String> {
    let mut text = String::with_capacity(TOKEN_LENGTH);
    text.push_str(PREFIX);
    text.push_str(of.to_string().get(PARTITION)?);
    text.push('_');
    let characters = randomness.iter();
    text.extend(characters.map(|byte| char::from(ALPHABET[usize::from(byte & 31)])));
    let signature = signature(text.as_bytes(), secret)?;
    text.push('_');
    text.extend(signature.map(char::from));
    Some(text)
}

/// The partition of a managed token, if its signature is valid under this secret. No store is read, so a worker that routes
/// requests by partition can refuse forged tokens without waking the object of an account. Only the token's record says
/// whether it is still active. **\[ours\]**
///
/// `secret` is the option [`secret`](crate::Config::secret) of the configuration. Each text of the right length takes the
/// same time.
///
/// ```
/// use agent_registrar::token_partition;
///
/// assert_eq!(token_partition("registrar_3nqk8n_made0up0made0up0made0up0ma_de0up0made0up", b"a secret"), None);
/// ```
#[must_use]
pub fn token_partition(token: &str, secret: &[u8]) -> Option<Partition> {
    if token.len() != TOKEN_LENGTH {
        return None;
    }
    let (signed, given) = token.as_bytes().split_at_checked(SIGNED)?;
    let wanted = signature(signed, secret)?;
    if !same(given.get(1..)?, &wanted) || given.first() != Some(&b'_') {
        return None;
    }
    let rest = signed.strip_prefix(PREFIX.as_bytes())?;
    let (partition, rest) = rest.split_at_checked(PARTITION_CHARACTERS)?;
    let (first, random) = rest.split_first()?;
    if *first != b'_' || !random.iter().all(|it| ALPHABET.contains(it)) {
        return None;
    }
    let digit = |number: u32, character: &u8| {
        let digit = ALPHABET.iter().position(|it| it == character)?;
        Some(number << 5 | digit as u32)
    };
    let number = partition.iter().try_fold(0, digit)?;
    Partition::new(number).ok()
}

/// Compares all bytes, whatever the first difference.
pub(super) fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |all, (a, b)| all | (a ^ b)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registrar::config::DEFAULT_ACCOUNT;

    const SECRET: &[u8] = b"the deployment's secret";

    fn a_token() -> String {
        let account = Pfid::parse(DEFAULT_ACCOUNT).unwrap();
        token_text(account, &std::array::from_fn(|it| it as u8), SECRET).unwrap()
    }

    #[test]
    fn a_token_has_the_form_of_the_contract_and_names_its_partition() {
        let token = a_token();
        let parts: Vec<&str> = token.split('_').collect();
        assert_eq!(
            parts[..3],
            [
                "registrar",
                &DEFAULT_ACCOUNT[10..16],
                "0123456789abcdefghjkmnpqrs"
            ]
        );
        assert_eq!(parts[3].len(), 13);
        let partition = token_partition(&token, SECRET).unwrap();
        assert_eq!(partition, Pfid::parse(DEFAULT_ACCOUNT).unwrap().partition());
    }

    /// The HMAC of Python: `hmac.new(key, text, "sha256").digest()`, of which the first 65 bits.
    #[test]
    fn the_signature_is_an_hmac_of_what_stands_before() {
        // RFC 4231, test case 2: 5bdcc146bf60754e6a04…
        let signature = signature(b"what do ya want for nothing?", b"Jefe").unwrap();
        let mut bits = 0_u128;
        for character in signature {
            let digit = ALPHABET.iter().position(|it| *it == character);
            bits = bits << 5 | digit.unwrap() as u128;
        }
        assert_eq!(bits >> 1, 0x5bdc_c146_bf60_754e);
    }

    #[test]
    fn a_text_with_any_change_is_none() {
        let token = a_token();
        for place in 0..token.len() {
            for other in ["0", "1", "z", "Z", "_", "-", "u"] {
                let mut changed = token.clone();
                changed.replace_range(place..=place, other);
                if changed != token {
                    assert_eq!(token_partition(&changed, SECRET), None, "{changed}");
                }
            }
        }
        for other in [&token[1..], &token[..token.len() - 1], "", "é"] {
            assert_eq!(token_partition(other, SECRET), None);
        }
        assert_eq!(token_partition(&format!("{token}0"), SECRET), None);
        assert_eq!(token_partition(&"é".repeat(TOKEN_LENGTH / 2), SECRET), None);
        assert_eq!(token_partition(&token, b"another secret"), None);
        assert_eq!(token_partition(&token, b""), None);
    }
}
