//! The patterns that rank files are used with: a rank file holds tokens and ranks, but not the regular
//! expression that cuts text into words before any merge, nor the special tokens.

use tweetmill_kernels::bpe;

/// How one family of rank files cuts words, and how its files are recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pattern {
    /// Name the world knows it by.
    pub(crate) name: &'static str,
    /// How words are cut.
    pub(crate) words: bpe::Pattern,
    /// Other spellings found in file names.
    aliases: &'static [&'static str],
    /// Id of `<|endoftext|>`, the one special token that ends a document.
    pub(crate) end_of_text: u32,
    /// Digest of the published ranks, as [`super::rank_file::RankFile::digest`] gives it.
    ranks_digest: u128,
}

/// Of `cl100k_base`.
pub(crate) const CL100K_BASE: Pattern = Pattern {
    name: "cl100k_base",
    words: bpe::Pattern::Cl100k { digits: 3 },
    aliases: &["cl100k"],
    end_of_text: 100_257,
    ranks_digest: 0x96db_d69b_f31e_d981_6fb5_1880_2d59_c138,
};

/// Of `o200k_base`.
pub(crate) const O200K_BASE: Pattern = Pattern {
    name: "o200k_base",
    words: bpe::Pattern::O200k { digits: 3, contractions: true },
    aliases: &["o200k"],
    end_of_text: 199_999,
    ranks_digest: 0x5884_7356_33b0_aa7b_b44b_3fb2_1bd7_171c,
};

/// All that are known.
pub(crate) const PATTERNS: [Pattern; 4] = [
    CL100K_BASE,
    O200K_BASE,
    Pattern {
        name: "r50k_base",
        words: bpe::Pattern::Gpt2,
        aliases: &["r50k", "gpt2", "gpt-2"],
        end_of_text: 50_256,
        ranks_digest: 0xa2bf_067e_70b4_7a36_3882_4f2c_2063_699b,
    },
    Pattern {
        name: "p50k_base",
        words: bpe::Pattern::Gpt2,
        aliases: &["p50k"],
        end_of_text: 50_256,
        ranks_digest: 0xf6f8_61b1_4469_4e22_80a0_2f24_d08a_a6b8,
    },
];

impl Pattern {
    /// The pattern of published ranks, whatever the file is called.
    pub(crate) fn of_ranks(digest: u128) -> Option<&'static Pattern> {
        PATTERNS.iter().find(|pattern| pattern.ranks_digest == digest)
    }

    /// The pattern a file's name speaks of, for ranks that aren't the published ones.
    pub(crate) fn of_name(name: &str) -> Option<&'static Pattern> {
        let name = name.to_ascii_lowercase();
        PATTERNS.iter().find(|pattern| pattern.aliases.iter().any(|alias| name.contains(alias)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_name_tells_its_pattern() {
        let named = |name| Pattern::of_name(name).map(|pattern| pattern.name);
        assert_eq!(named("models/cl100k_extended.tiktoken"), Some("cl100k_base"));
        assert_eq!(named("GPT2.tiktoken"), Some("r50k_base"));
        assert_eq!(named("tokenizer.model"), None);
    }
}
