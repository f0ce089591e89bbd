//! What becomes of each kind, as a run file and a query name it.

use super::gaps::Put;
use super::host::host;

/// What becomes of mentions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MentionRule {
    /// They stay.
    #[default]
    Keep,
    /// `@user` stands for each.
    User,
    /// They go.
    Drop,
}

/// What becomes of links.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UrlRule {
    /// They stay.
    #[default]
    Keep,
    /// The name of the host stands for each.
    Host,
    /// `<url>` stands for each.
    Tag,
    /// They go.
    Drop,
}

/// What becomes of e-mail addresses, or of phone numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ContactRule {
    /// They stay.
    #[default]
    Keep,
    /// `<email>` or `<phone>` stands for each.
    Tag,
    /// They go.
    Drop,
}

/// What becomes of each kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Redaction {
    /// Mentions of users and lists.
    pub mentions: MentionRule,
    /// Links.
    pub urls: UrlRule,
    /// E-mail addresses.
    pub emails: ContactRule,
    /// Phone numbers.
    pub phones: ContactRule,
}

impl Redaction {
    /// Everything stays.
    pub const KEEP: Self = Self {
        mentions: MentionRule::Keep,
        urls: UrlRule::Keep,
        emails: ContactRule::Keep,
        phones: ContactRule::Keep,
    };
}

impl MentionRule {
    /// The rules by the name that queries give them.
    pub const NAMES: [(&'static str, Self); 3] =
        [("keep", Self::Keep), ("user", Self::User), ("drop", Self::Drop)];
}

impl UrlRule {
    /// The rules by the name that queries give them.
    pub const NAMES: [(&'static str, Self); 4] =
        [("keep", Self::Keep), ("host", Self::Host), ("tag", Self::Tag), ("drop", Self::Drop)];

    /// What stands for `link`.
    pub(super) fn put<'l>(self, link: &str, expanded: impl Fn(&str) -> Option<&'l str>) -> Put {
        match self {
            Self::Keep => Put::Instead(link.to_owned().into()),
            Self::Host => {
                let known = expanded(link).and_then(host);
                Put::Instead(known.or_else(|| host(link)).map_or("<url>".into(), Into::into))
            }
            Self::Tag => Put::Instead("<url>".into()),
            Self::Drop => Put::Nothing,
        }
    }
}

impl ContactRule {
    /// The rules by the name that queries give them.
    pub const NAMES: [(&'static str, Self); 3] =
        [("keep", Self::Keep), ("tag", Self::Tag), ("drop", Self::Drop)];

    /// What stands for an address or a number; `None` where they stay.
    pub(super) fn put(self, tag: &'static str) -> Option<Put> {
        match self {
            Self::Keep => None,
            Self::Tag => Some(Put::Instead(tag.into())),
            Self::Drop => Some(Put::Nothing),
        }
    }
}
