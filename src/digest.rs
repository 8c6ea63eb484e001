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
