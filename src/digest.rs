//! SHA-256, compiled once: the library's functions are inlined at each call.

use sha2::Sha256;
use sha2::digest::Digest as _;

/// A digest of 32 bytes.
pub(crate) type Sum = [u8; 32];

/// An incremental SHA-256.
#[derive(Debug, Default)]
pub(crate) struct Digest(Sha256);

impl Digest {
    /// A digest without any bytes yet.
    pub(crate) fn new() -> Digest {
        Digest::default()
    }

    /// Adds bytes.
    #[inline(never)]
    pub(crate) fn add(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The digest of all added bytes.
    #[inline(never)]
    pub(crate) fn finish(self) -> Sum {
        self.0.finalize().into()
    }
}

/// The digest of some bytes.
pub(crate) fn sha256(bytes: &[u8]) -> Sum {
    let mut digest = Digest::new();
    digest.add(bytes);
    digest.finish()
}

/// The block of SHA-256, in bytes.
const BLOCK: usize = 64;

/// HMAC-SHA-256 (RFC 2104).
// Not the crate `hmac`, which would bring a second SHA-256.
pub(crate) fn hmac(key: &[u8], message: &[u8]) -> Sum {
    let mut block = [0; BLOCK];
    if key.len() > BLOCK {
        block[..32].copy_from_slice(&sha256(key));
    } else {
        block[..key.len()].copy_from_slice(key);
    }
    let keyed = |pad: u8, message: &[u8]| {
        let mut digest = Digest::new();
        digest.add(&block.map(|byte| byte ^ pad));
        digest.add(message);
        digest.finish()
    };
    keyed(0x5c, &keyed(0x36, message))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The test cases 1, 2 and 6 of RFC 4231: a short key, a shorter one, and one that is longer than a block.
    #[test]
    fn the_hmac_is_that_of_the_rfc() {
        let key = [0xaa; 131];
        for (key, message, expected) in [
            (&[0x0b; 20][..], "Hi There", [0xb0, 0x34, 0x4c, 0x61]),
            (
                b"Jefe",
                "what do ya want for nothing?",
                [0x5b, 0xdc, 0xc1, 0x46],
            ),
            (
                &key,
                "Test Using Larger Than Block-Size Key - Hash Key First",
                [0x60, 0xe4, 0x31, 0x59],
            ),
        ] {
            assert_eq!(hmac(key, message.as_bytes())[..4], expected);
        }
    }
}
