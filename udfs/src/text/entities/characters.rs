//! The character classes that the entity rules share, and looking at one character of a text.

/// The character that begins at byte `at`; `None` at the end.
pub(super) fn char_at(text: &str, at: usize) -> Option<char> {
    text.get(at..)?.chars().next()
}

/// The character that ends before byte `at`; `None` at the start.
pub(super) fn char_before(text: &str, at: usize) -> Option<char> {
    text.get(..at)?.chars().next_back()
}

/// The byte at `at`; `None` past the end.
pub(super) fn byte_at(text: &str, at: usize) -> Option<u8> {
    text.as_bytes().get(at).copied()
}

/// How many bytes from `at` on are `held`. Ends on a character boundary if only ASCII is held.
pub(super) fn run_of(text: &str, at: usize, held: fn(u8) -> bool) -> usize {
    text.as_bytes().get(at..).map_or(0, |rest| rest.iter().take_while(|byte| held(**byte)).count())
}

/// Whether `text` has `prefix`, of ASCII, at `at`, in either case.
pub(super) fn has_at(text: &str, at: usize, prefix: &str) -> bool {
    let end = at.saturating_add(prefix.len());
    text.as_bytes().get(at..end).is_some_and(|head| head.eq_ignore_ascii_case(prefix.as_bytes()))
}

/// Unicode white space and U+180E, a space until Unicode 6.3.
pub(super) fn is_space(character: char) -> bool {
    character.is_whitespace() || character == '\u{180e}'
}

/// Marks that set the direction of writing; they may stand on either side of an entity.
pub(super) fn is_directional(character: char) -> bool {
    matches!(
        character,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    )
}

/// Characters a tweet can't hold: the byte order mark and two noncharacters.
pub(super) fn is_invalid(character: char) -> bool {
    matches!(character, '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

/// Latin letters with accents, combining accents, and some letters of African and Pacific languages.
/// They hold domain names and paths together, and a handle can't end beside one.
pub(in crate::text) fn is_latin_accent(character: char) -> bool {
    matches!(
        character,
        '\u{c0}'..='\u{d6}'
            | '\u{d8}'..='\u{f6}'
            | '\u{f8}'..='\u{24f}'
            | '\u{253}'
            | '\u{254}'
            | '\u{256}'
            | '\u{257}'
            | '\u{259}'
            | '\u{25b}'
            | '\u{263}'
            | '\u{268}'
            | '\u{26f}'
            | '\u{272}'
            | '\u{289}'
            | '\u{28b}'
            | '\u{2bb}'
            | '\u{300}'..='\u{36f}'
            | '\u{1e00}'..='\u{1eff}'
    )
}

/// The Cyrillic block.
pub(super) fn is_cyrillic(character: char) -> bool {
    matches!(character, '\u{400}'..='\u{4ff}')
}
