//! Functions that give documents their places.

mod shuffle_key;

pub(crate) use self::shuffle_key::ShuffleKey;
