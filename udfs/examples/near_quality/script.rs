//! The script a text is mostly written in, told by its code points alone.

/// Scripts that tables have a row of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Script {
    Latin,
    Arabic,
    Chinese,
    Greek,
    Japanese,
    Korean,
    Other,
}

impl Script {
    /// The script of most letters; Han with any Kana is Japanese.
    pub(crate) fn of(text: &[u32]) -> Self {
        let all = [
            Self::Latin,
            Self::Arabic,
            Self::Chinese,
            Self::Greek,
            Self::Japanese,
            Self::Korean,
            Self::Other,
        ];
        let count = |script| text.iter().filter(|point| Self::of_point(**point) == Some(script)).count();
        let most = all.into_iter().rev().max_by_key(|script| count(*script)).unwrap_or(Self::Other);
        if most == Self::Chinese && count(Self::Japanese) > 0 { Self::Japanese } else { most }
    }

    fn of_point(point: u32) -> Option<Self> {
        match point {
            0x61..=0x7A | 0xC0..=0x24F | 0x1E00..=0x1EFF => Some(Self::Latin),
            0x370..=0x3FF | 0x1F00..=0x1FFF => Some(Self::Greek),
            0x600..=0x6FF | 0x750..=0x77F => Some(Self::Arabic),
            0x3040..=0x30FF => Some(Self::Japanese),
            0x3400..=0x9FFF | 0x20000..=0x3FFFF => Some(Self::Chinese),
            0x1100..=0x11FF | 0x3130..=0x318F | 0xAC00..=0xD7FF => Some(Self::Korean),
            0..=0x7F => None,
            _ => Some(Self::Other),
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Latin => "Latin",
            Self::Arabic => "Arabic",
            Self::Chinese => "Chinese",
            Self::Greek => "Greek",
            Self::Japanese => "Japanese",
            Self::Korean => "Korean",
            Self::Other => "others",
        }
    }
}
