//! The ways of cutting words that are known.

/// How a text is cut into words, which merge each for itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pattern {
    /// Of gpt2 and what follows it: r50k, p50k.
    Gpt2,
    /// Of cl100k, and of llama-3 and qwen-2.
    Cl100k {
        /// Digits that a number is cut after, 1 at least: 3, or 1 for qwen-2.
        digits: u32,
    },
    /// Of o200k, and of tekken.
    O200k {
        /// Digits that a number is cut after, 1 at least: 3, or 1 for tekken.
        digits: u32,
        /// Whether a word takes in the contraction that follows: tekken's doesn't.
        contractions: bool,
    },
}

impl Pattern {
    /// All that vocabularies are known to be made with.
    pub const KNOWN: [Self; 5] = [
        Self::Gpt2,
        Self::Cl100k { digits: 3 },
        Self::Cl100k { digits: 1 },
        Self::O200k { digits: 3, contractions: true },
        Self::O200k { digits: 1, contractions: false },
    ];

    /// The regular expression whose matches are the words, as it is published.
    pub fn regex(self) -> String {
        const CONTRACTION: &str = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
        const SPACES: &str = r"\s*[\r\n]+|\s+(?!\S)|\s+";
        let numbers =
            |digits| if digits == 1 { r"\p{N}".to_owned() } else { format!(r"\p{{N}}{{1,{digits}}}") };
        match self {
            Self::Gpt2 => {
                r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+".to_owned()
            }
            Self::Cl100k { digits } => {
                let numbers = numbers(digits);
                let letters = r"[^\r\n\p{L}\p{N}]?\p{L}+";
                format!(r"{CONTRACTION}|{letters}|{numbers}| ?[^\s\p{{L}}\p{{N}}]+[\r\n]*|{SPACES}")
            }
            Self::O200k { digits, contractions } => {
                let numbers = numbers(digits);
                let before = r"[^\r\n\p{L}\p{N}]?";
                let (upper, lower) = (r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]", r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]");
                let after = if contractions { format!("{CONTRACTION}?") } else { String::new() };
                let letters = format!("{before}{upper}*{lower}+{after}|{before}{upper}+{lower}*{after}");
                format!(r"{letters}|{numbers}| ?[^\s\p{{L}}\p{{N}}]+[\r\n/]*|{SPACES}")
            }
        }
    }
}
