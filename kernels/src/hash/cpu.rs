//! The plain body of the hashes.

use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

/// Longest message laid out on the stack: a domain, a seed and an id or a handle fit many times.
const ON_STACK_BYTES: usize = 128;

/// XXH3-64 over `domain`, a zero byte, `seed` (little-endian) and `key`.
pub fn keyed64(domain: &str, seed: u64, key: &[u8]) -> u64 {
    let parts: [&[u8]; 4] = [domain.as_bytes(), &[0], &seed.to_le_bytes(), key];
    let mut stack = [0_u8; ON_STACK_BYTES];
    let mut end = 0;
    for part in parts {
        match stack.get_mut(end..end + part.len()) {
            Some(room) => room.copy_from_slice(part),
            None => return xxh3_64(&parts.concat()),
        }
        end += part.len();
    }
    xxh3_64(stack.get(..end).unwrap_or_default())
}

/// XXH3-128 of `content`.
pub fn content_hash(content: &[u8]) -> u128 {
    xxh3_128(content)
}
