//! Digits as they are typed: ASCII, full width, Arabic and Persian.

/// The value of a digit, 0 to 9.
pub(super) fn digit(character: char) -> Option<u8> {
    let zero = match character {
        '0'..='9' => '0',
        '０'..='９' => '０',
        '\u{660}'..='\u{669}' => '\u{660}',
        '\u{6f0}'..='\u{6f9}' => '\u{6f0}',
        _ => return None,
    };
    u8::try_from(u32::from(character) - u32::from(zero)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_of_four_scripts_have_a_value() {
        for digits in ["0123456789", "０１２３４５６７８９", "٠١٢٣٤٥٦٧٨٩", "۰۱۲۳۴۵۶۷۸۹"]
        {
            let values: Vec<_> = digits.chars().filter_map(digit).collect();
            assert_eq!(values, (0..10).collect::<Vec<_>>(), "{digits}");
        }
        assert_eq!("a一½²Ⅷ०".chars().filter_map(digit).count(), 0);
    }
}
