// Where the words of a text end, as src/bpe/split has them: each pattern is what the alternatives of its expression do in their order.
#pragma once

#include "utf8.cuh"

// As in src/bpe/classes.rs.
constexpr u32 OTHER = 1 << 0, MARK = 1 << 1, UPPER = 1 << 2, LOWER = 1 << 3, CASELESS = 1 << 4, NUMBER = 1 << 5, SPACE = 1 << 6, NEWLINE = 1 << 7;
constexpr u32 LETTER = UPPER | LOWER | CASELESS, WHITE = SPACE | NEWLINE, SIGN = OTHER | MARK, BOTH = CASELESS | MARK;

// Code points of a block of equal classes.
constexpr u32 CLASS_BLOCK = 64;

constexpr u32 NOWHERE = 0xFFFFFFFF;

struct Pattern {
    // 0 of gpt2, 1 of cl100k, 2 of o200k.
    u32 kind;
    // Digits that a number is cut after.
    u32 digits;
    // Whether a word takes in the contraction that follows.
    u32 contractions;
};

struct Character {
    // None past the end.
    u32 of;
    u32 bytes;

    DEVICE_METHOD bool is(u32 classes) const { return (of & classes) != 0; }
};

struct Text {
    const u8* bytes;
    u32 length;
    // The block of every 64 code points, and the classes in each.
    const u16* class_places;
    const u8* class_blocks;

    DEVICE_METHOD bool ends(u32 at) const { return at >= length; }
    // Past the end it is zero.
    DEVICE_METHOD u32 byte(u32 at) const { return at < length ? bytes[at] : 0; }
    DEVICE_METHOD Character character(u32 at) const {
        if (at >= length) return {0, 0};
        const u32 point = code_point(bytes + at);
        return {class_blocks[class_places[point / CLASS_BLOCK] * CLASS_BLOCK + point % CLASS_BLOCK], width(bytes[at])};
    }
    // The end of the characters of these classes from `at` on, `most` at most.
    DEVICE_METHOD u32 run(u32 at, u32 classes, u32 most = NOWHERE) const {
#ifdef BUG_DIGIT_TOO_MANY
        most += most != NOWHERE;
#endif
        for (; most > 0; most--) {
            const Character character = this->character(at);
            if (!character.is(classes)) break;
            at += character.bytes;
        }
        return at;
    }
};

// `'s|'t|'re|'ve|'m|'ll|'d`; with `folds` of either case, where ſ is an s, too.
DEVICE u32 contraction(const Text& text, u32 at, bool folds) {
    if (text.byte(at) != '\'') return NOWHERE;
    const u32 fold = folds ? 0x20 : 0;
    const u32 first = text.byte(at + 1) | fold, second = text.byte(at + 2) | fold;
    if (first == 's' || first == 't' || first == 'm' || first == 'd') return at + 2;
    if (((first == 'r' || first == 'v') && second == 'e') || (first == 'l' && second == 'l')) return at + 3;
    return folds && text.byte(at + 1) == 0xC5 && text.byte(at + 2) == 0xBF ? at + 3 : NOWHERE;
}

// `\s+(?!\S)|\s+`, where white space ends at `end`: unless the text ends there, the last of several is given back.
DEVICE u32 spaces_until(const Text& text, u32 at, u32 end) {
    if (text.ends(end)) return end;
    u32 last = end - 1;
    while (!is_lead(text.bytes[last])) last--;
    return last > at ? last : end;
}

// `\s*[\r\n]+|\s+(?!\S)|\s+`.
DEVICE u32 lines_or_spaces(const Text& text, u32 at) {
    const u32 end = text.run(at, WHITE);
    for (u32 after = end; after > at; after--) {
        if (text.bytes[after - 1] == '\r' || text.bytes[after - 1] == '\n') return after;
    }
    return spaces_until(text, at, end);
}

// ` ?[^\s\p{L}\p{N}]+`.
DEVICE u32 signs(const Text& text, u32 at) {
    const u32 from = at + (text.byte(at) == ' ');
    const u32 end = text.run(from, SIGN);
    return end > from ? end : NOWHERE;
}

DEVICE u32 gpt2_end(const Text& text, u32 at) {
    const u32 contracted = contraction(text, at, false);
    if (contracted != NOWHERE) return contracted;
    const u32 from = at + (text.byte(at) == ' ');
    const Character first = text.character(from);
    if (first.is(LETTER)) return text.run(from, LETTER);
    if (first.is(NUMBER)) return text.run(from, NUMBER);
    if (first.is(SIGN)) return text.run(from, SIGN);
    return spaces_until(text, at, text.run(at, WHITE));
}

DEVICE u32 cl100k_end(const Text& text, u32 at, u32 digits) {
    const u32 contracted = contraction(text, at, true);
    if (contracted != NOWHERE) return contracted;
    const Character first = text.character(at);
    if (first.is(LETTER)) return text.run(at, LETTER);
    if (first.is(NUMBER)) return text.run(at, NUMBER, digits);
    if (!first.is(NEWLINE)) {
        const u32 end = text.run(at + first.bytes, LETTER);
        if (end > at + first.bytes) return end;
    }
    const u32 end = signs(text, at);
    return end != NOWHERE ? text.run(end, NEWLINE) : lines_or_spaces(text, at);
}

// The end of `U*L+` at `at`, and in `capitals` that of `U*`. Where no small letter follows what `U*` takes, it gives back as much as
// `L+` needs: up to the last character that is in both.
DEVICE u32 ending_low(const Text& text, u32 at, u32& capitals) {
    u32 both = NOWHERE;
    for (capitals = at;;) {
        const Character character = text.character(capitals);
        if (!character.is(UPPER | BOTH)) return character.is(LOWER) ? text.run(capitals, LOWER | BOTH) : both;
        capitals += character.bytes;
        if (character.is(BOTH)) both = capitals;
    }
}

DEVICE u32 o200k_letters(const Text& text, u32 at, Character first) {
    const u32 from = first.is(LETTER) ? at : at + first.bytes;
    u32 capitals;
    const u32 end = ending_low(text, from, capitals);
    if (end != NOWHERE) return end;
    if (first.is(MARK)) return ending_low(text, at, capitals);
    return capitals > from ? capitals : NOWHERE;
}

DEVICE u32 o200k_end(const Text& text, u32 at, u32 digits, bool contractions) {
    const Character first = text.character(at);
    if (first.is(NUMBER)) return text.run(at, NUMBER, digits);
    if (!first.is(NEWLINE)) {
        const u32 end = o200k_letters(text, at, first);
        if (end != NOWHERE) {
            const u32 contracted = contractions ? contraction(text, end, true) : NOWHERE;
            return contracted != NOWHERE ? contracted : end;
        }
    }
    u32 end = signs(text, at);
    if (end == NOWHERE) return lines_or_spaces(text, at);
    while (text.byte(end) == '\r' || text.byte(end) == '\n' || text.byte(end) == '/') end++;
    return end;
}

// The end of the word that starts at `at`, which is not the end of the text.
DEVICE u32 word_end(const Text& text, u32 at, const Pattern& pattern) {
    switch (pattern.kind) {
        case 0: return gpt2_end(text, at);
        case 1: return cl100k_end(text, at, pattern.digits);
        default: return o200k_end(text, at, pattern.digits, pattern.contractions != 0);
    }
}
