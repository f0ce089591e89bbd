//! The hashes that decide where a document goes and which documents are the same.
//!
//! Contract: every value here is part of published data (order in a shard, split, duplicate groups),
//! so none may ever change. All are XXH3 (seed 0, default secret) over these bytes:
//!
//! ```text
//!   keyed64        domain  0x00  seed (u64, little-endian)  id (i64, little-endian)   → 64 bits
//!   keyed64_bytes  domain  0x00  seed (u64, little-endian)  key                       → 64 bits
//!   content_hash   content                                                            → 128 bits
//! ```
//!
//! The domain keeps uses of one id apart (the shuffle says nothing about the split); it holds no zero
//! byte. The seed is hashed rather than given to XXH3, so any implementation of XXH3 can check a key.
//! [`cpu`] is the truth; a batch form equals its single form value for value.

pub mod cpu;
mod cuda;
mod gpu;

pub use self::gpu::gpu_content_hashes;

/// Domain of the key that orders documents in and across shards.
pub const SHUFFLE: &str = "shuffle";
/// Domain of the key that puts an author's documents in a split.
pub const SPLIT: &str = "split";
/// As [`SPLIT`], for an author known by handle only.
pub const SPLIT_HANDLE: &str = "split-handle";
/// As [`SPLIT`], for a document of an unknown author: its own id decides.
pub const SPLIT_TWEET: &str = "split-tweet";

/// 64-bit key of `id` for one `domain` and `seed`.
pub fn keyed64(domain: &str, seed: u64, id: i64) -> u64 {
    cpu::keyed64(domain, seed, &id.to_le_bytes())
}

/// 64-bit key of any bytes for one `domain` and `seed`.
pub fn keyed64_bytes(domain: &str, seed: u64, key: &[u8]) -> u64 {
    cpu::keyed64(domain, seed, key)
}

/// Place of a document in the shuffle: documents are ordered by (this, tweet id).
pub fn shuffle_key(seed: u64, tweet_id: i64) -> u64 {
    keyed64(SHUFFLE, seed, tweet_id)
}

/// [`shuffle_key`] of every id, appended to `keys`.
pub fn shuffle_keys(seed: u64, tweet_ids: &[i64], keys: &mut Vec<u64>) {
    keys.extend(tweet_ids.iter().map(|id| shuffle_key(seed, *id)));
}

/// Key that decides the split of everything an author wrote.
pub fn split_key(seed: u64, author_id: i64) -> u64 {
    keyed64(SPLIT, seed, author_id)
}

/// [`split_key`] for an author known by handle only. Upper and lower case ASCII letters are the
/// same handle, as they are on the platform; `handle` comes without its `@`.
pub fn split_key_handle(seed: u64, handle: &str) -> u64 {
    if handle.bytes().any(|byte| byte.is_ascii_uppercase()) {
        keyed64_bytes(SPLIT_HANDLE, seed, handle.to_ascii_lowercase().as_bytes())
    } else {
        keyed64_bytes(SPLIT_HANDLE, seed, handle.as_bytes())
    }
}

/// [`split_key`] for a document whose author is unknown.
pub fn split_key_tweet(seed: u64, tweet_id: i64) -> u64 {
    keyed64(SPLIT_TWEET, seed, tweet_id)
}

/// 128-bit digest of a text. Not cryptographic: two texts made to collide can be found.
pub fn content_hash(content: &[u8]) -> u128 {
    cpu::content_hash(content)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Computed with another implementation of XXH3 (Python's `xxhash`), so that an upgrade of ours
    /// can't move keys unseen.
    #[test]
    fn keys_are_those_of_the_reference_implementation() {
        assert_eq!(keyed64("shuffle", 0, 1), 0xc28b_fb81_c294_9175);
        assert_eq!(shuffle_key(7, 1_288_834_974_657), 0x1216_36c7_dab9_139d);
        assert_eq!(shuffle_key(u64::MAX, -1), 0xb2cf_1b6b_011f_909f);
        assert_eq!(split_key(7, 12), 0xd2d8_ae16_221a_860c);
        assert_eq!(split_key(7, i64::MAX), 0x7fdf_c98d_4078_2765);
        assert_eq!(split_key_handle(7, "jack"), 0xf865_9164_a91d_a52f);
        assert_eq!(split_key_tweet(7, 20), 0xbf22_2366_d222_76f3);
        assert_eq!(keyed64_bytes(&"d".repeat(300), 1, &[b'k'; 500]), 0x4e28_6f9c_2ea8_bae2);
    }

    #[test]
    fn digests_are_those_of_the_reference_implementation() {
        assert_eq!(content_hash(b""), 0x99aa_06d3_0147_98d8_6001_c324_468d_497f);
        assert_eq!(content_hash(b"abc"), 0x06b0_5ab6_733a_6185_78af_5f94_892f_3950);
        assert_eq!(content_hash(&[b'a'; 1000]), 0xb01d_a365_edda_a29c_b3e7_af62_7147_db7c);
    }

    #[test]
    fn a_handle_is_the_same_in_either_case() {
        assert_eq!(split_key_handle(7, "JacK"), split_key_handle(7, "jack"));
        assert_ne!(split_key_handle(7, "jack"), split_key_handle(8, "jack"));
    }

    #[test]
    fn domains_keep_uses_of_one_id_apart() {
        assert_ne!(shuffle_key(7, 12), split_key(7, 12));
        assert_ne!(split_key(7, 12), split_key_tweet(7, 12));
    }

    proptest! {
        #[test]
        fn batches_equal_singles(seed: u64, ids in prop::collection::vec(any::<i64>(), 0..50)) {
            let mut shuffled = Vec::new();
            shuffle_keys(seed, &ids, &mut shuffled);
            prop_assert_eq!(shuffled, ids.iter().map(|id| shuffle_key(seed, *id)).collect::<Vec<_>>());
        }

        #[test]
        fn a_key_of_an_id_is_the_key_of_its_bytes(seed: u64, id: i64) {
            prop_assert_eq!(keyed64("a", seed, id), keyed64_bytes("a", seed, &id.to_le_bytes()));
        }

        /// The two ways the body lays the bytes out (on the stack, on the heap) agree.
        #[test]
        fn long_keys_are_laid_out_as_short_ones(seed: u64, key in prop::collection::vec(any::<u8>(), 0..200)) {
            let mut bytes = b"domain\0".to_vec();
            bytes.extend(seed.to_le_bytes());
            bytes.extend(&key);
            prop_assert_eq!(keyed64_bytes("domain", seed, &key), xxhash_rust::xxh3::xxh3_64(&bytes));
        }
    }
}
