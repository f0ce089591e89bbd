//! Lists of strings in a record.

use bumpalo::Bump;

use crate::source::json::{Broken, Reader, Str};

/// Takes an array of strings, or one string that lists them with commas, in place of what `into` holds.
pub(crate) fn read_listed<'de>(json: &mut Reader<'de, '_>, into: &mut Vec<Str<'de>>) -> Result<(), Broken> {
    into.clear();
    if !json.is_array() {
        into.extend(json.scalar()?.string().into_iter().flat_map(Str::listed));
        return Ok(());
    }
    json.array(|json| {
        into.extend(json.scalar()?.string());
        Ok(())
    })?;
    Ok(())
}

/// The texts of `items`.
pub(crate) fn texts<'a>(items: &'a [Str<'a>], arena: &'a Bump) -> &'a [&'a str] {
    arena.alloc_slice_fill_iter(items.iter().map(|item| item.text_in(arena)))
}
